#!/bin/sh
# The browser tests need a Chromium: one that is there, else Debian's package, else Playwright's own.
for name in "$CHROMIUM" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium && exit 0
fi
.venv/bin/python -m playwright install chromium && exit 0
echo "No Chromium: install one, or name it in the variable CHROMIUM." >&2
exit 1
