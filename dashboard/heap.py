"""Memory that was freed, given back to the system.

glibc lets each of many threads have a heap of its own, and keeps in all of them what was freed: a server whose runs
come and go on forty threads grew to nearly twice what it held. Other C libraries do as they like.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time

HEAPS = 2  # that threads share; glibc makes up to eight a core
PAUSE = 20.0  # seconds between two times that memory is given back; each takes some hundredths
ARENA_MAX = -8  # glibc's name for HEAPS, in malloc.h


def settle(pause: float = PAUSE) -> threading.Thread | None:
    """Keep this process's heaps few and small, on a thread that ends with it; None without glibc. Call it before other
    threads are begun.
    """
    library = ctypes.CDLL(None) if os.name == "posix" else None
    if not hasattr(library, "malloc_trim"):
        return None
    library.mallopt(ARENA_MAX, HEAPS)

    def work() -> None:
        while True:
            time.sleep(pause)
            library.malloc_trim(0)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
