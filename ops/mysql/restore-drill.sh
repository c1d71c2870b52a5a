#!/usr/bin/env bash
# Proves that the database can be restored: dumps it as the backup user, restores the dump into a scratch database, compares, and drops the
# scratch database. Servers and recorders go on meanwhile. Exits with 1 if the restored tables, rows or cursors differ from those of the
# database.
#
#   BACKUP_CNF  option file of the backup user; backup.cnf
#   ADMIN_CNF   option file of a user who may create databases; admin.cnf
#   DATABASE    the database to dump; caiquan
set -euo pipefail

backup=${BACKUP_CNF:-backup.cnf}
admin=${ADMIN_CNF:-admin.cnf}
database=${DATABASE:-caiquan}
scratch=${database}_drill_$$
work=$(mktemp -d)

sql() { mysql --defaults-extra-file="$admin" --batch --skip-column-names -e "$1"; }
finish() {
  sql "DROP DATABASE IF EXISTS \`$scratch\`" || echo "The scratch database $scratch could not be dropped." >&2
  rm -rf "$work"
}
trap finish EXIT

# One line per table, its name and its rows; then one per cursor. A cursor `ms-n` is written so that a larger one sorts later.
state() {
  local table
  while read -r table; do
    printf 'rows-of-%s %020d\n' "$table" "$(sql "SELECT COUNT(*) FROM \`$1\`.\`$table\`")"
  done < <(sql "SELECT table_name FROM information_schema.tables
    WHERE table_schema = '$1' AND table_type = 'BASE TABLE' ORDER BY table_name")
  sql "SELECT CONCAT('cursor-of-shard-', shard, ' ', LPAD(SUBSTRING_INDEX(lastId, '-', 1), 20, '0'), '-',
    LPAD(SUBSTRING_INDEX(lastId, '-', -1), 20, '0')) FROM \`$1\`.OutboxCursor ORDER BY shard"
}

state "$database" >"$work/before"
mysqldump --defaults-extra-file="$backup" --single-transaction --no-tablespaces --set-gtid-purged=OFF --source-data=2 --hex-blob \
  "$database" >"$work/dump.sql"
state "$database" >"$work/after"

sql "CREATE DATABASE \`$scratch\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
mysql --defaults-extra-file="$admin" "$scratch" <"$work/dump.sql"
state "$scratch" >"$work/restored"

# The dump was made between the first and the second look, so each of its values lies between theirs.
awk '
  FILENAME ~ /before$/ { before[$1] = $2; next }
  FILENAME ~ /after$/ { after[$1] = $2; next }
  { restored[$1] = $2 }
  END {
    for (key in after) if (!(key in before)) before[key] = after[key]
    for (key in before) {
      low = before[key]; high = (key in after) ? after[key] : low
      if (low "" > high "") { swap = low; low = high; high = swap }
      value = restored[key]
      if (value "" < low "" || value "" > high "") {
        print key ": " (value == "" ? "missing" : value) ", expected " low " to " high
        bad = 1
      }
    }
    exit bad
  }' "$work/before" "$work/after" "$work/restored" >&2 || { echo "The restored database differs." >&2; exit 1; }
echo "Restored: $(grep -c ^rows-of- "$work/restored") tables, $(grep -c ^cursor-of- "$work/restored" || true) cursors, as in $database."
