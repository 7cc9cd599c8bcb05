"""Picture files written by hand, of depths and kinds that Pillow reads but never writes."""

from __future__ import annotations

import struct
import zlib

import numpy as np

TYPES = {2: "B", 3: "H", 4: "I"}  # TIFF's ASCII, SHORT and LONG
FORMATS = {"u": 1, "i": 2, "f": 3}


def png(width: int, height: int, depth: int, kind: int, data: bytes, **more: bytes) -> bytes:
    """more: chunks before the pixels, by name."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    between = b"".join(chunk(name.encode(), one) for name, one in more.items())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + between + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def png_of(values: np.ndarray, **more: bytes) -> bytes:
    """A PNG of 16 bits of values (h, w, C): grey, grey and alpha, colours, or colours and alpha."""
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[values.shape[2]]
    return png(values.shape[1], values.shape[0], 16, kind, zlib.compress(lines), **more)


def tiff_of(values: np.ndarray, photometric: int, order: str, packed: bool, **tags: int | str) -> bytes:
    """A TIFF of values (h, w, C) of any type, in an order of bytes. tags: others by T and number: T338=2."""
    height, width, channels = values.shape
    data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    data = zlib.compress(data) if packed else data
    each = {
        256: (3, [width]), 257: (3, [height]), 258: (3, [8 * values.itemsize] * channels),
        259: (3, [8 if packed else 1]), 262: (3, [photometric]),
        273: (4, [8]), 277: (3, [channels]), 278: (3, [height]), 279: (4, [len(data)]),
        339: (3, [FORMATS[values.dtype.kind]] * channels),
    }  # fmt: skip
    for name, value in tags.items():
        each[int(name[1:])] = (2, [*value.encode(), 0]) if isinstance(value, str) else (3, [value])
    at = 8 + len(data)
    head, tail, beyond = struct.pack(f"{order}H", len(each)), b"", at + 2 + 12 * len(each) + 4
    for tag, (kind, numbers) in sorted(each.items()):
        packed_numbers = struct.pack(f"{order}{len(numbers)}{TYPES[kind]}", *numbers)
        head += struct.pack(f"{order}HHI", tag, kind, len(numbers))
        if len(packed_numbers) > 4:
            head += struct.pack(f"{order}I", beyond + len(tail))
            tail += packed_numbers
        else:
            head += packed_numbers.ljust(4, b"\0")
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", at) + data + head + bytes(4) + tail
