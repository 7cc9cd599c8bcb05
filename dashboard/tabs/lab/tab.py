"""2-D lab: diffusion in the plane, where the exact score, density and denoiser can be computed and watched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gradio as gr

from core.types import RequestError
from dashboard import exports
from dashboard.address import Writer, not_restored, query
from dashboard.components.downloads import Downloads
from dashboard.components.rail import Rail
from dashboard.events import QUIET
from dashboard.markup import note
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.lab import controls as sidebar
from dashboard.tabs.lab import settings as lab_settings
from dashboard.tabs.lab import views
from dashboard.tabs.lab.controls import LabControls
from dashboard.tabs.lab.display import Display
from dashboard.tabs.lab.settings import Settings
from dashboard.tabs.lab.stage import Probed, Stage

TITLE = "2-D lab"
SLUG = "lab"
RAIL = "lab"
LIVE = 0.7  # seconds between what is shown of a training
TURNS = {"concurrency_limit": 2, "concurrency_id": "lab-train"}
RAW = {"preprocess": False, **QUIET}
LOST = (
    "This link was made over points of somebody's own, drawn or from a file, which no link carries: these are three "
    "spirals instead."
)
STAYS = "Your points stay on this page: a link does not carry them."


def build(shell: Shell) -> None:
    with gr.Column(elem_classes=["ds-lab"], elem_id="lab", min_width=0):
        with gr.Row(elem_classes=["lab-top"]):
            view = sidebar.views()
            previous = gr.Button("Back", size="sm", min_width=0, elem_id="lab-previous")
            following = gr.Button("Walk me through", size="sm", min_width=0, elem_id="lab-next")
        caption = gr.HTML("", elem_id="lab-caption")
        head = gr.HTML(views.head("noise"), js_on_load="driftscope.keepFold(element, watch)", elem_id="lab-head")
        with gr.Row(elem_classes=["lab-room"]):
            with gr.Column(elem_classes=["lab-left"], min_width=0):
                stage = Stage(rail=RAIL, about=views.MARKS, elem_id="lab-stage")
                rail = Rail(name=RAIL)
                told = gr.HTML("", elem_id="lab-told")
                probed = Probed(elem_id="lab-probed")
            controls = sidebar.build(view)
        with gr.Column(elem_classes=["ds-grid", "lab-curves"]):
            plots = [sidebar.plot(number) for number in (1, 2)]
        with gr.Row(elem_classes=["ds-files"], elem_id="lab-files", visible=False) as save_row:
            files = Downloads(name="lab-curves", kinds=exports.named("Curves"))
    display = Display(head, stage, rail, told, probed, plots, save_row, gr.State(), Writer())

    def file(kind: str, found: tuple[list[dict], dict] | None) -> tuple[str, bytes]:
        if found is None:
            raise RequestError("curves", "none", "there before they can be saved")
        rows, settings = found
        return f"lab.{kind}", exports.table(rows, {"settings": settings}, kind)

    files.offer(file, display.kept)
    ends = training(controls, display)
    looking(controls, display)
    own_data(controls, display, ends)
    walk(controls, display, caption, previous, following, ends)


def training(controls: LabControls, display: Display) -> dict:
    """Train, Resume and Stop; returns what an event is given that ends a training under way.

    Or the training would draw its view over the one that was asked for.
    """

    def train(afresh: bool):
        @guard
        def handler(values: dict) -> Iterator[dict]:
            from dashboard.tabs.lab import scenes

            settings = replace(controls.read(values), view="train")
            here, network = scenes.world(settings, values[controls.own]), values[controls.trained]
            if afresh or not scenes.fits(network, here):
                network = scenes.begin(here, settings)
            yield {controls.trained: network}
            first = True
            for _ in network.run(LIVE):
                yield display.draw(settings, network, values[controls.own], keep_rail=not first)
                first = False
            if first:
                gr.Info("It has learned to its last step. Train begins anew.", duration=4)

        return handler

    outputs = [controls.trained, *display.parts]
    begun = controls.train.click(train(True), controls.all, outputs, **RAW, **TURNS)
    resumed = controls.resume.click(train(False), controls.all, outputs, **RAW, **TURNS)
    ends = {"cancels": [begun, resumed]}
    leaving = [controls.stop.click, controls.fields["view"].input, controls.fields["data"].input]
    gr.on(leaving, None, None, None, **ends)
    return ends


def looking(controls: LabControls, display: Display) -> None:
    """The view that the controls ask for, or the address at first, and what is at a point of it."""

    @guard
    def open_lab(event: gr.EventData):
        """What the address asks for; where that cannot be shown, the lab opens as it does for everyone."""
        try:
            asked = query(event)
            settings = lab_settings.from_query(asked)
            lost = note(LOST) if lab_settings.lost(asked) else ""
            return controls.show(settings) | display.draw(settings, None, None) | {controls.carried: lost}
        except RequestError as error:
            not_restored(error)
            return controls.show(Settings()) | display.draw(Settings(), None, None)

    @guard
    def change(values: dict):
        from dashboard.tabs.lab import scenes

        settings = controls.read(values)
        settings = scenes.within(settings, scenes.world(settings, values[controls.own]))
        return display.draw(settings, values[controls.trained], values[controls.own])

    @guard
    def look(values: dict, event: gr.EventData):
        from dashboard.tabs.lab import scenes

        settings = controls.read(values)
        here = scenes.world(settings, values[controls.own])
        return scenes.look(settings, here, values[controls.trained], sent(event))

    display.stage.open(open_lab, None, [*controls.fields.values(), controls.carried, *display.parts], **QUIET)
    gr.on(controls.changes, change, controls.all, display.parts, trigger_mode="always_last", **RAW)
    display.stage.probe(look, controls.all, display.probed, trigger_mode="always_last", **RAW)


def own_data(controls: LabControls, display: Display, ends: dict) -> None:
    """A visitor's points, drawn or from a file, and the classes that guidance is offered of whatever data there are."""
    data_field, own = controls.fields["data"], controls.own

    @guard
    def classes(values: dict) -> dict:
        """Other data are there: only the classes they have are offered, and what a link carries of them is said."""
        from dashboard.tabs.lab import scenes

        settings = controls.read(values)
        here = scenes.world(settings, values[own])
        settings = scenes.within(settings, here)
        offered = zip(("wanted", "negative"), sidebar.classes(here.points.classes), strict=True)
        shown = {
            controls.fields[name]: gr.Dropdown(choices, value=getattr(settings, name)) for name, choices in offered
        }
        return shown | {controls.carried: note(STAYS) if settings.data == "own" else ""}

    @guard
    def drawn(values: dict, event: gr.EventData):
        from core.toy import data

        points = (sent(event).get("points"), None)
        data.own(*points)
        settings = replace(controls.read(values), data="own")
        return {own: points, data_field: "own"} | display.draw_data(settings, values[controls.trained], points)

    @guard
    def upload(values: dict):
        from core.toy import data

        path, values[controls.csv] = values[controls.csv], None
        if not isinstance(path, str):
            raise RequestError("CSV file", path, "one that was uploaded")
        with Path(path).open("rb") as file:
            read = data.from_csv(file.read(data.MAX_FILE + 1))
        points = (read.x.tolist(), read.label.tolist())
        settings = replace(controls.read(values), data="own", view="noise")
        shown = display.draw_data(settings, values[controls.trained], points, " ".join(read.notes))
        return {own: points, controls.csv: None} | controls.show(settings) | shown

    picked = [controls.fields["wanted"], controls.fields["negative"], controls.carried]
    gr.on([data_field.change, own.change], classes, controls.all, picked, trigger_mode="always_last", **RAW)
    display.stage.drawn(drawn, controls.all, [own, data_field, *display.parts], **RAW, **ends)
    outputs = [own, controls.csv, *controls.fields.values(), *display.parts]
    controls.csv.upload(upload, {*controls.all, controls.csv}, outputs, **QUIET, **ends)


def walk(
    controls: LabControls, display: Display, caption: gr.HTML, previous: gr.Button, following: gr.Button, ends: dict
) -> None:
    """Eight captions, each with its view."""
    story = gr.State(-1)

    @guard
    def tell(values: dict, by: int):
        """The walk-through goes on or back; past its end it closes."""
        step = values[story] + by
        if not 0 <= step < len(views.STORY):
            return {story: -1, caption: "", following: "Walk me through"}
        settings = replace(controls.read(values), **views.STORY[step][1])
        following_name = "Next" if step < len(views.STORY) - 1 else "Done"
        out = {story: step, caption: views.caption(step), following: following_name}
        return out | controls.show(settings) | display.draw(settings, values[controls.trained], values[controls.own])

    outputs = [story, caption, following, *controls.fields.values(), *display.parts]
    for button, by in ((following, 1), (previous, -1)):
        button.click(lambda values, by=by: tell(values, by), {*controls.all, story}, outputs, **RAW, **ends)
