"""The laboratory's own controls, beside its stage; the sidebar's request is about pictures and is out of sight."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import gradio as gr

from core.toy import data
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.uploaded import UploadButton
from dashboard.tabs.lab import settings as lab_settings
from dashboard.tabs.lab.settings import DEFAULTS, RANGES, SETS, VIEWS, Settings

ALL = -1


@dataclass(frozen=True)
class LabControls:
    fields: dict[str, gr.components.Component]  # name of the setting -> component
    changes: list  # the events after which a view is drawn anew
    csv: gr.UploadButton
    train: gr.Button
    resume: gr.Button
    stop: gr.Button
    trained: gr.State  # the network that learned here, trained or half
    own: gr.State  # the visitor's points, (points, their classes)
    carried: gr.HTML  # what a link carries of the data, where that is not all of them

    @property
    def all(self) -> set[gr.components.Component]:
        """What a view is drawn by."""
        return {*self.fields.values(), self.trained, self.own}

    def read(self, values: dict) -> Settings:
        """Settings as they came from the browser; RequestError for what nobody can have chosen."""
        return lab_settings.from_controls({name: values[component] for name, component in self.fields.items()})

    def show(self, settings: Settings) -> dict:
        values = asdict(settings)
        return {component: values[name] for name, component in self.fields.items()}


def views() -> gr.Radio:
    named = [(label, name) for name, label in VIEWS.items()]
    return gr.Radio(named, value="noise", label="View", elem_id="lab-view", elem_classes=["ds-segmented"], min_width=0)


def plot(number: int) -> tuple[gr.HTML, PlotlyHTML]:
    """The title of a curve and the curve; out of sight while it is empty."""
    with gr.Column(elem_classes=["ds-panel"], min_width=0):
        title = gr.HTML("", elem_classes=["lab-title"])
        return title, PlotlyHTML(height=220, label="Curve over the frames of the rail", elem_id=f"lab-curve-{number}")


def build(view: gr.Radio) -> LabControls:
    fields = {"view": view}
    with gr.Column(elem_classes=["lab-controls"], min_width=0):
        fields["data"] = gr.Dropdown(
            [(label, name) for name, label in SETS.items()], value=DEFAULTS["data"], label="Data", elem_id="lab-data"
        )
        with gr.Row(elem_classes=["lab-own"]):
            draw = gr.Button("Draw your own", size="sm", min_width=0, elem_id="lab-draw")
            kinds = [".csv", ".tsv", ".txt"]
            csv = UploadButton("Open a CSV", size="sm", min_width=0, elem_id="lab-csv", file_types=kinds)
        carried = gr.HTML("", elem_id="lab-carried")
        draw.click(None, None, None, js="() => driftscope.labDraw()")
        with _only("train"):
            targets = [("the noise ε", "eps"), ("the point x₀", "x0"), ("v", "v")]
            told = "v = αε − σx₀; then ε = αv + σxₜ, if α² + σ² = 1"
            fields["kind"] = _radio("kind", "Prediction target", targets, told)
            fields["told"] = gr.Checkbox(True, label="Time conditioning", elem_id="lab-told-time", min_width=0)
            with gr.Row(elem_classes=["lab-buttons"]):
                train = gr.Button("Train", variant="primary", min_width=0, elem_id="lab-train")
                stop = gr.Button("Stop", min_width=0, elem_id="lab-stop")
                resume = gr.Button("Resume", min_width=0, elem_id="lab-resume")
            with gr.Accordion("Network", open=False, elem_classes=["lab-fold"]):
                widths = [(str(w), w) for w in lab_settings.CHOICES["width"]]
                fields["width"] = _radio("width", "Width", widths)
                fields["training"] = _slider("training", "Steps", 50)
                fields["rate"] = _slider("rate", "Learning rate", 0.0001)
        with _only("guidance"):
            wanted, negative = classes(data.MAX_CLASSES)
            fields["wanted"] = _dropdown("wanted", "Class asked for", wanted)
            fields["negative"] = _dropdown("negative", "Negative class", negative)
            fields["scale"] = _slider("scale", "Guidance scale", 0.5)
        with _only("back", "density"):
            fields["eta"] = _slider("eta", "η: fresh noise, 0 (ODE) to 1 (SDE)", 0.05)
        with _only("back", "density", "guidance"):
            fields["score"] = _radio("score", "Follow the score", [("exact", "exact"), ("learned", "learned")])
        with _only("back", "guidance"):
            fields["steps"] = _slider("steps", "Steps", 1)
        with gr.Accordion("Points, seed, schedule", open=False, elem_classes=["lab-fold"]):
            fields["points"] = _slider("points", "Points", 1)
            fields["seed"] = gr.Number(DEFAULTS["seed"], label="Seed", precision=0, elem_id="lab-seed", min_width=0)
            named = [("linear", "linear"), ("cosine", "cosine"), ("flow", "flow")]
            fields["schedule"] = _radio("schedule", "Noise schedule", named)
    quiet = ("kind", "told", "width", "training", "rate")  # they wait for Train
    changes = [
        one.release if isinstance(one, gr.Slider) else one.submit if isinstance(one, gr.Number) else one.input
        for name, one in fields.items() if name not in quiet
    ]  # fmt: skip
    fields["scale"].input(None, fields["scale"], None, js="(scale) => driftscope.labScale(scale)")
    return LabControls(fields, changes, csv, train, resume, stop, gr.State(), gr.State(), carried)


def classes(count: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """What guidance may be asked for and led away from, where the data have so many classes."""
    named = [(f"{k + 1}", k) for k in range(count)]
    return named, [("all classes", ALL), *named]


def _only(*views: str) -> gr.Column:
    """What is seen in these views alone; the stage says which is on (static/lab.css)."""
    return gr.Column(elem_classes=["lab-only", *(f"lab-in-{name}" for name in views)], min_width=0)


def _radio(name: str, label: str, choices: list, info: str | None = None) -> gr.Radio:
    return gr.Radio(choices, value=DEFAULTS[name], label=label, info=info, elem_id=f"lab-{name}",
                    elem_classes=["ds-segmented"], min_width=0)  # fmt: skip


def _dropdown(name: str, label: str, choices: list) -> gr.Dropdown:
    return gr.Dropdown(choices, value=DEFAULTS[name], label=label, elem_id=f"lab-{name}", min_width=0)


def _slider(name: str, label: str, step: float) -> gr.Slider:
    low, high = RANGES[name]
    return gr.Slider(low, high, DEFAULTS[name], step=step, label=label, elem_id=f"lab-{name}", min_width=0)
