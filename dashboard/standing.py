"""Where work stands, in the same words and with the same bar on every tab: waiting, running, done or stopped."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from core.types import Trace
from dashboard.layers import Layer
from dashboard.markup import state
from dashboard.runqueue import Notice
from dashboard.service import Drawn, Progress
from dashboard.wording import about, duration

STARTING = state("running", "Starting…")


def standing(now: Notice | Progress | Drawn | Layer) -> Markup:
    """The line for what a stream of the service has just told."""
    if isinstance(now, Notice) and now.share is not None:
        return state("running", now.text, now.share)
    if isinstance(now, Notice):
        return state("stopped" if now.ahead is None else "queued", now.text)
    if isinstance(now, Progress):
        return running(f"Step {now.index} of {now.total}" if now.runs == 1 else "", now.share, now.seconds)
    if isinstance(now, Drawn):
        return running("", now.share, now.elapsed)
    return ended([now.trace])


def running(what: str, share: float, seconds: float) -> Markup:
    """Work under way: how far it is, in words that need not say so, for how long, and how much is left."""
    left = f", {about(seconds / share - seconds)} left" if share else ""
    return state("running", f"{what or f'{share:.0%} done'} · {duration(seconds)}{left}", share)


def ended(traces: Sequence[Trace], what: str = "", told: str = "") -> Markup:
    """Runs that are over. what: they made, in the plural, where they are many; told: what is said in place of that."""
    reached, asked = sum(len(one.x0) for one in traces), sum(one.request.steps for one in traces)
    seconds = f"{sum(trace.seconds for trace in traces):.2f} s"
    if reached == asked:
        return state("done", told or (f"{len(traces)} {what} in {seconds}" if what else f"{asked} steps in {seconds}"))
    many = f"{len(traces)} {what}, stopped" if what else "Stopped"
    return state("stopped", told or f"{many} after {reached} of {asked} steps, {seconds}")


def counted(done: int, asked: int, what: str) -> Markup:
    """Work that is over; what: it made so many of, in the plural and a word for how."""
    return state("done", f"{done} {what}") if done == asked else state("stopped", f"Stopped: {done} of {asked} {what}")
