"""How a page is served to others: what `python -m dashboard` is told beyond host and port."""

from __future__ import annotations

import re
from dataclasses import dataclass

ROOT_PATH = re.compile(r"(/[\w.~-]+)+")


@dataclass(frozen=True)
class Hosting:
    """root_path: below which a proxy serves the page, as /driftscope; log: a line on stderr for each run that ends."""

    root_path: str = ""
    log: bool = False

    def __post_init__(self):
        if self.root_path and not ROOT_PATH.fullmatch(self.root_path):
            raise ValueError(
                f"The root path is {self.root_path!r}: it must be a path as /driftscope, with no last slash."
            )


HERE = Hosting()  # on one's own machine
