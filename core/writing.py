"""Where a command is to write, looked at before its work and not after it."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import RequestError

ALLOWED = "where files may be written"


def writable(name: str, path: Path, endings: tuple[str, ...] = ()) -> None:
    """RequestError where a file cannot be written there; its folder must exist."""
    if path.is_dir():
        raise RequestError(name, str(path), "a file, and this is a folder")
    if endings and path.suffix.lower() not in endings:
        raise RequestError(name, str(path), f"a file whose name ends in {', '.join(endings)}")
    if not path.parent.is_dir():
        raise RequestError(name, str(path), "in a folder that exists")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise RequestError(name, str(path), ALLOWED)


def writable_folder(name: str, path: Path) -> None:
    """RequestError where files cannot be written into a folder, which need not exist yet."""
    there = next(one for one in (path, *path.absolute().parents) if one.exists())
    if not there.is_dir():
        raise RequestError(name, str(path), "a folder, and a file is in its way")
    if not os.access(there, os.W_OK | os.X_OK):
        raise RequestError(name, str(path), ALLOWED)
