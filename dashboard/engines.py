"""The engines: each is loaded once, beside whoever waits for it, and not to its end once nobody waits any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from core.loading import Loading, watched
from dashboard.runqueue import STOPPED, Notice

LOOK_SECONDS = 0.2  # between two words of how far it is


class AbandonedError(Exception):
    """Nobody waits for what is being loaded."""


@dataclass(eq=False)
class Waiter:
    """Somebody who needs the engine."""

    session: str
    stopped: bool = False


@dataclass(eq=False)
class Load:
    """A model that is being loaded."""

    model: str
    waiters: list[Waiter] = field(default_factory=list)
    now: Loading | None = None  # None: before its first part, or its loader tells of none
    error: Exception | None = None
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def notice(self) -> Notice:
        from core.before import sized  # here, since torch takes seconds to import

        if self.now is None:
            return Notice(f"Loading the model “{self.model}”…", 0, share=0.0)
        share = self.now.done / max(1, self.now.total)
        told = f"{share:.0%} of {sized(self.now.total)} is there, now {self.now.part}"
        return Notice(f"Loading the model “{self.model}”: {told}", 0, share=share)


class Engines:
    """Safe to use from many threads. load, prepare: as Service has them."""

    def __init__(self, load: Callable[[str], object], prepare: Callable[[str], None] | None):
        self._load, self._prepare = load, prepare
        self._engines: dict[str, object] = {}
        self._loads: dict[str, Load] = {}
        self._changing, self._alone = threading.Lock(), threading.Lock()

    def __contains__(self, model: str) -> bool:
        return model in self._engines

    def get(self, model: str):
        """The engine of a model, loaded if need be; raises what loading it does, ModelError for one."""
        for _ in self.wait(model):
            pass
        return self._engines[model]

    def wait(self, model: str, session: str = "") -> Iterator[Notice]:
        """How far its loading is, again and again until it is there; STOPPED last where stop ended the waiting.

        Raises what loading it does. Closing the generator ends the waiting too.
        """
        with self._changing:
            if model in self._engines:
                return
            if model not in self._loads:
                self._loads[model] = Load(model)
                threading.Thread(target=self._run, args=[self._loads[model]], name="load", daemon=True).start()
            load, me = self._loads[model], Waiter(session)
            load.waiters.append(me)
        try:
            while not load.over.wait(LOOK_SECONDS) and not me.stopped:
                yield load.notice
        finally:
            with self._changing:
                load.waiters.remove(me)
        if me.stopped:
            yield STOPPED
        elif load.error:
            raise load.error

    def stop(self, wanted: Callable[[str], bool]) -> None:
        """End the waiting of these sessions. Where nobody else waits, loading ends before its next part."""
        with self._changing:
            for load in self._loads.values():
                for waiter in load.waiters:
                    waiter.stopped |= wanted(waiter.session)

    def _run(self, load: Load) -> None:
        def watch(now: Loading) -> None:
            with self._changing:
                if all(waiter.stopped for waiter in load.waiters):
                    del self._loads[load.model]  # whoever asks from now on begins anew
                    raise AbandonedError
                load.now = now

        try:
            with self._alone, watched(watch):  # one at a time: each looks first whether there is memory for it
                engine = self._load(load.model)
            with self._changing:
                self._engines[load.model] = engine
                del self._loads[load.model]
        except AbandonedError:
            pass
        except Exception as error:  # told to everybody who waits
            with self._changing:
                load.error = error
                del self._loads[load.model]
        finally:
            load.over.set()
        if load.model in self._engines and self._prepare and not self._engines[load.model].hasty:
            self._hasten(load.model)

    def _hasten(self, model: str) -> None:
        """Put the engine on a faster backend, for the runs that begin from then on; the first time takes seconds."""
        self._prepare(model)
        self._engines[model] = self._engines[model].hastened()
