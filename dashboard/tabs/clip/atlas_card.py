"""What the atlas says of a point or of a group of them, and how a word of it comes to be drawn."""

from __future__ import annotations

import gradio as gr
import numpy as np

from core.meaning import shared_by
from core.types import RequestError
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.events import QUIET
from dashboard.figures import clip_atlas as figures
from dashboard.shell import guard, sent
from dashboard.tabs.clip import atlas_views as views
from dashboard.tabs.clip.views import Room


class Card(gr.HTML):
    """Event draw: the visitor wants to see this text generated."""

    def __init__(self, value: str = "", **kwargs):
        super().__init__(
            value,
            js_on_load="""element.addEventListener('click', (event) => {
                const prompt = event.target.closest('[data-prompt]')?.dataset.prompt;
                if (prompt) trigger('draw', { prompt });
            });""",
            **kwargs,
        )


def wire(room: Room, plot: PlotlyHTML, typed: gr.Textbox, card: Card) -> None:
    """typed: the visitor's own words, which are on the map too."""

    @guard
    def click(model, source, words, event: gr.EventData):
        name, index = sent(event).get("name"), sent(event).get("index")
        return views.card(room.spaces.get(model, source), name, index, views.words(words))

    @guard
    def select(model, source, event: gr.EventData):
        space = room.spaces.get(model, source)
        rows = views.group(space, sent(event).get("points"))
        vectors = np.stack([space.pictures[i] if kind == figures.PICTURES else space.texts[i] for kind, i in rows])
        shared = shared_by(vectors, np.concatenate([space.pictures, space.texts]))
        return views.group_card(space, rows, shared)

    @guard
    def ask(event: gr.EventData):
        prompt = sent(event).get("prompt")
        if not isinstance(prompt, str) or len(prompt) > 200:
            raise RequestError("prompt", prompt, "at most 200 characters")
        return prompt

    plot.point_click(click, [*room.inputs, typed], card, preprocess=False, **QUIET)
    plot.points_select(select, room.inputs, card, preprocess=False, **QUIET)
    prompt = room.shell.controls.fields["prompt"]
    card.draw(ask, None, prompt, **QUIET).success(None, None, None, js="() => driftscope.openTab('generate')")
