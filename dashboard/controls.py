"""The sidebar: the request a visitor makes, and how it is read and set."""

from __future__ import annotations

import random
from dataclasses import dataclass

import gradio as gr

from core.settings import WELCOME
from core.types import MAX_FRAMES, MAX_SIDE, MAX_STEPS, SPACINGS, Request
from core.updates import SAMPLERS
from dashboard.components.status import Status
from dashboard.components.uploaded import File

EXAMPLES = (
    WELCOME.prompt,
    "a yellow taxi",
    "a penguin",
    "a robot next to a car",
    "a hamburger",
    "a rocket on a black background",
)
USUAL_STEPS = (10, 25, 50, 250)
USUAL_GUIDANCE = 12  # where the slider ends; more, up to core.types.MAX_GUIDANCE, can come in a link
INTERVAL = (  # field, label, id
    ("guidance_low", "Guide from σ", "guidance-low"),
    ("guidance_high", "Guide up to σ", "guidance-high"),
)
SIZES = (  # field, label, most: shown where a model leaves them open
    ("width", "Width", MAX_SIDE),
    ("height", "Height", MAX_SIDE),
    ("frames", "Frames", MAX_FRAMES),
)
NEW_SEEDS = 100_000  # dice stay short enough to read aloud
ROLL = f"() => [Math.floor(Math.random() * {NEW_SEEDS}), true]"


@dataclass(frozen=True)
class Controls:
    """The sidebar's components. A branch has no control: it is made on a run, and Generate starts afresh.

    lock: whether Generate uses the seed in its field, or draws a new one. Whatever else sets the seed leaves it alone.
    """

    fields: dict[str, gr.components.Component]  # name of the Request's field -> component
    model: gr.Dropdown
    lock: gr.Checkbox
    examples: gr.HTML
    generate: gr.Button
    stop: gr.Button
    status: Status
    advice: gr.HTML
    unusual: gr.HTML
    about: gr.HTML
    settled: gr.State  # the model that the settings were last set for
    restore: gr.File

    @property
    def inputs(self) -> tuple[gr.components.Component, ...]:
        """All that is read and set, always in this order: a set of components has another one in each process."""
        return (*self.fields.values(), self.model, self.lock, self.settled)

    def read(self, values: dict) -> tuple[object, dict]:
        """The model and the request's fields as they came from the browser: nothing is checked yet."""
        return values[self.model], {name: values[component] for name, component in self.fields.items()}

    def show(self, model: str, request: Request) -> dict:
        """Set every control to what a run was made with."""
        settings = request.to_dict()
        chosen = {self.model: model, self.settled: model}
        return chosen | {component: settings[name] for name, component in self.fields.items()}

    def show_changed(self, values: dict, model: str, request: Request) -> dict:
        """Set what is not as the browser sent it, and leave the rest to a visitor who goes on typing meanwhile."""
        return {one: value for one, value in self.show(model, request).items() if value != values[one]}

    def show_unusual(self, request: Request) -> dict:
        """Set what the page did not open with, and leave the rest to a visitor who began to type meanwhile."""
        settings = request.to_dict()
        return {one: settings[name] for name, one in self.fields.items() if settings[name] != one.value}


class Examples(gr.HTML):
    """Prompts to try, a chip each. Event select (prompt): the visitor chose one."""

    def __init__(self, prompts: tuple[str, ...], **kwargs):
        super().__init__(
            prompts,
            html_template=(
                '<div class="ds-chips" aria-label="Examples">{{#each value}}'
                '<button type="button" class="ds-chip">{{this}}</button>{{/each}}</div>'
            ),
            js_on_load=(
                "element.addEventListener('click', (event) => { const chip = event.target.closest('button');"
                " if (chip) trigger('select', { prompt: chip.textContent }); });"
            ),
            **kwargs,
        )


class Unusual(gr.HTML):
    """The settings that are not the usual ones, a chip each. Event usual (names): set these fields back."""

    def __init__(self, **kwargs):
        super().__init__(
            "",
            html_template='<div role="status">${value}</div>',
            js_on_load="element.onclick = ({ target }) => { const chip = target.closest('button');"
            " if (chip) trigger('usual', { names: chip.dataset.names }); }",
            **kwargs,
        )


class Advice(gr.HTML):
    """What to know of the request before it runs. Events trailing and mended: the visitor takes the spacing that is
    offered, or the prompt.
    """

    def __init__(self, **kwargs):
        super().__init__(
            "",
            html_template='<div role="status">${value}</div>',
            js_on_load="element.onclick = ({ target }) => { const asked = target.closest('button')?.dataset.event;"
            " if (asked === 'trailing') trigger('trailing'); if (asked === 'mended') trigger('mended');"
            " if (asked === 'video') driftscope.openTab('video'); }",
            **kwargs,
        )


def new_seed() -> int:
    return random.randrange(NEW_SEEDS)


def build() -> Controls:
    """Lay the sidebar out; on a narrow screen its two halves stand before and after the picture (static/page.css)."""
    usual = WELCOME.to_dict()
    with gr.Column(elem_classes=["ds-ask"], min_width=0):
        prompt = gr.Textbox(
            usual["prompt"],
            label="Prompt",
            lines=2,
            max_lines=6,
            placeholder="What should it draw?",
            elem_id="prompt",
        )
        unusual = Unusual(elem_id="unusual")
        with gr.Row(elem_classes=["ds-buttons"]):
            generate = gr.Button("Generate", variant="primary", elem_id="generate", scale=3, min_width=0)
            stop = gr.Button("Stop", variant="secondary", elem_id="stop", scale=1, min_width=0)
        status = Status("status")
        advice = Advice(elem_id="advice")
        examples = Examples(EXAMPLES, elem_id="examples")
        gr.HTML(
            '<button type="button" class="ds-all">What can it draw?</button>',
            js_on_load="element.onclick = () => driftscope.openFold('generate', '#vocabulary')",
            elem_id="all-things",
        )
        gr.HTML(  # on a phone they are folded away, right below the prompt
            '<button type="button" class="ds-all" aria-expanded="false">Settings</button>',
            js_on_load="const fold = element.querySelector('button');"
            "fold.onclick = () => fold.setAttribute('aria-expanded', fold.getAttribute('aria-expanded') !== 'true')",
            elem_id="fold-settings",
        )
    with gr.Column(elem_classes=["ds-settings"], min_width=0):
        with gr.Row(elem_classes=["ds-seed"]):
            seed = gr.Number(usual["seed"], label="Seed", elem_id="seed", min_width=0, scale=3)
            dice = gr.Button("Random seed", elem_id="dice", elem_classes=["ds-icon"], min_width=0, scale=0)
            lock = gr.Checkbox(False, label="Fix seed", elem_id="lock", min_width=0, scale=0)
        # A seed that was typed or drawn is meant: it is used, by every run, until the visitor lets it go
        seed.input(None, None, lock, js="() => true")
        dice.click(None, None, [seed, lock], js=ROLL)
        sampler = gr.Dropdown(
            [(sampler.title, name) for name, sampler in SAMPLERS.items()],
            value=usual["sampler"],
            label="Sampler",
            elem_id="sampler",
        )
        with gr.Row(elem_classes=["ds-steps"]):
            steps = gr.Number(usual["steps"], label="Steps", minimum=1, maximum=MAX_STEPS, elem_id="steps", min_width=0)
            for count in USUAL_STEPS:
                button = gr.Button(str(count), size="sm", min_width=0, elem_classes=["ds-usual"])
                button.click(None, None, steps, js=f"() => {count}")
        guidance = gr.Slider(0, USUAL_GUIDANCE, usual["guidance"], step=0.5, label="Guidance", elem_id="guidance")
        model = gr.Dropdown([], label="Model", elem_id="model")  # filled when the page opens
        about = gr.HTML("", elem_id="about-model")
        settled = gr.State()
        with gr.Accordion("More settings", open=False, elem_id="more"):
            negative = gr.Textbox("", label="Negative prompt", lines=1, max_lines=4, elem_id="negative")
            eta = _share("eta", "Eta", "How much fresh noise DDIM adds at each step: 0 is none, 1 as much as DDPM.")
            with gr.Row(elem_classes=["ds-interval"]):
                low, high = (
                    gr.Number(usual[name], label=label, minimum=0, maximum=1, step=0.05, elem_id=id, min_width=0)
                    for name, label, id in INTERVAL
                )
            rescale = _share(
                "guidance_rescale",
                "Guidance rescale",
                "Much guidance makes colours glaring; this takes it back, all the way at 1.",
            )
            spacing = gr.Dropdown(list(SPACINGS), value=usual["spacing"], label="Timestep spacing", elem_id="spacing")
            with gr.Row(elem_classes=["ds-interval"]):
                sizes = {
                    name: gr.Number(
                        usual[name], label=label, minimum=0, maximum=most, precision=0, visible=False, min_width=0,
                        info="0 is the model's own.", elem_id=name,
                    )
                    for name, label, most in SIZES
                }  # fmt: skip
            distilled = gr.Slider(
                0,
                USUAL_GUIDANCE,
                usual["distilled_guidance"],
                step=0.5,
                label="Distilled guidance",
                elem_id="distilled-guidance",
                visible=False,
                info="It was distilled from a guided network and predicts once a step; 0 is the scale of its own.",
            )
            shared = _share(
                "shared_noise",
                "Noise shared by the frames",
                "How much of the starting noise is the same in every frame of a video.",
                visible=False,
            )
        restore = File(label="Restore a saved PNG", file_types=[".png"], elem_id="restore", height=64)
    fields = {
        "prompt": prompt, "negative_prompt": negative, "seed": seed, "sampler": sampler, "steps": steps,
        "guidance": guidance, "eta": eta, "spacing": spacing, "guidance_low": low, "guidance_high": high,
        "guidance_rescale": rescale, "distilled_guidance": distilled, "shared_noise": shared, **sizes,
    }  # fmt: skip
    return Controls(fields, model, lock, examples, generate, stop, status, advice, unusual, about, settled, restore)


def _share(name: str, label: str, info: str, visible: bool = True) -> gr.Slider:
    """The slider of a setting from 0 to 1."""
    value, css = getattr(WELCOME, name), name.replace("_", "-")
    return gr.Slider(0, 1, value, step=0.05, label=label, info=info, elem_id=css, visible=visible)
