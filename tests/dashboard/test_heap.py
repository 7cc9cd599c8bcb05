"""What a process frees goes back to the system."""

import platform
import subprocess
import sys

import pytest

from dashboard import heap

FREE = """
import time
from pathlib import Path
from dashboard import heap

def size():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20

assert heap.settle(pause=0.1) is not None
held = [b"x" * length for length in range(3000, 4000) for _ in range(60)]
full = size()
held = held[::40]  # one in forty stays, so that the heap ends where it did
for _ in range(100):
    time.sleep(0.1)
    if size() < full - 100:
        break
print(full - size())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone keeps what is freed, and gives it back")
def test_what_is_freed_goes_back_though_something_lies_between():
    done = subprocess.run([sys.executable, "-c", FREE], capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100  # MB of 210


def test_elsewhere_nothing_is_done(monkeypatch):
    monkeypatch.setattr(heap.os, "name", "nt")
    assert heap.settle() is None
