"""The step rail of a tab, the reel it plays, and the panels that follow it.

The server sends one reel a run; the browser scrubs every panel of the tab through it (static/rail.js).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

import gradio as gr

PLAYER = (  # static/rail.js knows its buttons by their classes
    '<div class="ds-rail" role="group" aria-label="Step rail">'
    '<button type="button" class="ds-play" aria-label="Play"></button>'
    '<button type="button" class="ds-back" aria-label="One step back" title="One step back (←)"></button>'
    '<button type="button" class="ds-forward" aria-label="One step forward" title="One step forward (→)"></button>'
    '<input type="range" min="0" max="0" value="0" aria-label="Step">'
    '<output data-text="step"></output>'
    '<button type="button" class="ds-speed" aria-label="Speed 1×" title="Speed">1×</button>'
    '<button type="button" class="ds-repeat" aria-label="Repeat" aria-pressed="false" title="Repeat"></button>'
    '<button type="button" class="ds-large" aria-label="Full screen" title="Full screen" hidden></button></div>'
)


@dataclass(frozen=True)
class Reel:
    """What a tab shows at each position of its rail; every list is as long as positions."""

    positions: list[int]  # the step at each position: 0 is the starting noise
    frames: dict[str, list[str | None]] = field(default_factory=dict)  # name -> image URI
    texts: dict[str, list[str]] = field(default_factory=dict)  # name -> plain text; "step" stands on the rail
    play: bool = False  # begin to play at once, for a visitor who lets things move
    backwards: bool = False  # it plays from its last position to its first: noise is at the left, wherever one starts
    live: bool = False  # a run that goes on: only what shows the position in view changes, the rest waits

    def __post_init__(self):
        for name, entries in {**self.frames, **self.texts}.items():
            if len(entries) != len(self.positions):
                raise ValueError(f"{name} has {len(entries)} entries for {len(self.positions)} positions")


class Rail(gr.HTML):
    """Slider, Play with its speed, single steps, full screen, and keys. Value: a Reel or None."""

    def __init__(self, value: Reel | None = None, *, name: str, **kwargs):
        super().__init__(
            value,
            html_template=PLAYER,
            js_on_load=f"driftscope.rail({json.dumps(name)}, element, props, watch)",
            elem_classes=["ds-rail-block"],
            **kwargs,
        )

    def postprocess(self, value: Reel | None) -> str | None:
        return None if value is None else json.dumps(asdict(value))


class Panel(gr.HTML):
    """HTML whose data-frame, data-text and data-at elements follow a rail. Escape whatever a visitor wrote."""

    def __init__(self, value: str = "", *, rail: str, **kwargs):
        super().__init__(value, js_on_load=f"driftscope.follow({json.dumps(rail)}, element, watch)", **kwargs)
