"""How a page is served to others: what `python -m dashboard` is told beyond host and port."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dashboard.limits import PUBLIC, USUAL, Limits

MAX_PROXIES, MAX_REPLICAS = 9, 1000
ROOT_PATH = re.compile(r"(/[\w.~-]+)+")


@dataclass(frozen=True)
class Hosting:
    """root_path: below which a proxy serves the page, as /driftscope; log: a line on stderr for each run that ends.

    public: strangers come, so that what is measured is shown to whoever has the token alone; proxies: how many stand
    before the page and add to X-Forwarded-For. replicas: of each model in Ray Serve, at least and at most; None: the
    page's own process computes.
    """

    root_path: str = ""
    log: bool = False
    public: bool = False
    proxies: int = 0
    limits: Limits = USUAL
    replicas: tuple[int, int] | None = None

    def __post_init__(self):
        if not 0 <= self.proxies <= MAX_PROXIES:
            raise ValueError(f"There are {self.proxies} proxies: there must be from 0 to {MAX_PROXIES}.")
        if self.root_path and not ROOT_PATH.fullmatch(self.root_path):
            raise ValueError(
                f"The root path is {self.root_path!r}: it must be a path as /driftscope, with no last slash."
            )

    @property
    def proxied(self) -> bool:
        """Whether others come by way of a proxy, to a page that listens to this machine alone."""
        return bool(self.public or self.proxies or self.root_path)


def replicas(text: str) -> tuple[int, int]:
    """ "3" or "1-4" as the least and the most; ValueError, in a sentence, for anything else."""
    ends = [int(end) if re.fullmatch("[0-9]{1,4}", end) else 0 for end in text.split("-")]
    if len(ends) > 2 or not 1 <= ends[0] <= ends[-1] <= MAX_REPLICAS:
        allowed = f"a whole number from 1 to {MAX_REPLICAS}, or the least and the most as 1-4"
        raise ValueError(f"The replicas are {text[:40]!r}: they must be {allowed}.")
    return ends[0], ends[-1]


HERE = Hosting()  # on one's own machine
SPACE = Hosting(public=True, proxies=1, limits=PUBLIC)  # the hub's own proxy stands before a Space
