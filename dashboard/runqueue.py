"""Who runs now and who waits: a few runs at once, one a visitor, and a short one soon even beside a crowd of long ones.

Everything else that a page asks for needs no place here: it opens, answers and tells its place while others run.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dashboard.limits import USUAL, Limits, Visitors
from dashboard.wording import about

LONG = 250  # steps of pictures, all requests together: more make a run a long one
MINUTE = 60.0  # seconds
LOOK_SECONDS = 1.0  # between two looks at one's place
ENDS = ("finished", "stopped", "replaced", "left", "refused")  # left: whoever asked is gone, or the run failed
LOG = logging.getLogger("driftscope")


class BusyError(RuntimeError):
    """As many runs wait as the server takes; the message says for how long."""


@dataclass(frozen=True)
class Notice:
    """What is told of a run that is not under way: its model's loading, its place in the queue, or why it ends without
    a result.
    """

    text: str
    ahead: int | None = None  # runs that will begin before it; None: it waits no longer
    seconds: float | None = None  # until it begins, at the pace of now; None: not known yet
    share: float | None = None  # 0 … 1 of its model that is loaded; None: it does not wait for that


def of_tab(session: str) -> str:
    """The browser tab of a session, which each of its panels adds to."""
    return session.partition(" ")[0]


STOPPED = Notice("Stopped before it began.")
REPLACED = Notice("Replaced by a newer run.")


@dataclass(eq=False)
class Place:
    """One run, waiting or under way, and what others may ask of it."""

    session: str
    visitor: str
    work: int  # steps of pictures
    done: int = 0
    asked: float = field(default_factory=time.monotonic)
    began: float | None = None  # when it was let in; None: it waits
    stopped: bool = False  # end after this step, keep what there is
    replaced: bool = False  # end after this step, nobody looks any more

    @property
    def long(self) -> bool:
        return self.work > LONG

    @property
    def end(self) -> str:
        """How a run ended that is over now, one of ENDS."""
        if self.done >= self.work:
            return "finished"
        return "replaced" if self.replaced else "stopped" if self.stopped else "left"


@dataclass
class Lasted:
    """How many took how long together."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.count += 1
        self.seconds += seconds


class RunQueue:
    """Lets runs in, in the order of asking but for long ones past their share. Safe to use from many threads."""

    def __init__(self, limits: Limits = USUAL):
        self.limits, self.visitors = limits, Visitors()
        self._recent: deque[tuple[float, str]] = deque()  # when runs were asked for within a minute, and by whom
        self._changed = threading.Condition()
        self._waiting: list[Place] = []
        self._running: list[Place] = []
        self._pace: float | None = None  # seconds a step of one picture took in the last run to end
        self.ends = Counter(dict.fromkeys(ENDS, 0))
        self.steps = 0  # that all runs have taken which are over
        self.waited, self.ran = Lasted(), Lasted()

    @contextmanager
    def place(self, session: str, work: int) -> Iterator[Place]:
        """A place for a run of this session, in place of its earlier one, whose turn it takes if that still waits.

        Raises BusyError where too many wait, or the visitor has as many as one may.
        """
        me = Place(session, self.visitors.of(session), work)
        with self._changed:
            earlier = self._find(session)
            self._refuse_where_greedy(me, earlier)
            if earlier and earlier in self._waiting:
                self._waiting[self._waiting.index(earlier)] = me
            else:
                self._refuse_where_full(me)
                self._waiting.append(me)
            if earlier:
                earlier.replaced = True
            self._let_in()
        try:
            yield me
        finally:
            with self._changed:
                for places in (self._waiting, self._running):
                    if me in places:
                        places.remove(me)
                if me.began and me.done:
                    self._pace = (time.monotonic() - me.began) / me.done
                self._count(me)
                self._let_in()

    def wait(self, me: Place) -> Iterator[Notice]:
        """Where the run stands, again and again, until it may begin; STOPPED or REPLACED last where it never will."""
        while True:
            with self._changed:
                if me.replaced or me.stopped or me.began is not None:
                    break
                now = self._forecast(me)
            yield now  # the lock is free here, and the thread between two looks
            with self._changed:
                self._changed.wait_for(lambda: me.replaced or me.stopped or me.began is not None, LOOK_SECONDS)
        if me.began is None:
            yield REPLACED if me.replaced else STOPPED

    def stop(self, session: str) -> None:
        """End the run of this session, waiting or under way; without one, nothing happens."""
        with self._changed:
            if found := self._find(session):
                found.stopped = True
                self._changed.notify_all()

    def stop_all(self, tab: str) -> None:
        """End every run of a browser tab, of whichever of its panels."""
        with self._changed:
            for place in (*self._running, *self._waiting):
                place.stopped |= of_tab(place.session) == tab
            self._changed.notify_all()

    def busy(self, session: str) -> bool:
        with self._changed:
            return self._find(session) is not None

    @property
    def empty(self) -> bool:
        return not (self._waiting or self._running)

    @property
    def load(self) -> tuple[int, int]:
        """How many run, and how many wait."""
        with self._changed:
            return len(self._running), len(self._waiting)

    def _count(self, me: Place) -> None:
        now = time.monotonic()
        waited, ran = (now - me.asked, 0.0) if me.began is None else (me.began - me.asked, now - me.began)
        self.ends[me.end] += 1
        self.steps += me.done
        self.waited.add(waited)
        if me.began is not None:
            self.ran.add(ran)
        told = {"end": me.end, "work": me.work, "steps": me.done, "waited": round(waited, 3), "seconds": round(ran, 3)}
        LOG.info("run", extra={"told": told})

    def _find(self, session: str) -> Place | None:
        everyone = [*self._running, *self._waiting]
        return next((place for place in everyone if place.session == session and not place.replaced), None)

    def _refuse_where_full(self, me: Place) -> None:
        limit = self.limits.long_waiting if me.long else self.limits.waiting
        rivals = [place for place in self._waiting if place.long or not me.long]
        if len(rivals) >= limit:
            seconds = self._forecast(rivals[0]).seconds
            when = "" if seconds is None else f" The next of them begins in {about(seconds)}."
            shorter = " A shorter run may still find a place." if me.long else ""
            are = "run is" if len(rivals) == 1 else "runs are"
            told = f"{len(rivals)} {are} waiting, as many as this server takes.{when}{shorter}"
            self._refuse(f"{told} Try again soon.")

    def _refuse_where_greedy(self, me: Place, earlier: Place | None) -> None:
        """Where one visitor would have more runs than one may, or begins them too fast."""
        now, most, rate = time.monotonic(), self.limits.visitor_runs, self.limits.visitor_rate
        while self._recent and now - self._recent[0][0] >= MINUTE:
            self._recent.popleft()
        theirs = [place for place in (*self._running, *self._waiting) if place.visitor == me.visitor]
        theirs = [place for place in theirs if not place.replaced and place is not earlier]
        if most and len(theirs) >= most:
            self._refuse(f"{len(theirs)} of your runs are under way or wait, as many as one visitor may have here.")
        begun = [asked for asked, visitor in self._recent if visitor == me.visitor]
        if rate and len(begun) >= rate:
            left = about(MINUTE - (now - begun[-rate]))
            self._refuse(f"You began {len(begun)} runs within a minute, as many as one visitor may. Go on in {left}.")
        if rate:
            self._recent.append((now, me.visitor))

    def _refuse(self, told: str) -> None:
        self.ends["refused"] += 1
        raise BusyError(told)

    def _let_in(self) -> None:
        while (first := _first(self._waiting, self._running, self.limits)) is not None:
            self._waiting.remove(first)
            self._running.append(first)
            first.began = time.monotonic()
        self._changed.notify_all()

    def _forecast(self, me: Place) -> Notice:
        """Play the queue forward: who is let in before this run, and when it is."""
        now, pace = time.monotonic(), self._pace
        if started := [place for place in self._running if place.done]:
            pace = sum(now - place.began for place in started) / sum(place.done for place in started)

        def left(place: Place) -> float:
            own = (now - place.began) / place.done if place.done else pace or 1.0
            return own * (place.work - place.done)

        ends = {place: left(place) for place in self._running}
        waiting, clock, ahead = list(self._waiting), 0.0, 0
        while True:
            while (first := _first(waiting, ends, self.limits)) is not None:
                if first is me:
                    seconds = None if pace is None else clock
                    return Notice(_waiting(ahead, seconds), ahead, seconds)
                waiting.remove(first)
                ends[first] = clock + (pace or 1.0) * first.work
                ahead += 1
            soonest = min(ends, key=ends.get)
            clock = ends.pop(soonest)


def _first(waiting: list[Place], running, limits: Limits) -> Place | None:
    """The one to be let in now; None where there is no room for any."""
    if len(running) >= limits.running:
        return None
    no_more = sum(place.long for place in running) >= limits.long_running
    return next((place for place in waiting if not (place.long and no_more)), None)


def _waiting(ahead: int, seconds: float | None) -> str:
    before = "yours is next" if ahead == 0 else f"{ahead} run{'s' if ahead > 1 else ''} before yours"
    return f"Waiting: {before}" + ("" if seconds is None else f", {about(seconds)}")
