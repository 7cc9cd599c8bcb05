"""The folder of uploaded and downloaded files, kept from growing.

Gradio forgets a file whose upload was broken off, by a visitor who left or by a full disk; nothing would delete it.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

AGE = 3600.0  # seconds that a file is kept
MOST = 2 << 30  # bytes of all files; beyond them the oldest go first
MANY = 20_000  # files; beyond them likewise
PAUSE = 60.0  # seconds between two looks
FOLDER = Path(tempfile.gettempdir()) / f"driftscope-{getattr(os, 'getuid', int)()}"  # not one with other programs


def clear(folder: Path = FOLDER, age: float = AGE, most: int = MOST, many: int = MANY) -> None:
    """Delete the files in folder that are older than age, then the oldest until the rest is at most so many bytes and
    files. Empty folders go with them, but for those into which a file may be about to move."""
    kept = []
    for path in folder.rglob("*"):
        try:
            found = path.lstat()
            if path.is_dir() and not path.is_symlink():
                if time.time() - found.st_mtime > PAUSE and not any(path.iterdir()):
                    path.rmdir()
            elif time.time() - found.st_mtime > age:
                path.unlink()
            else:
                kept.append((found.st_mtime, found.st_size, path))
        except OSError:
            continue  # somebody else was faster
    total = sum(size for _, size, _ in kept)
    kept.sort(key=lambda one: one[0], reverse=True)
    while kept and (total > most or len(kept) > many):
        _, size, path = kept.pop()
        path.unlink(missing_ok=True)
        total -= size


def clear_for_ever(folder: Path = FOLDER) -> threading.Thread:
    """Clear the folder now and then, on a thread that ends with the process."""

    def work() -> None:
        while True:
            clear(folder)
            time.sleep(PAUSE)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
