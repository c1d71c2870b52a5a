-- Binary collation throughout: openids and ids differ by case.

-- CreateTable
CREATE TABLE `Player` (
    `id` VARCHAR(32) NOT NULL,
    `openid` VARCHAR(64) NOT NULL,
    `nickname` VARCHAR(64) NOT NULL,
    `avatarUrl` VARCHAR(512) NOT NULL,
    `rating` INTEGER NOT NULL DEFAULT 1500,
    `ratedCount` INTEGER NOT NULL DEFAULT 0,
    `wins` INTEGER NOT NULL DEFAULT 0,
    `losses` INTEGER NOT NULL DEFAULT 0,
    `draws` INTEGER NOT NULL DEFAULT 0,
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),

    UNIQUE INDEX `Player_openid_key`(`openid`),
    PRIMARY KEY (`id`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- CreateTable
CREATE TABLE `Match` (
    `id` VARCHAR(40) NOT NULL,
    `mode` VARCHAR(16) NOT NULL,
    `bestOf` INTEGER NOT NULL,
    `player0Id` VARCHAR(32) NOT NULL,
    `player1Id` VARCHAR(32) NOT NULL,
    `score0` INTEGER NOT NULL DEFAULT 0,
    `score1` INTEGER NOT NULL DEFAULT 0,
    `winner` INTEGER NULL,
    `reason` VARCHAR(16) NULL,
    `startedAt` DATETIME(3) NOT NULL,
    `endedAt` DATETIME(3) NULL,

    INDEX `Match_player0Id_endedAt_idx`(`player0Id`, `endedAt`),
    INDEX `Match_player1Id_endedAt_idx`(`player1Id`, `endedAt`),
    PRIMARY KEY (`id`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- CreateTable
CREATE TABLE `Round` (
    `matchId` VARCHAR(40) NOT NULL,
    `round` INTEGER NOT NULL,
    `move0` VARCHAR(8) NULL,
    `move1` VARCHAR(8) NULL,
    `winner` INTEGER NULL,
    `reason` VARCHAR(8) NOT NULL,
    `resolvedAt` DATETIME(3) NOT NULL,

    PRIMARY KEY (`matchId`, `round`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- CreateTable
CREATE TABLE `RatingChange` (
    `seq` BIGINT NOT NULL AUTO_INCREMENT,
    `matchId` VARCHAR(40) NOT NULL,
    `before0` INTEGER NOT NULL,
    `before1` INTEGER NOT NULL,
    `delta0` INTEGER NOT NULL,

    UNIQUE INDEX `RatingChange_matchId_key`(`matchId`),
    PRIMARY KEY (`seq`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- CreateTable
CREATE TABLE `OutboxCursor` (
    `shard` INTEGER NOT NULL,
    `lastId` VARCHAR(48) NOT NULL,
    `updatedAt` DATETIME(3) NOT NULL,

    PRIMARY KEY (`shard`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- AddForeignKey
ALTER TABLE `Match` ADD CONSTRAINT `Match_player0Id_fkey` FOREIGN KEY (`player0Id`) REFERENCES `Player`(`id`) ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE `Match` ADD CONSTRAINT `Match_player1Id_fkey` FOREIGN KEY (`player1Id`) REFERENCES `Player`(`id`) ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE `Round` ADD CONSTRAINT `Round_matchId_fkey` FOREIGN KEY (`matchId`) REFERENCES `Match`(`id`) ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE `RatingChange` ADD CONSTRAINT `RatingChange_matchId_fkey` FOREIGN KEY (`matchId`) REFERENCES `Match`(`id`) ON DELETE RESTRICT ON UPDATE CASCADE;
