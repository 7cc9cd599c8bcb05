"""The last runs as cards: a click views one again, and each can be pinned, or deleted and brought back."""

from __future__ import annotations

import gradio as gr
from markupsafe import Markup

from dashboard import pictures
from dashboard.events import QUIET
from dashboard.layers import MAX_BYTES, MAX_KEPT, MAX_RUNS, Layer, Layers
from dashboard.markup import heading
from dashboard.shell import Shell, guard, sent
from dashboard.split import split
from dashboard.tabs.generate import panels

THUMB, LARGE = 96, 320  # pixels
COMPARE = heading(
    "Compare runs",
    "The run in view over a pinned one; the menus choose among all pinned runs. Drag the line and notice where they "
    "differ.",
)


class Cards(gr.HTML):
    """Events view, keep and delete (id): the visitor chose that of a card's run; undo: of the last deletion."""

    def __init__(self, **kwargs):
        acts = "['view', 'keep', 'delete', 'undo']"  # Gradio looks for an event's name in the script
        super().__init__("", js_on_load=f"driftscope.cards(element, {acts}, trigger)", **kwargs)


def build(shell: Shell) -> Cards:
    """The cards; whoever draws the run in view draws them too, with told()."""
    cards = Cards(elem_id="cards")

    @guard
    def view(layers: Layers, event: gr.EventData):
        return shown(layers.view(sent(event).get("id")))

    @guard
    def delete(layers: Layers, event: gr.EventData):
        return shown(layers.delete(sent(event).get("id")))

    @guard
    def undo(layers: Layers):
        return shown(layers.undo())

    @guard
    def keep(layers: Layers, event: gr.EventData):
        return layers.toggle(sent(event).get("id"))

    def shown(layers: Layers) -> dict:
        """These runs, and the sidebar as the one in view was made."""
        trace = layers.shown and layers.shown.trace
        return {shell.layers: layers} | (shell.controls.show(trace.model, trace.request) if trace else {})

    for event, handler in ((cards.view, view), (cards.delete, delete), (cards.undo, undo)):
        event(handler, shell.layers, [shell.layers, *shell.controls.inputs], **QUIET)
    cards.keep(keep, shell.layers, shell.layers, **QUIET)
    return cards


def told(layers: Layers) -> Markup:
    """The cards, the newest first, what was deleted last, and what had to go."""
    cards = Markup("").join(_card(layer, layers) for layer in reversed(layers.entries))
    undo = UNDO.format(layers.deleted[1].title) if layers.deleted else ""
    gone = f" {layers.gone} gone so far." if layers.gone else ""
    return CARDS.format(cards, undo, gone)


def compared(layers: Layers) -> Markup:
    """The final images of the run in view and of the pinned ones, two of them laid over each other."""
    shown, runs = layers.shown, layers.compared
    if shown is None or len(runs) < 2:
        return Markup("")
    runs = [shown, *(one for one in reversed(runs) if one is not shown)]
    return COMPARE + split([one.title for one in runs], [pictures.uri(one.film.x0[-1], LARGE) for one in runs], "src")


def _card(layer: Layer, layers: Layers) -> Markup:
    return CARD.format(
        marks=(" is-current" if layer.id == layers.current else "") + (" is-kept" if layer.kept else ""),
        id=layer.id,
        title=layer.title,
        picture=pictures.uri(layer.film.x0[-1], THUMB),
        settings=panels.settings(layer),
        pressed=str(layer.kept).lower(),
        verb="Unpin" if layer.kept else "Pin",
        delete=DELETE.format(id=layer.id, title=layer.title) if len(layers.entries) > 1 else "",
    )


CARDS = Markup(
    '<div class="ds-cards" role="group" aria-label="Last runs">{}</div>{}'
    f'<p class="ds-quiet">The last {MAX_RUNS} runs stay here, up to {MAX_BYTES >> 20} MB; the oldest unpinned ones '
    "go first.{}</p>"
)
UNDO = Markup(
    '<p class="ds-quiet" role="status">Deleted “{}”. '
    '<button type="button" class="ds-chip" data-act="undo">Undo</button></p>'
)
CARD = Markup(
    '<div class="ds-card{marks}">'
    '<button type="button" class="ds-view" data-act="view" data-id="{id}" aria-label="Show {title}">'
    '<img src="{picture}" alt=""><span>{title}</span><small>{settings}</small></button>'
    '<button type="button" class="ds-lock" data-act="keep" data-id="{id}" aria-pressed="{pressed}" '
    'aria-label="{verb} {title}" '
    f'title="{{verb}} this run: up to {MAX_KEPT} stay for good, and other tabs compare them"></button>{{delete}}</div>'
)
DELETE = Markup(
    '<button type="button" class="ds-delete" data-act="delete" data-id="{id}" aria-label="Delete {title}" '
    'title="Delete this run"></button>'
)
