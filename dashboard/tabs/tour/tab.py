"""The Tour: the argument of the whole page in twelve stops, a question before every answer, every answer measured."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import gradio as gr

from core.settings import WELCOME
from core.types import ModelError, RequestError
from dashboard.latest import Latest
from dashboard.markup import without_folders
from dashboard.runqueue import BusyError
from dashboard.runs import RUN
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.tour import measures, views
from dashboard.tabs.tour.bench import Bench, Ended
from dashboard.tabs.tour.language import LANGUAGES, language_of
from dashboard.tabs.tour.route import stop_named
from dashboard.tabs.tour.stop import Found, Stop

TITLE = "Tour"
KEPT = 64  # results, of some 50 kB each, for all visitors: most of them ask about the run that greets everyone


class Tour(gr.HTML):
    """All pages of the tour, in each language. Event: guess (stop, guess, language). Value: see `said`."""

    def __init__(self, **kwargs):
        super().__init__(
            "",
            html_template="".join(views.page(language) for language in LANGUAGES),
            js_on_load="driftscope.tour(element, props, watch, (asked) => trigger('guess', asked))",
            **kwargs,
        )

    def postprocess(self, value: dict | None) -> str:
        return json.dumps(value | {"once": uuid.uuid4().hex}) if value else ""  # or one said twice is lost


def build(shell: Shell) -> None:
    service, memory = shell.service, Latest(KEPT)
    tour = Tour(elem_id="tour")

    @guard
    def guess(values: dict, event: gr.EventData, visit: gr.Request) -> Iterator[dict]:
        """Measure what a stop asks, and show it beside the guess; what goes wrong is told in the same place."""
        asked = sent(event)
        stop, lang = stop_named(asked.get("stop")), language_of(asked.get("language"))
        answer, row = stop.answers.checked(asked.get("guess")), lang.translated(stop)
        try:
            _, request = shell.asked(values)
            prompt = request.prompt.strip() or WELCOME.prompt
            bench = Bench(service, shell.welcome, prompt, request.seed, f"{visit.session_hash} tour")
            for item in measured(stop, bench, memory):
                if isinstance(item, Found):
                    made = lang.fill(row.made, model=bench.model, prompt=prompt, seed=request.seed)
                    kept = views.kept(row, answer, item, lang)
                    yield {tour: said(stop, views.answered(row, answer, item, made, lang), kept, model=bench.model)}
                else:
                    yield {tour: said(stop, views.waiting(item, lang))}
        except (RequestError, ModelError, BusyError) as error:
            yield {tour: said(stop, views.wrong(without_folders(str(error))), again=True)}

    inputs = {*shell.controls.inputs}
    tour.guess(guess, inputs, tour, preprocess=False, trigger_mode="multiple", **RUN)


def measured(stop: Stop, bench: Bench, memory: Latest[tuple, Found]) -> Iterator[float | str | Found]:
    """How far the measurement is, and last what it found; nothing more where the visitor asked for another one."""
    key = (bench.model, stop.id, *([bench.prompt, bench.seed] if stop.own else []))
    found = memory.get(key)
    if found is None:
        yield 0.0
        try:
            found = yield from measures.named(stop.measure)(bench)
        except Ended:
            return
        memory.put(key, found)
    yield found


def said(stop: Stop, html: str, kept: dict | None = None, again: bool = False, model: str | None = None) -> dict:
    """What the browser is sent of a stop: HTML, what it is to keep, whether the question is open again, the model."""
    return {"stop": stop.id, "html": str(html), "kept": kept, "again": again, "model": model}
