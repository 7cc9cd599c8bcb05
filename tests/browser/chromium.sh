#!/bin/sh
# The browser tests need a Chromium: the one that CHROMIUM names, else Debian's without windows, in which a page opens a
# fifth faster, else any that is there, else Playwright's own.
[ -n "$CHROMIUM" ] && command -v "$CHROMIUM" >/dev/null && exit 0
shell=chromium-headless-shell
command -v $shell >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $shell && exit 0
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v $name >/dev/null && exit 0
done
.venv/bin/python -m playwright install chromium && exit 0
echo "No Chromium: install one, or name it in the variable CHROMIUM." >&2
exit 1
