"""Runs that ask the network at one time share one batch of it, each with its own timestep, prompt and guidance.

A run knows nothing of it: it asks, and gets its rows back. So runs join and leave between any two steps, and whatever
differs between them (sampler, steps, seeds, guidance) differs as before. While a batch is computed, others gather for
the next one; a newcomer waits for one batch at most.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.guidance import Conditioning, each

MAX_ROWS = 32  # of a batch, unless one run alone asks for more: 16 guided pictures
PATIENCE = 0.002  # seconds to wait for runs that were answered a moment ago and are likely to ask again at once


@dataclass(eq=False)
class _Ask:
    x: Tensor  # (B, …)
    t: Tensor  # (B,)
    cond: Conditioning
    thread: int
    taken: bool = False
    out: Tensor | None = None
    error: BaseException | None = None

    @property
    def shape(self) -> list[torch.Size]:
        """What asks of one batch share."""
        return [self.x.shape[1:], *(rows.shape[1:] for rows in _leaves(self.cond))]


class Batches:
    """predict(x, t, cond), for many threads at a time: the first that finds a core free computes for those waiting.

    cores: how many batches may be computed at a time, each by one thread.
    """

    def __init__(self, predict: Callable[[Tensor, Tensor, Conditioning], Tensor], cores: int = 1):
        self._predict, self._free = predict, cores
        self._changed = threading.Condition()
        self._waiting: list[_Ask] = []
        self._answered: dict[int, float] = {}  # thread -> when
        self._joined: list[tuple[list[Conditioning], Conditioning]] = []  # the conditionings of the last few batches

    def __call__(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        me = _Ask(x, t, cond, threading.get_ident())
        with self._changed:
            self._answered.pop(me.thread, None)
            self._waiting.append(me)
            self._changed.notify_all()  # someone may have waited for this
            while me.error is None:
                if me.out is not None:
                    return me.out
                if me.taken or not self._free:
                    self._changed.wait()
                elif (pause := self._patience()) > 0:
                    self._changed.wait(pause)
                else:
                    self._compute(self._take())
        raise me.error

    def _patience(self) -> float:
        """Seconds to wait until it makes no sense to wait for anyone."""
        now = time.monotonic()
        self._answered = {thread: at for thread, at in self._answered.items() if now - at < PATIENCE}
        return max(self._answered.values(), default=now - PATIENCE) + PATIENCE - now

    def _take(self) -> list[_Ask]:
        """The next batch: the first that waits, and as many like it as are this core's share."""
        share = math.ceil(sum(len(ask.x) for ask in self._waiting) / self._free)
        first, rows = self._waiting[0], 0
        taken: list[_Ask] = []
        for ask in self._waiting:
            fits = rows + len(ask.x) <= MAX_ROWS and rows < share and ask.shape == first.shape
            if not taken or fits:
                taken.append(ask)
                rows += len(ask.x)
        for ask in taken:
            ask.taken = True
            self._waiting.remove(ask)
        return taken

    def _compute(self, asks: list[_Ask]) -> None:
        """Answer the asks. The lock is held on entry and on leaving, and given up in between."""
        self._free -= 1
        self._changed.release()
        outs: Sequence[Tensor | None] = [None] * len(asks)
        error: BaseException | None = None
        try:
            outs = self._answers(asks)
        except BaseException as caught:  # whatever it is, those who wait must hear of it
            error = caught
        finally:
            self._changed.acquire()
            self._free += 1
        for ask, out in zip(asks, outs, strict=True):
            ask.out, ask.error = out, error
            self._answered[ask.thread] = time.monotonic()
        self._changed.notify_all()

    def _answers(self, asks: list[_Ask]) -> list[Tensor]:
        if len(asks) == 1:
            return [self._predict(asks[0].x, asks[0].t, asks[0].cond)]
        asks_x, asks_t = torch.cat([ask.x for ask in asks]), torch.cat([ask.t for ask in asks])
        out = self._predict(asks_x, asks_t, self._join([ask.cond for ask in asks]))
        return list(out.split([len(ask.x) for ask in asks]))

    def _join(self, conds: list[Conditioning]) -> Conditioning:
        """One tree of all rows; kept, since the same runs mostly ask together again."""
        for parts, joined in self._joined:
            if len(parts) == len(conds) and all(a is b for a, b in zip(parts, conds, strict=True)):
                return joined
        joined = each(lambda *rows: torch.cat(rows), *conds)
        self._joined = [(conds, joined), *self._joined[:1]]
        return joined


def _leaves(tree: Conditioning) -> Iterator[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    else:
        for below in tree.values() if isinstance(tree, dict) else tree:
            yield from _leaves(below)
