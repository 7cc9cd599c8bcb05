"""Large arrays, kept in a file instead of in memory: of them the system holds what was looked at last, while there is
room.

The file has no name, and goes with the last of its arrays, whatever becomes of the process.
"""

from __future__ import annotations

import tempfile
from itertools import accumulate

import numpy as np

MAX_HELD = 4 << 20  # bytes that belong together and stay in memory; a run has two lots, its trace and its film
ALIGNED = 64  # bytes that each array begins at a multiple of


def kept(arrays: dict[str, np.ndarray | None]) -> dict[str, np.ndarray | None]:
    """The same arrays, in a file where they are more than MAX_HELD together; in memory where the disk has no room."""
    there = {name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None}
    sizes = [-(-array.nbytes // ALIGNED) * ALIGNED for array in there.values()]
    if sum(sizes) <= MAX_HELD:
        return arrays
    try:
        with tempfile.TemporaryFile() as file:  # written, not mapped and then filled: a full disk would end the process
            for array, size in zip(there.values(), sizes, strict=True):
                file.write(array.data.cast("B"))
                file.write(bytes(size - array.nbytes))
            file.flush()
            room = np.memmap(file, np.uint8, "c")  # whoever changes an array changes a copy of its own
    except OSError:
        return arrays
    starts = accumulate(sizes, initial=0)
    return arrays | {
        name: np.asarray(room[start : start + array.nbytes]).view(array.dtype).reshape(array.shape)
        for start, (name, array) in zip(starts, there.items(), strict=False)
    }


def is_kept(array: np.ndarray) -> bool:
    """Whether an array lies in a file."""
    base = array
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    return isinstance(base, np.memmap)
