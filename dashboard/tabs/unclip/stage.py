"""What every panel of the tab draws on: pictures that appear together, one rail through them, and files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import gradio as gr
import numpy as np
from PIL import Image

from core.settings import stop
from core.types import Request, RequestError, Trace
from dashboard import exports, links, pictures
from dashboard.address import MAX_QUERY, Setting, Writer, written
from dashboard.components.downloads import Downloads
from dashboard.components.rail import Rail
from dashboard.events import QUIET
from dashboard.markup import note
from dashboard.runqueue import Notice
from dashboard.runs import RUN
from dashboard.service import Progress
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.unclip import views

POSITIONS = 13  # of the rail, the noise among them: every picture of each is decoded
LOOK_SECONDS = 0.15  # between two updates of the page while pictures are drawn
SIDE = 224  # of a picture on the page, in pixels
MAX_SHOTS = 16


@dataclass(frozen=True)
class Shot:
    """A picture to draw, and what it is called: plain text."""

    title: str
    request: Request


@dataclass(frozen=True, eq=False)
class Found:
    """N pictures that were drawn, and CLIP's embeddings of them."""

    shots: list[Shot]
    traces: list[Trace]
    pictures: np.ndarray  # (N, size, size, 3) uint8
    embeddings: np.ndarray  # (N, D)


@dataclass(frozen=True)
class Judged:
    """What a panel says of its pictures: a note below each, rows for a file, and what its own components show."""

    notes: list[str]
    rows: list[dict]
    shown: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """What pictures were asked for by: a panel, the sidebar's request, and the panel's settings by name."""

    panel: str
    base: Request
    settings: dict[str, str | None]


class Shots(gr.HTML):
    """Pictures at the rail's position. Event: open (lane)."""

    def __init__(self, rail: str, **kwargs):
        super().__init__(
            "",
            js_on_load=f"driftscope.lanes(element, {json.dumps(rail)}, watch, (lane) => trigger('open', {{ lane }}))",
            **kwargs,
        )


class Stage:
    """The components, built where it is made; `draw` is what a panel's handler yields from."""

    def __init__(self, shell: Shell, name: str, button: str, settings: list[Setting]):
        """settings: of the panel, as they stand in the address; a saved row of pictures carries them too."""
        self._shell, self._rail, self.settings = shell, f"unclip-{name}", settings
        with gr.Row(elem_classes=["ds-lane-buttons"]):
            self.run = gr.Button(button, variant="primary", elem_id=f"{self._rail}-run", min_width=0)
            self._stop = gr.Button("Stop", elem_id=f"{self._rail}-stop", min_width=0)
            self._status = gr.HTML("", elem_id=f"{self._rail}-status")
        self._shots = Shots(self._rail, elem_id=f"{self._rail}-pictures")
        self._reel = Rail(name=self._rail, elem_id=f"{self._rail}-rail")
        self._link = Writer()
        self._found = gr.State()  # Found with its Judged
        self.until = gr.State()  # after how many steps of all pictures together a link or a file says to stop

    def files(self) -> None:
        """The buttons that save what is shown; called where they are to stand."""
        with gr.Row(elem_classes=["ds-files"]):
            files = Downloads(self._rail, {"png": "Save the pictures", "csv": "CSV", "json": "JSON"})
        files.offer(self._file, self._found)

    @property
    def rail(self) -> str:
        return self._rail

    @property
    def outputs(self) -> list:
        return [self._status, self._shots, self._reel, self._link, self._found]

    def connect(self) -> None:
        """Wire what needs no panel: Stop, and a click on a picture, which opens it in Generate."""
        controls = self._shell.controls
        self._stop.click(self._halt, None, None, queue=False, **QUIET)
        self._shots.open(guard(self._open), self._found, [self._shell.finished, *controls.inputs], **QUIET).success(
            None, None, None, js="() => driftscope.openTab('generate')"
        )

    def starts(self, events: list, handler: Callable, inputs: list, outputs: list) -> None:
        """Let each event run the handler, one run a panel and visitor at a time."""
        for event in events:
            event(handler, inputs, [*self.outputs, *outputs], trigger_mode="multiple", preprocess=False, **RUN)

    def say(self, text: str) -> dict:
        return {self._status: note(text)}

    def draw(
        self,
        model: str,
        shots: list[Shot],
        base: Request,
        values: dict,
        visit: gr.Request,
        judge: Callable[[object, Found], Judged],
        layout: views.Layout | None = None,
        walk: list[str] | None = None,
        kept: dict[str, str | None] | None = None,
    ) -> Iterator[dict]:
        """Stream the shots side by side; at the end, or at Stop, what judge(engine, found) says of them.

        base: the sidebar's request, which goes into the address and a saved row, with the panel's settings, of which
        values says what they are, and kept, more of them by name.
        layout: all of them in their order where it is None.
        walk: what the rail goes through before the pictures begin, a text a position.
        """
        service, session = self._shell.service, self._session(visit)
        walk, layout = walk or [], layout or views.Layout([("", list(range(len(shots))))])
        requests = [shot.request for shot in shots]
        until = stop(values.get(self.until), *requests, name=self.stopped)
        kept = self._told(values) | (kept or {})
        yield {
            self._shots: layout.html(shots), self._reel: views.live(shots, {}, {}), self._found: None,
            self._link: links.written(model, base) | kept | links.stop_told(until, self.stopped),
            self._status: note("Drawing…"),
        }  # fmt: skip
        latest: dict[int, Progress] = {}
        seen: dict[int, str] = {}
        told, fresh, traces = 0.0, False, None
        for item in service.stream_many(model, requests, session, until):
            if isinstance(item, list):
                traces = item
                continue
            if isinstance(item, Notice):
                waits = item.ahead is not None
                yield {self._reel: views.live(shots, latest, seen, live=waits), self._status: note(item.text)}
                continue
            latest[item.number] = item
            if item.x0 is not None:
                seen[item.number], fresh = pictures.uri(item.x0, SIDE), True
            if fresh and time.perf_counter() - told > LOOK_SECONDS:
                told, fresh = time.perf_counter(), False
                yield {self._reel: views.live(shots, latest, seen), self._status: note(f"{item.seconds:.1f} s")}
        if traces is None:
            return
        with service.turn(model) as engine:
            found = finish(engine, shots, traces)
            judged = judge(engine, found)
        seconds = sum(trace.seconds for trace in traces)
        ends = [pictures.uri(one, SIDE) for one in found.pictures]
        yield {
            self._shots: layout.html(shots, judged.notes), self._reel: views.ended(ends, walk, traces[0]),
            self._found: (found, judged, Row(self._rail, base, kept)),
            self._link: links.stop_told(links.stopped_at(*traces), self.stopped),
            self._status: note(views.summary(traces, seconds)), **judged.shown,
        }  # fmt: skip
        at, frames = film(service, model, traces)
        yield {self._reel: views.reel(at, frames, ends, walk, traces[0].request.steps)}

    @property
    def stopped(self) -> str:
        """What the address calls where the pictures were stopped."""
        return f"{self._rail}-stopped"

    def _told(self, values: dict) -> dict[str, str | None]:
        """The panel's settings as the address has them, those that are not as they were at first."""
        now = {one: written(values[one.control]) for one in self.settings}
        return {one.name: text for one, text in now.items() if text != written(one.first)}

    def _session(self, visit: gr.Request) -> str:
        """One place in the queue for the whole tab, beside that of the sidebar's run."""
        return f"{visit.session_hash} unclip"

    def _halt(self, visit: gr.Request) -> None:
        self._shell.service.stop(self._session(visit))

    def _open(self, kept: tuple[Found, Judged, Row] | None, event: gr.EventData) -> dict:
        lane = sent(event).get("lane")
        if kept is None or not isinstance(lane, int) or not 0 <= lane < len(kept[0].traces):
            raise RequestError("picture", lane, "one that is shown")
        trace, controls = kept[0].traces[lane], self._shell.controls
        shown = controls.show(trace.model, trace.request)
        return {self._shell.finished: self._shell.service.layer(trace), **shown}

    def _file(self, kind: str, kept: tuple[Found, Judged, Row] | None) -> tuple[str, bytes]:
        if kept is None:
            raise RequestError("pictures", "none", "there before they can be saved")
        found, judged, row = kept
        if kind == "png":
            return f"{self._rail}.png", to_png(found, row)
        about = {"model": found.traces[0].model, "requests": [trace.request.to_dict() for trace in found.traces]}
        return f"{self._rail}.{kind}", exports.table(judged.rows, about, kind)


def finish(engine, shots: list[Shot], traces: list[Trace]) -> Found:
    drawn = np.stack([np.asarray(trace.image.convert("RGB")) for trace in traces])
    return Found(shots, traces, drawn, engine.clip.image([Image.fromarray(one) for one in drawn]))


def film(service, model: str, traces: list[Trace]) -> tuple[np.ndarray, list[list[str]]]:
    """The rail's steps but the last (P - 1,), and the guess x̂_0 of each picture there, decoded, a picture a turn."""
    count = min(len(trace.x0) for trace in traces)
    at = np.unique(np.linspace(0, count, min(count + 1, POSITIONS)).round().astype(int))[:-1]
    frames = []
    for trace in traces:
        with service.turn(model) as engine:
            frames.append([pictures.uri(one, SIDE) for one in engine.preview(trace.x0[at])])
    return at, frames


def to_png(found: Found, row: Row) -> bytes:
    """The pictures in a row, with the sidebar's request and the panel's settings inside."""
    image = Image.fromarray(np.concatenate(list(found.pictures), 1))
    named = {name: text for name, text in row.settings.items() if text is not None}
    panel = {"panel": row.panel, "settings": named, links.STOPPED: links.stopped_at(*found.traces)}
    return links.as_png(image, found.traces[0], row.base, unclip=panel)


def carried(told: dict) -> tuple[str, Row, object] | None:
    """The model, the panel, its settings by name, and where the pictures were stopped, unchecked, of a saved row.

    told: what read_png found, which anybody may have written. None where that is no such row.
    """
    found = told.get("unclip")
    settings = found.get("settings") if isinstance(found, dict) else None
    if not isinstance(settings, dict) or not isinstance(found.get("panel"), str):
        return None
    named = {name: text for name, text in settings.items() if isinstance(text, str) and len(text) <= MAX_QUERY}
    return told["model"], Row(found["panel"], told["request"], named), found.get(links.STOPPED)
