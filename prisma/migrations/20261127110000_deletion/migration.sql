-- Players may delete their accounts. Their row stays, without what tells who they were: opponents keep their matches.

-- AlterTable
ALTER TABLE `Player` ADD COLUMN `deletedAt` DATETIME(3) NULL;

-- What is still to be done after a deletion.
-- CreateTable
CREATE TABLE `Erasure` (
    `playerId` VARCHAR(32) NOT NULL,
    `passes` INTEGER NOT NULL DEFAULT 0,
    `dueAt` DATETIME(3) NOT NULL,

    INDEX `Erasure_dueAt_idx`(`dueAt`),
    PRIMARY KEY (`playerId`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- AddForeignKey
ALTER TABLE `Erasure` ADD CONSTRAINT `Erasure_playerId_fkey` FOREIGN KEY (`playerId`) REFERENCES `Player`(`id`) ON DELETE CASCADE ON UPDATE CASCADE;
