-- Pictures that players chose; `Player.avatarUrl` names them by player and hash.

-- CreateTable
CREATE TABLE `Avatar` (
    `playerId` VARCHAR(32) NOT NULL,
    `hash` VARCHAR(32) NOT NULL,
    `type` VARCHAR(16) NOT NULL,
    `image` MEDIUMBLOB NOT NULL,

    PRIMARY KEY (`playerId`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- AddForeignKey
ALTER TABLE `Avatar` ADD CONSTRAINT `Avatar_playerId_fkey` FOREIGN KEY (`playerId`) REFERENCES `Player`(`id`) ON DELETE CASCADE ON UPDATE CASCADE;
