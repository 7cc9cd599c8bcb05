"""Data that comes in npm packages."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path


def npm_package(package: str, folder: Path) -> Path:
    """Fetch name@version with npm into an empty folder; returns the folder that holds its files."""
    folder.mkdir(parents=True)
    command = ["npm", "pack", "--silent", package]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8")
    with tarfile.open(folder / done.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"
