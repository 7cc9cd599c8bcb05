"""2-D lab: diffusion in the plane, where the exact score, density and denoiser can be computed and watched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import gradio as gr

from core.types import RequestError
from dashboard import exports
from dashboard.address import Writer, not_restored, query
from dashboard.components.downloads import Downloads
from dashboard.components.rail import Rail
from dashboard.events import QUIET
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.lab import controls as sidebar
from dashboard.tabs.lab import settings as lab_settings
from dashboard.tabs.lab import views
from dashboard.tabs.lab.settings import Settings
from dashboard.tabs.lab.stage import Probed, Stage

TITLE = "2-D lab"
SLUG = "lab"
RAIL = "lab"
LIVE = 0.7  # seconds between what is shown of a training
TURNS = {"concurrency_limit": 2, "concurrency_id": "lab-train"}


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
            files = Downloads("lab-curves", exports.named("Curves"))
    link = Writer()
    training, own, story = gr.State(), gr.State(), gr.State(-1)
    kept = gr.State()  # what the curves' files hold: a table's rows and the settings
    shown = [stage, rail, told, probed, head, link, save_row, kept, *(part for pair in plots for part in pair)]

    def draw(settings: Settings, trained, points, keep_rail: bool = False, more: str = "") -> dict:
        from dashboard.tabs.lab import scenes

        here = scenes.world(settings, points)
        found = scenes.show(settings, here, trained)
        out = {
            stage: found.scene.packed(), told: views.told(f"{found.told} {more}".strip()), probed: None,
            head: views.head(settings.view), link: settings.to_query(),
        }  # fmt: skip
        rows = [row for curve in found.curves for row in exports.drawn(*curve)]
        out |= {save_row: gr.Row(visible=bool(rows)), kept: (rows, asdict(settings)) if rows else None}
        if not keep_rail:
            out[rail] = found.reel
        for k, (name, figure) in enumerate(plots):
            title, drawn = found.curves[k] if k < len(found.curves) else ("", None)
            out |= {name: views.told(title), figure: drawn}
        return out

    @guard
    def change(values: dict):
        from dashboard.tabs.lab import scenes

        settings = controls.read(values)
        settings = scenes.within(settings, scenes.world(settings, values[own]))
        return draw(settings, values[training], values[own])

    @guard
    def classes(values: dict) -> dict:
        """Other data are there: only the classes they have are offered."""
        from dashboard.tabs.lab import scenes

        settings = controls.read(values)
        here = scenes.world(settings, values[own])
        settings = scenes.within(settings, here)
        offered = zip(("wanted", "negative"), sidebar.classes(here.points.classes), strict=True)
        return {controls.fields[name]: gr.Dropdown(choices, value=getattr(settings, name)) for name, choices in offered}

    @guard
    def open_lab(event: gr.EventData):
        """What the address asks for; where that cannot be shown, the lab opens as it does for everyone."""
        try:
            settings = lab_settings.from_query(query(event))
            return controls.show(settings) | draw(settings, None, None)
        except RequestError as error:
            not_restored(error)
            return controls.show(Settings()) | draw(Settings(), None, None)

    @guard
    def look(values: dict, event: gr.EventData):
        from dashboard.tabs.lab import scenes

        settings = controls.read(values)
        here = scenes.world(settings, values[own])
        return scenes.look(settings, here, values[training], sent(event))

    @guard
    def drawn(values: dict, event: gr.EventData):
        from core.toy import data

        points = (sent(event).get("points"), None)
        data.own(*points)
        settings = replace(controls.read(values), data="own")
        return {own: points, controls.fields["data"]: "own"} | draw(settings, values[training], points)

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
        shown = draw(settings, values[training], points, more=" ".join(read.notes))
        return {own: points, controls.csv: None} | controls.show(settings) | shown

    def train(afresh: bool):
        @guard
        def handler(values: dict) -> Iterator[dict]:
            from dashboard.tabs.lab import scenes

            settings = replace(controls.read(values), view="train")
            here, network = scenes.world(settings, values[own]), values[training]
            if afresh or not scenes.fits(network, here):
                network = scenes.begin(here, settings)
            yield {training: network}
            first = True
            for _ in network.run(LIVE):
                yield draw(settings, network, values[own], keep_rail=not first)
                first = False
            if first:
                gr.Info("It has learned to its last step. Train begins anew.", duration=4)

        return handler

    def file(kind: str, found: tuple[list[dict], dict] | None) -> tuple[str, bytes]:
        if found is None:
            raise RequestError("curves", "none", "there before they can be saved")
        rows, settings = found
        return f"lab.{kind}", exports.table(rows, {"settings": settings}, kind)

    @guard
    def tell(values: dict, by: int):
        """The walk-through goes on or back; past its end it closes."""
        step = values[story] + by
        if not 0 <= step < len(views.STORY):
            return {story: -1, caption: "", following: "Walk me through"}
        settings = replace(controls.read(values), **views.STORY[step][1])
        following_name = "Next" if step < len(views.STORY) - 1 else "Done"
        out = {story: step, caption: views.caption(step), following: following_name}
        return out | controls.show(settings) | draw(settings, values[training], values[own])

    every = {*controls.fields.values(), training, own}
    fields = list(controls.fields.values())
    raw = {"preprocess": False, **QUIET}
    begun = controls.train.click(train(True), every, [training, *shown], **raw, **TURNS)
    resumed = controls.resume.click(train(False), every, [training, *shown], **raw, **TURNS)
    ends = {"cancels": [begun, resumed]}  # or the training would draw its view over the one that was asked for
    leaving = [controls.stop.click, controls.fields["view"].input, controls.fields["data"].input]
    gr.on(leaving, None, None, None, **ends)
    gr.on(controls.changes, change, every, shown, trigger_mode="always_last", **raw)
    picked = [controls.fields["wanted"], controls.fields["negative"]]
    gr.on([controls.fields["data"].change, own.change], classes, every, picked, trigger_mode="always_last", **raw)
    stage.open(open_lab, None, [*fields, *shown], **QUIET)
    stage.probe(look, every, probed, trigger_mode="always_last", **raw)
    stage.drawn(drawn, every, [own, controls.fields["data"], *shown], **raw, **ends)
    controls.csv.upload(upload, {*every, controls.csv}, [own, controls.csv, *fields, *shown], **QUIET, **ends)
    outputs = [story, caption, following, *fields, *shown]
    for button, by in ((following, 1), (previous, -1)):
        button.click(lambda values, by=by: tell(values, by), {*every, story}, outputs, **raw, **ends)
    files.offer(file, kept)
