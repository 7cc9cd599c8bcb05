"""How many threads the work is given: as many as gain by it, and never more than this process has cores.

The threads of one operation wait for each other at its end. A small network is some 250 operations of a few
microseconds a step, so where another process takes a core for a moment, every one of them waits: measured beside one
busy process, 25 steps of `broad` took 0.4 s on one thread and 6 to 12 s on two. Alone, two gained a tenth.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch

LARGE = 2e10  # weights of the network times positions in the batch: 20 guided pictures of `broad`


def cores(root: Path = Path("/")) -> int:
    """Cores that this process may use: by affinity, by its control groups' quota and by OMP_NUM_THREADS, at least 1."""
    told = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = [mine, *_quotas(root), *([int(told)] if told.isdigit() else [])]
    return max(1, int(min(limits)))


def of_run(weights: int, positions: int) -> int:
    """Threads for a network of so many weights that is asked about so many positions at once."""
    return cores() if weights * positions >= LARGE else 1


def use(count: int) -> None:
    """Let torch use so many threads, here and in threads that have not used it yet. It costs next to nothing."""
    torch.set_num_threads(count)


def _quotas(root: Path) -> list[float]:
    """Cores' worth of time that each control group of this process is given, its own first: both versions of them."""
    found = []
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, name = [*line.split(":", 2), "", ""][:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        base = root / "sys/fs/cgroup" / controllers
        for group in {base, *(base / Path(*Path(name).parts[1 : n + 1]) for n in range(1, len(Path(name).parts)))}:
            if controllers:
                quota = f"{_read(group / 'cpu.cfs_quota_us').strip()} {_read(group / 'cpu.cfs_period_us').strip()}"
            else:
                quota = _read(group / "cpu.max")
            numbers = quota.split()
            if len(numbers) == 2 and all(number.isdigit() for number in numbers) and int(numbers[1]):
                found.append(int(numbers[0]) / int(numbers[1]))
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
