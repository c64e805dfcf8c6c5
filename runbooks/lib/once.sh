# Runs a document's task once per work id on this node. SendCommand has no idempotency token: a command whose reply was
# lost may be sent again, and then must find what the first one did. Expects WORK_ID, TASK and TIMEOUT_SECONDS.
set -u
umask 077
STATE_DIR="${FLEETKEEPER_STATE_DIR:-/var/lib/fleetkeeper}"
MARKER="$STATE_DIR/$WORK_ID/$TASK"
MARKER_KEPT_DAYS=30
# Systems Manager's clock runs since a moment before this one. Seconds.
TIMEOUT_MARGIN=5
STOPPED_BY=$(($(date +%s) + TIMEOUT_SECONDS - TIMEOUT_MARGIN))

say() { printf '%s\n' "$*"; }

# Ends the run with this exit status and puts it on record. The rename makes the record whole or absent.
finish() {
  printf '%s\n' "$1" >"$MARKER/exit-status.new" && mv -f "$MARKER/exit-status.new" "$MARKER/exit-status" || exit 1
  exit "$1"
}

if ! mkdir -p "$MARKER"; then
  say "Cannot create $MARKER: without it a repeated command cannot be told from a new one." >&2
  exit 1
fi
find "$STATE_DIR" -mindepth 1 -maxdepth 1 -type d -mtime "+$MARKER_KEPT_DAYS" -exec rm -rf {} + 2>/dev/null

# The kernel lets go of the lock when its holder dies, so that a killed run never blocks the next.
exec 9>"$MARKER/lock"
if ! flock -w "$TIMEOUT_SECONDS" 9; then
  say "Another run of $TASK for $WORK_ID is still busy after $TIMEOUT_SECONDS seconds." >&2
  exit 75
fi
if [ -s "$MARKER/exit-status" ]; then
  STATUS=$(cat "$MARKER/exit-status")
  say "$TASK for $WORK_ID has already run on this node and ended with exit status $STATUS: nothing done."
  exit "$STATUS"
fi
if [ -e "$MARKER/started-at" ]; then
  BEFORE="A run of $TASK for $WORK_ID, started at $(cat "$MARKER/started-at"),"
  # What a time limit has stopped had its time: to start over would be to run twice.
  if [ "$(date +%s)" -ge "$(cat "$MARKER/stopped-by")" ]; then
    say "$BEFORE has had all its time and did not end: nothing done." >&2
    finish 124
  fi
  say "$BEFORE was interrupted before its end: starting over."
fi
printf '%s\n' "$STOPPED_BY" >"$MARKER/stopped-by"
date -u +%Y-%m-%dT%H:%M:%SZ >"$MARKER/started-at"
