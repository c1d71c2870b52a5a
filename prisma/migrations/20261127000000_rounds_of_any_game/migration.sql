-- Rounds of any game: their moves are JSON. `day` is fixed by the match, so that a later release can partition the table by it while
-- (match, round) stays unique by construction; a partitioned table has no foreign key. Recorders of the release before write neither
-- column: `day` has a default, and readers take `move0` and `move1` if `moves` is null. A later release drops those two.

-- DropForeignKey
ALTER TABLE `Round` DROP FOREIGN KEY `Round_matchId_fkey`;

-- AlterTable
ALTER TABLE `Round` ADD COLUMN `moves` JSON NULL AFTER `round`;

-- The first nine characters of a match id after its shard are its time, in ms to the base 36.
-- AlterTable
ALTER TABLE `Round` ADD COLUMN `day` INTEGER NOT NULL DEFAULT (FLOOR(CONV(SUBSTR(SUBSTRING_INDEX(`matchId`, '-', -1), 1, 9), 36, 10) / 86400000)) AFTER `moves`;

UPDATE `Round` SET `day` = FLOOR(CONV(SUBSTR(SUBSTRING_INDEX(`matchId`, '-', -1), 1, 9), 36, 10) / 86400000), `moves` = JSON_ARRAY(`move0`, `move1`);

-- AlterTable
ALTER TABLE `Round` DROP PRIMARY KEY, ADD PRIMARY KEY (`matchId`, `round`, `day`);

-- What a database holds for good, such as the game that its cluster plays.
-- CreateTable
CREATE TABLE `Setting` (
    `name` VARCHAR(32) NOT NULL,
    `value` VARCHAR(191) NOT NULL,

    PRIMARY KEY (`name`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO `Setting` (`name`, `value`) SELECT 'game', 'rps' FROM `Match` LIMIT 1;
