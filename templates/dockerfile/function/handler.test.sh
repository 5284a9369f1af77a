#!/bin/sh
# Calls the handler as the watchdog does and compares its answers. Run it: sh handler.test.sh
cd "$(dirname "$0")" || exit 1
failed=0

# expect TITLE WANTED GOT
expect() {
  if [ "$2" = "$3" ]; then
    echo "ok - $1"
  else
    printf 'not ok - %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"
    failed=1
  fi
}

expect 'greets whoever the body names' 'Hello, Ada!' "$(echo Ada | sh handler.sh)"
expect 'greets the world when the body is empty' 'Hello, world!' "$(sh handler.sh </dev/null)"
exit "$failed"
