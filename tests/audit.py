"""`make lint`: weaknesses that are known of the installed packages, where the index that knows them answers in time."""

from __future__ import annotations

import json
import subprocess
import sys

SECONDS = 20  # that it may take
COMMAND = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--timeout", "5", "--format", "json"]


def verdict(report: str) -> tuple[str, bool]:
    """A line for each weakness, or one that says why there is none; whether there is none.

    report: what pip-audit wrote, which is nothing where nobody answered it.
    """
    try:
        packages = [one for one in json.loads(report)["dependencies"] if "skip_reason" not in one]
    except ValueError:
        packages = []
    if not packages:
        return "pip-audit: skipped, the index does not answer", True
    weak = [
        f"{one['name']} {one['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or 'none'}"
        for one in packages
        for weakness in one["vulns"]
    ]
    return "\n".join(weak) or f"pip-audit: no weakness is known of {len(packages)} packages", not weak


def main() -> int:
    try:
        report = subprocess.run(COMMAND, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False).stdout
    except subprocess.TimeoutExpired:
        report = ""
    told, sound = verdict(report)
    print(told)
    return not sound


if __name__ == "__main__":
    sys.exit(main())
