"""What a measurement may ask for: the engine, and runs that go through the queue like those of every visitor."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from math import inf

from core.types import Request, Trace
from dashboard.runqueue import Notice
from dashboard.service import Service
from dashboard.welcome import Welcome

LOOK_SECONDS = 0.15  # between two words on how far a run is


class Ended(Exception):  # noqa: N818 - nothing went wrong
    """The visitor asked for something else, or left: there is no result."""


@dataclass(frozen=True)
class Bench:
    """One measurement's means. prompt, seed: of the run in the sidebar, on which the stops with pictures measure."""

    service: Service
    welcome: Welcome
    prompt: str
    seed: int
    session: str

    @property
    def model(self) -> str:
        return self.service.default

    @property
    def engine(self):
        return self.service.engine(self.model)

    @property
    def request(self) -> Request:
        """What the tour draws: the visitor's words and seed, all else as usual, so that the stops are comparable."""
        return Request(prompt=self.prompt, seed=self.seed)

    def asked(self, **changes) -> Request:
        return replace(self.request, **changes)

    def usual(self) -> Generator[float | str, None, Trace]:
        """The run of `request`: the one that greets visitors where that is it, so that nobody waits for it."""
        greeting = self.welcome.trace()
        if greeting.model == self.model and greeting.request == self.request:
            return greeting
        (trace,) = yield from self.runs([self.request])
        return trace

    def runs(self, requests: list[Request]) -> Generator[float | str, None, list[Trace]]:
        """Run requests side by side, in turn with everybody else's runs; says how far they are, now and then."""
        done, total, said = 0, sum(request.steps for request in requests), -inf
        for item in self.service.stream_many(self.model, requests, self.session):
            if isinstance(item, list):
                return item
            if isinstance(item, Notice):
                yield item.text
            elif item.index:
                done += 1
                if time.monotonic() - said > LOOK_SECONDS:  # each costs the page more than a step costs the network
                    said = time.monotonic()
                    yield done / total
        raise Ended
