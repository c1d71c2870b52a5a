-- The bot is a player, so that its matches are recorded like any other. No openid of WeChat has a colon.
INSERT IGNORE INTO `Player` (`id`, `openid`, `nickname`, `avatarUrl`) VALUES ('bot', 'bot:', '机器人', '');
