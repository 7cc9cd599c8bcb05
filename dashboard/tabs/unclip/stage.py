"""What every panel of the tab draws on: pictures that appear together, one rail through them, and files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import gradio as gr
import numpy as np
from PIL import Image

from core.settings import stop
from core.types import Request, RequestError, Trace
from dashboard import exports, links, onefile, pictures, wording
from dashboard.address import MAX_QUERY, Setting, Writer, written
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.rail import Rail
from dashboard.components.status import Status, stop_button
from dashboard.events import QUIET
from dashboard.printed import Cell, grid, stopped
from dashboard.runqueue import REPLACED, Notice
from dashboard.runs import RUN
from dashboard.service import Progress
from dashboard.shell import Shell, guard, sent
from dashboard.standing import STARTING, ended, standing
from dashboard.tabs.unclip import views
from dashboard.tabs.unclip.drawn import INNER, SIDE, Around, Drawn, Found, Judged, Row, Shot, film, sheet, titled

LOOK_SECONDS = 0.15  # between two updates of the page while pictures are drawn
MAX_SHOTS = 16
KINDS = {"png": "Save the pictures"} | onefile.KIND | {"csv": "CSV", "json": "JSON"}


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

    def __init__(self, shell: Shell, name: str, title: str, head: tuple, button: str, settings: list[Setting]):
        """title, head: of the panel; head is what heading() takes.

        settings: of the panel, as they stand in the address; a saved row of pictures carries them too.
        """
        self._shell, self._rail, self.settings = shell, f"{INNER}-{name}", settings
        self._title, self._head = title, head
        with gr.Row(elem_classes=["ds-lane-buttons", "ds-work"]):
            self.run = gr.Button(button, variant="primary", elem_id=f"{self._rail}-run", min_width=0)
            self._stop = stop_button(f"{self._rail}-stop")
            self._status = Status(f"{self._rail}-status")
        self._shots = Shots(self._rail, elem_id=f"{self._rail}-pictures")
        self._reel = Rail(name=self._rail, elem_id=f"{self._rail}-rail")
        self._link = Writer()
        self._drawn = gr.State()  # Drawn
        self.until = gr.State()  # after how many steps of all pictures together a link or a file says to stop

    def files(self) -> None:
        """The buttons that save what is shown; called where they are to stand."""
        with gr.Row(elem_classes=["ds-files"]):
            files = Downloads(name=self._rail, kinds=KINDS)
        files.offer(self._file, self._drawn, PAGE)

    @property
    def rail(self) -> str:
        return self._rail

    @property
    def outputs(self) -> list:
        return [self._status, self._shots, self._reel, self._link, self._drawn]

    def connect(self) -> None:
        """Wire what needs no panel: Stop, and a click on a picture, which opens it in Generate."""
        controls = self._shell.controls
        self._stop.click(self._halt, None, None, queue=False, **QUIET)
        self._shots.open(guard(self._open), self._drawn, [self._shell.finished, *controls.inputs], **QUIET).success(
            None, None, None, js="() => driftscope.openTab('generate')"
        )

    def starts(self, events: list, handler: Callable, inputs: list, outputs: list) -> None:
        """Let each event run the handler, one run a panel and visitor at a time."""
        guarded = guard(handler, status=self._status)
        for event in events:
            event(guarded, inputs, [*self.outputs, *outputs], trigger_mode="multiple", preprocess=False, **RUN)

    def draw(
        self,
        model: str,
        shots: list[Shot],
        base: Request,
        values: dict,
        visit: gr.Request,
        judge: Callable[[object, Found], Judged],
        around: Around,
        layout: views.Layout | None = None,
        walk: list[str] | None = None,
        kept: dict[str, str | None] | None = None,
    ) -> Iterator[dict]:
        """Stream the shots side by side; at the end, or at Stop, what judge(engine, found) says of them.

        base: the sidebar's request, which goes into the address and a saved row, with the panel's settings, of which
        values says what they are, and kept, more of them by name.
        around: what stands around them on a page of its own, as here.
        layout: all of them in their order where it is None.
        walk: what the rail goes through before the pictures begin, a text a position.
        """
        service, session = self._shell.service, self._session(visit)
        walk, layout = walk or [], layout or views.Layout([("", list(range(len(shots))))])
        requests = [shot.request for shot in shots]
        until = stop(values.get(self.until), *requests, name=self.stopped)
        kept = self._told(values) | (kept or {})
        yield {
            self._shots: layout.html(shots), self._reel: views.live(shots, {}, {}), self._drawn: None,
            self._link: links.written(model, base) | kept | links.stop_told(until, self.stopped),
            self._status: STARTING,
        }  # fmt: skip
        latest: dict[int, Progress] = {}
        seen: dict[int, str] = {}
        told, fresh, traces = 0.0, False, None
        for item in service.stream_many(model, requests, session, until):
            if isinstance(item, list):
                traces = item
                continue
            if item is REPLACED:  # by a run of this panel, of which the status tells by now
                return
            if isinstance(item, Notice):
                waits = item.ahead is not None
                yield {self._reel: views.live(shots, latest, seen, live=waits), self._status: standing(item)}
                continue
            latest[item.number] = item
            if item.x0 is not None:
                seen[item.number], fresh = pictures.uri(item.x0, SIDE), True
            if fresh and time.perf_counter() - told > LOOK_SECONDS:
                told, fresh = time.perf_counter(), False
                yield {self._reel: views.live(shots, latest, seen), self._status: standing(item)}
        if traces is None:
            return
        with service.turn(model) as engine:
            found = finish(engine, shots, traces)
            judged = judge(engine, found)
        seconds, row = sum(trace.seconds for trace in traces), Row(self._rail, base, kept)
        ends = [pictures.uri(one, SIDE) for one in found.pictures]
        yield {
            self._shots: layout.html(shots, judged.notes), self._reel: views.ended(ends, walk, traces[0]),
            self._drawn: Drawn(self._title, self._head, found, judged, row, layout, walk, around),
            self._link: links.stop_told(links.stopped_at(*traces), self.stopped),
            self._status: ended(traces, told=views.summary(traces, seconds)), **judged.shown,
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
        """A place in the queue of its own: who turns to another panel finds this one drawn when they come back."""
        return f"{visit.session_hash} {self._rail}"

    def _halt(self, visit: gr.Request) -> None:
        self._shell.service.stop(self._session(visit))

    def _open(self, drawn: Drawn | None, event: gr.EventData) -> dict:
        lane = sent(event).get("lane")
        if drawn is None or not isinstance(lane, int) or not 0 <= lane < len(drawn.found.traces):
            raise RequestError("picture", lane, "one that is shown")
        trace, controls = drawn.found.traces[lane], self._shell.controls
        shown = controls.show(trace.model, trace.request)
        return {self._shell.finished: self._shell.service.layer(trace), **shown}

    def _file(self, kind: str, drawn: Drawn | None, page: str) -> tuple[str, bytes]:
        if drawn is None:
            raise RequestError("pictures", "none", "there before they can be saved")
        name, traces = f"{self._rail}.{kind}", drawn.found.traces
        if kind == "png":
            return name, to_png(drawn)
        if kind in onefile.KIND:
            return name, onefile.page(sheet(self._shell.service, drawn, page, self.stopped))
        about = {"model": traces[0].model, "requests": [trace.request.to_dict() for trace in traces]}
        return name, exports.table(drawn.judged.rows, about, kind)


def finish(engine, shots: list[Shot], traces: list[Trace]) -> Found:
    drawn = np.stack([np.asarray(trace.image.convert("RGB")) for trace in traces])
    return Found(shots, traces, drawn, engine.clip.image([Image.fromarray(one) for one in drawn]))


def to_png(drawn: Drawn) -> bytes:
    """The pictures as they stand on the page, with the sidebar's request and the panel's settings inside."""
    found, row, notes = drawn.found, drawn.row, drawn.judged.notes
    cells = [
        Cell(picture, shot.title, " · ".join(filter(None, (note, stopped(trace)))))
        for picture, shot, note, trace in zip(found.pictures, found.shots, notes, found.traces, strict=True)
    ]
    rows = [(title, [cells[number] for number in numbers]) for title, numbers in drawn.layout.rows]
    name, settings = titled(drawn), wording.settings(found.traces[0].model, row.base)
    read = {shot.request.prompt for shot in found.shots} - {""}
    if len(read) == 1 and (prompt := read.pop()) not in name:
        settings = f"prompt “{prompt}” · {settings}"
    named = {name: text for name, text in row.settings.items() if text is not None}
    panel = {"panel": row.panel, "settings": named, links.STOPPED: links.stopped_at(*found.traces)}
    described = "\n".join([name, settings, *(f"{cell.title}: {cell.note}" for cell in cells)])
    return links.as_png(grid(name, rows, settings), found.traces[0], row.base, described, unclip=panel)


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
