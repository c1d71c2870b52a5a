-- Who played a ranked match in a week: a leaderboard is rebuilt from this.

-- CreateIndex
CREATE INDEX `Match_mode_endedAt_idx` ON `Match`(`mode`, `endedAt`);
