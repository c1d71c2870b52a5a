-- Nicknames and pictures that WeChat has to accept before others see them; the table is also the queue of what is to be asked.

-- CreateTable
CREATE TABLE `ContentCheck` (
    `playerId` VARCHAR(32) NOT NULL,
    `kind` VARCHAR(8) NOT NULL,
    `ticket` VARCHAR(36) NOT NULL,
    `value` VARCHAR(512) NOT NULL,
    `hash` VARCHAR(32) NULL,
    `image` MEDIUMBLOB NULL,
    `state` VARCHAR(8) NOT NULL,
    `traceId` VARCHAR(64) NULL,
    `attempts` INTEGER NOT NULL DEFAULT 0,
    `dueAt` DATETIME(3) NULL,

    INDEX `ContentCheck_dueAt_idx`(`dueAt`),
    INDEX `ContentCheck_traceId_idx`(`traceId`),
    PRIMARY KEY (`playerId`, `kind`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- AddForeignKey
ALTER TABLE `ContentCheck` ADD CONSTRAINT `ContentCheck_playerId_fkey` FOREIGN KEY (`playerId`) REFERENCES `Player`(`id`) ON DELETE CASCADE ON UPDATE CASCADE;
