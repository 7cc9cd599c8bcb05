#!/bin/sh
# The browser tests need a Chromium: the one that CHROMIUM names, else Debian's without windows, in which a page opens a
# fifth faster, else any that is there, else Debian's or Playwright's own.
install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    quick="-qq -o Acquire::http::Timeout=20 -o Acquire::Retries=0" # where there is no network, that is soon known
    apt-get $quick update && apt-get $quick install -y --no-install-recommends "$1"
}
[ -n "$CHROMIUM" ] && command -v "$CHROMIUM" >/dev/null && exit 0
command -v chromium-headless-shell >/dev/null && exit 0
install chromium-headless-shell && exit 0
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v $name >/dev/null && exit 0
done
install chromium && exit 0
.venv/bin/python -m playwright install chromium && exit 0
echo "No Chromium: install one, or name it in the variable CHROMIUM." >&2
exit 1
