"""What the model can draw: things by category, found by name or by meaning, each a click away from a run."""

from __future__ import annotations

import gradio as gr
from markupsafe import Markup

from core.advice import of_text
from core.concepts import Listed, listed
from core.meaning import phrase
from core.types import RequestError
from dashboard import lacks, pictures
from dashboard.events import QUIET
from dashboard.markup import advised, heading, note
from dashboard.shell import Shell, guard, sent

CATEGORIES = tuple(dict.fromkeys(one.category for one in listed(more=True)))
MOST, NEAR = 60, 12  # things found by name, and by meaning
LONGEST = 100  # characters of a search
SIDE = 48  # pixels
HEAD = heading(
    "What the model can draw",
    "The things that it has learned, alone or two beside or above each other, with a colour, a place and a background. "
    "Notice what is not among them: counts, actions and other relations. Click a thing to draw it.",
)


class Things(gr.HTML):
    """Event draw (id): the visitor chose the thing of this name."""

    def __init__(self, **kwargs):
        super().__init__("", js_on_load="driftscope.cards(element, ['draw'], trigger)", **kwargs)


def build(shell: Shell) -> None:
    service, controls = shell.service, shell.controls
    with gr.Accordion("What the model can draw", open=False, elem_id="vocabulary") as fold:
        gr.HTML(HEAD)
        search = gr.Textbox(
            "",
            label="Search",
            placeholder="Search by name or meaning",
            max_lines=1,
            container=False,
            elem_id="vocabulary-search",
        )
        category = gr.Radio(
            CATEGORIES, value=CATEGORIES[0], label="Category", container=False, elem_id="vocabulary-category",
            elem_classes=["ds-segmented"],
        )  # fmt: skip
        things = Things(elem_id="vocabulary-things")

    @guard
    def show(model: object, text: object, chosen: object) -> Markup:
        name = service.check(service.default if model is None else model)
        if not isinstance(text, str) or len(text) > LONGEST:
            raise RequestError("search", text, f"at most {LONGEST} characters")
        with service.turn(name) as engine:
            if engine.vocabulary is None or engine.gallery is None:
                return note(lacks.told(engine, "vocabulary", "there is nothing to look up"))
            return found(engine, text) if text.strip() else of_category(engine, chosen)

    @guard
    def draw(event: gr.EventData) -> str:
        name = sent(event).get("id")
        if not isinstance(name, str) or len(name) > LONGEST:
            raise RequestError("thing", name, "one that is shown")
        return phrase(name)

    inputs = [controls.model, search, category]
    gr.on(
        [fold.expand, search.input, category.input], show, inputs, things,
        preprocess=False, trigger_mode="always_last", **QUIET,
    )  # fmt: skip
    things.draw(draw, None, controls.fields["prompt"], **QUIET).success(None, None, None, js="driftscope.generate")


def of_category(engine, category: object) -> Markup:
    if category not in CATEGORIES:
        raise RequestError("category", category, f"one of {', '.join(CATEGORIES)}")
    things = _things(engine)
    of_it = [one for one in things if one.category == category]
    return _grid(f"{category}: {len(of_it)} of {len(things)} things", _tiles(engine, of_it))


def found(engine, text: str) -> Markup:
    """The things whose names hold the text, or what of it was never learned; and those near to it by CLIP."""
    wanted, things = text.strip().lower(), _things(engine)
    named = sorted((one for one in things if wanted in one.name.lower()), key=lambda one: len(one.name))[:MOST]
    if named:
        out = _grid(f"By name: {len(named)}", _tiles(engine, named))
    else:
        out = advised(of_text(engine.clip, engine.vocabulary, text))
    if engine.clip is not None:
        near = [one for one in _nearest(engine, wanted, things) if one not in named][:NEAR]
        out += _grid("By meaning (CLIP)", _tiles(engine, near))
    return out


def _things(engine) -> list[Listed]:
    """What this model has learned and has a picture of; what no list of ours has is a thing."""
    known, drawn = {one.name: one for one in listed(more=True)}, set(engine.gallery.labels)
    learned = [known.get(name) or Listed(name, (name,), "things") for name in engine.vocabulary.concepts]
    return [one for one in learned if one.sprites[-1] in drawn]


def _nearest(engine, text: str, things: list[Listed]) -> list[Listed]:
    """The things by CLIP's cosine of the text to their pictures, the nearest first."""
    cosines = dict(zip(engine.gallery.labels, engine.gallery.clip @ engine.clip.text([text])[0], strict=True))
    return sorted(things, key=lambda one: -cosines[one.sprites[-1]])[: NEAR + MOST]


def _tiles(engine, things: list[Listed]) -> Markup:
    rows = {label: row for row, label in enumerate(engine.gallery.labels)}
    return Markup("").join(
        TILE.format(one.name, pictures.uri(engine.gallery.thumbs[rows[one.sprites[-1]]], SIDE)) for one in things
    )


def _grid(title: str, tiles: Markup) -> Markup:
    return Markup('<h3>{}</h3><div class="ds-things">{}</div>').format(title, tiles)


TILE = Markup('<button type="button" data-act="draw" data-id="{0}"><img src="{1}" alt="">{0}</button>')
