"""How much a server takes, of everyone together and of one visitor, and who counts as one."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from core.types import MAX_STEPS, Request, RequestError
from dashboard.latest import Latest

SERVER = "on this server"
MOST = 10**6  # that any limit may be set to


@dataclass(frozen=True)
class Limits:
    """0 for one visitor's share: no limit but everyone's."""

    running: int = 8  # runs at once, which share batches; more wait
    waiting: int = 20
    sessions: int = 200  # browser tabs whose runs are held, as far as sessions.MAX_BYTES goes
    age: int = 0  # hours after which a tab that asks for nothing holds its pinned runs alone; 0: it holds all
    steps: int = MAX_STEPS  # of a picture
    work: int = 500_000  # steps of all pictures of a run together
    upload: int = 32  # MB of a file
    visitor_runs: int = 0  # of one visitor, under way or waiting
    visitor_rate: int = 0  # runs that one visitor begins within a minute
    sources: int = 1  # whether a visitor may name a CLIP in the hub's cache or in a folder

    @property
    def long_running(self) -> int:
        """Of the runs at once, so many long ones: short ones have a way past them."""
        return max(1, self.running // 2)

    @property
    def long_waiting(self) -> int:
        """Long ones cannot take every place."""
        return max(1, self.waiting * 3 // 5)

    def check(self, requests: Sequence[Request]) -> None:
        """RequestError where a run is more than this server takes."""
        for request in requests:
            if request.steps > self.steps:
                raise RequestError("steps", request.steps, f"from 1 to {self.steps} {SERVER}")
        if (work := sum(request.steps for request in requests)) > self.work:
            raise RequestError("steps of all pictures together", work, f"at most {self.work} {SERVER}")

    def changed(self, text: str) -> Limits:
        """ "steps=250,waiting=100": these limits but for those; ValueError, in a sentence, for anything else."""
        known, found = [field.name for field in fields(self)], {}
        for part in filter(None, text.split(",")):
            name, _, value = (piece.strip() for piece in part.partition("="))
            if name not in known:
                raise ValueError(f"There is no limit {name!r}: the limits are {', '.join(known)}.")
            least = 0 if name.startswith("visitor_") or name in ("age", "sources") else 1
            if not (value.isascii() and value.isdigit() and least <= int(value[:9]) <= MOST):
                raise ValueError(f"The limit {name} is {value!r}: it must be a whole number from {least} to {MOST}.")
            found[name] = int(value[:9])
        return replace(self, **found)


USUAL = Limits()
PUBLIC = Limits(age=24, work=20_000, upload=12, visitor_runs=8, visitor_rate=60, sources=0)


class Visitors:
    """Which browser tab is whose. Safe to use from many threads.

    A visitor is an address of the internet (of IPv6 its first half, which one customer has). Of any other address, in a
    school's network or of a proxy that was not told of, nothing follows: then each tab is a visitor.
    """

    MOST = 10_000  # tabs that are remembered

    def __init__(self):
        self._addresses: Latest[str, str] = Latest(self.MOST)

    def seen(self, session: str, host: str) -> None:
        """A tab asks for something, from this host."""
        self._addresses.put(session, _public(host))

    def of(self, session: str) -> str:
        """Whose runs these are; what follows a space in session tells the runs of one tab apart."""
        tab = session.partition(" ")[0]
        return self._addresses.get(tab) or tab


def _public(host: str) -> str:
    """The address, or its network, where it is one of the internet; else ''."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if address.version == 6:
        address = address.ipv4_mapped or address
    if not address.is_global:
        return ""
    return str(address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False))
