"""Where another CLIP may come from: the hub's local cache, and folders below those that whoever serves the page names.

Of all other places nothing is said, not even whether they exist: what a visitor types must not explore the server.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from core.errors import RequestError

ROOTS = "DRIFTSCOPE_CLIP_FOLDERS"  # in the environment, as PATH is; `python -m dashboard` on 127.0.0.1 opens them all
HUB = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
LOCAL = ("127.0.0.1", "localhost", "[::1]", "::1")
ALLOWED = f"a hub id in the local cache, as owner/name, or a folder below one that is named in {ROOTS}"


def checked(source: str, others: bool = True) -> str:
    """The source as it may be opened, '' for the model's own; RequestError where it lies anywhere else.

    others: whether there may be any but the model's own.
    """
    source = source.strip()
    if source and not others:
        raise RequestError("CLIP", source, "empty, for the model's own: this server opens no other")
    if not source or (in_cache(source) and not os.path.isdir(source)):  # transformers would open the folder
        return source
    try:
        folder = Path(source).expanduser().resolve() if source[0] != "~" else None
    except (OSError, ValueError, RuntimeError):  # too long a name, a NUL, a circle of links
        folder = None
    if folder is None or not any(folder.is_relative_to(root) for root in roots()):
        raise RequestError("CLIP", source, ALLOWED)
    return str(folder)


def in_cache(source: str) -> bool:
    """Whether it is the id of a model in the hub's local cache.

    An id that is not there is refused as a folder is, since what is said must not tell one from the other.
    """
    from huggingface_hub import try_to_load_from_cache  # here, since the page is built without it

    named = HUB.fullmatch(source) and ".." not in source and "--" not in source  # as the hub names its models
    return bool(named) and isinstance(try_to_load_from_cache(source, "config.json"), str)


def roots() -> list[Path]:
    named = os.environ.get(ROOTS, "").split(os.pathsep)
    return [Path(name).resolve() for name in named if name]


def open_to_local(host: str | None) -> None:
    """Open every folder where only this machine can reach the page, unless folders have been named."""
    if host in LOCAL:
        os.environ.setdefault(ROOTS, os.sep)
