"""What was measured lately, for all visitors: most of them ask about the run that greets everyone."""

from __future__ import annotations

import threading
from collections import OrderedDict

from dashboard.tabs.tour.stop import Found

MOST = 64  # results, of some 50 kB each


class Memory:
    """The results used last, by what they depend on. Safe to use from many threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple, Found] = OrderedDict()

    def get(self, key: tuple) -> Found | None:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def put(self, key: tuple, found: Found) -> None:
        with self._lock:
            self._found[key] = found
            self._found.move_to_end(key)
            while len(self._found) > MOST:
                self._found.popitem(last=False)
