"""Whose runs are held when there are more browser tabs than can be: those of visitors who are there and made some."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

from dashboard.layers import Layer, Layers
from dashboard.welcome import ID

MAX_BYTES = 2 << 30  # of the runs of all browser tabs


class Session(SessionState):
    """Gradio's own keeps what every component showed last, for links to a whole page, which this page does without.

    Those are megabytes of pictures and plots of each browser tab, and a sixth of a second when it begins.
    """

    def __init__(self, blocks: gr.Blocks):
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: object) -> None:
        pass


class Sessions(StateHolder):
    """Gradio's own lets the session go that was used longest ago, so that empty ones push full ones out."""

    most = MAX_BYTES

    def __init__(self, hours: int = 0):
        """hours: after which a session that asks for nothing holds its pinned runs alone; 0: it holds all."""
        super().__init__()
        self._age = timedelta(hours=hours) if hours else timedelta.max

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)

    def delete_all_expired_state(self) -> None:
        """Gradio asks for this every second, with whatever has a time to live; here whole sessions have one."""
        super().delete_all_expired_state()
        now = datetime.now()
        with self.lock:
            for id, used in list(self.time_last_used.items()):
                if now - used >= self._age and id in self.session_data:
                    self._age_out(id)

    def _age_out(self, id: str) -> None:
        held = self.session_data[id].state_data
        pinned = {key: value.pinned() for key, value in list(held.items()) if isinstance(value, Layers) and value.kept}
        if pinned:
            held.clear()
            held.update(pinned)
        else:
            del self.session_data[id]
        del self.time_last_used[id]  # until it asks again

    def update(self, session_id: str) -> None:
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            while (large := self._bytes() > self.most) or len(self.session_data) > self.capacity:
                one = self._spare(session_id, large)
                if one is None:
                    break
                del self.session_data[one]
                self.time_last_used.pop(one, None)

    def _bytes(self) -> int:
        """What the runs of all sessions hold; those that one took over from another count once."""
        runs = {one.id: one.size for state in self.session_data.values() for one in _runs(state)}
        return sum(runs.values())

    def _spare(self, asking: str, large: bool) -> str | None:
        """Who is to go: a closed one, else an empty one, else, where too many hold runs, the longest unused.

        large: the runs hold too much, so that it is one that holds some.
        """
        others = [id for id in self.session_data if id != asking]  # the longest unused first
        if large:
            others = [id for id in others if _runs(self.session_data[id])]
        full = {id for id, state in self.session_data.items() if holds(state)}
        closed = (id for id in others if self.session_data[id].is_closed)
        empty = (id for id in others if id not in full)
        anyone = iter(others if large or len(full) > self.capacity else ())
        return next(closed, None) or next(empty, None) or next(anyone, None)


def held(demo: gr.Blocks, session: object, layers: gr.State) -> Layers | None:
    """The runs of another session, which stay for an hour after its page was closed; None where they are gone.

    session: as the browser says.
    """
    found = demo.state_holder.session_data.get(session) if isinstance(session, str) else None
    runs = found and found.state_data.get(layers._id)
    return runs if isinstance(runs, Layers) else None


def _runs(state: SessionState) -> list[Layer]:
    """The runs of a session's own; the one that greets is everyone's."""
    kept = [value for value in list(state.state_data.values()) if isinstance(value, Layers)]
    return [one for layers in kept for one in layers.held if one.id != ID]


def holds(state: SessionState) -> bool:
    """Whether a session has made anything that would be lost."""
    return any(map(_made, list(state.state_data.values())))


def _made(value: object) -> bool:
    if isinstance(value, Layers):
        return any(map(_made, value.entries))
    if isinstance(value, Layer):
        return value.id != ID  # the run that greets is everyone's
    if isinstance(value, dict):
        return any(map(_made, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(_made, value))
    return not isinstance(value, (bool, int, float, str, type(None)))
