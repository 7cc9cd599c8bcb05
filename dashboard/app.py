"""The page: a header, the sidebar and the tabs. A Hugging Face Space runs this file as it is."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # a Space starts this file by its path
    sys.path.insert(0, str(ROOT))
from dashboard import heap, leftovers  # noqa: E402

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # Gradio looks for it while it is imported
os.environ.setdefault("GRADIO_TEMP_DIR", str(leftovers.FOLDER))
os.environ["FORWARDED_ALLOW_IPS"] = ""  # uvicorn would believe whoever comes from this machine (dashboard/forwarded.py)

import gradio as gr  # noqa: E402
from starlette.routing import Route  # noqa: E402

import core  # noqa: E402
from core.paths import ASSETS  # noqa: E402
from dashboard import advising, choosing, completing, controls, unusual, watching  # noqa: E402
from dashboard.address import Writer, query  # noqa: E402
from dashboard.blocks import Blocks  # noqa: E402
from dashboard.events import QUIET, UNSEEN  # noqa: E402
from dashboard.hosting import HERE, SPACE, Hosting  # noqa: E402
from dashboard.layers import Layer, Layers  # noqa: E402
from dashboard.preparing import prepare  # noqa: E402
from dashboard.preview import Previews  # noqa: E402
from dashboard.service import Service  # noqa: E402
from dashboard.serving import RestingQueue, alike_everywhere, serve  # noqa: E402
from dashboard.shell import Shell  # noqa: E402
from dashboard.tabs.clip import sources  # noqa: E402
from dashboard.tabs.clip import tab as clip  # noqa: E402
from dashboard.tabs.generate import tab as generate  # noqa: E402
from dashboard.tabs.guidance import tab as guidance  # noqa: E402
from dashboard.tabs.lab import tab as lab  # noqa: E402
from dashboard.tabs.samplers import tab as samplers  # noqa: E402
from dashboard.tabs.tour import tab as tour  # noqa: E402
from dashboard.tabs.trajectory import tab as trajectory  # noqa: E402
from dashboard.tabs.unclip import tab as unclip  # noqa: E402
from dashboard.tabs.video import tab as video  # noqa: E402
from dashboard.titles import title  # noqa: E402
from dashboard.welcome import Welcome  # noqa: E402

TABS = (tour, generate, trajectory, samplers, guidance, clip, unclip, video, lab)
FIRST = generate  # the tab that is open where the address names none
MAX_EVENTS = 1000  # of all pages, in Gradio's own queue; runs wait in the service's
HEADER = """
<div class="ds-header">
  <button type="button" class="ds-skip">Skip to the tabs</button>
  <h1>Driftscope</h1>
  <p>Watch noise drift into a picture.</p>
  <button type="button" class="ds-help" aria-label="Keys" title="Keys">?</button>
  <button type="button" class="ds-theme" aria-label="Light or dark"></button>
</div>"""


def build(service: Service, welcome: Welcome) -> gr.Blocks:
    """The page for one service; every browser tab gets its own layers."""
    with Blocks(title="Driftscope", analytics_enabled=False, delete_cache=(600, 3600)) as demo:
        layers, finished, restored = gr.State(Layers()), gr.State(), gr.State()
        # a step of its own: the run began before what was pinned while it went on
        finished.change(add, [layers, finished], layers, **QUIET)
        turn = gr.HTML("", js_on_load="watch('value', () => driftscope.openTab(props.value.split(' ')[0]))", **UNSEEN)
        session = gr.HTML("", js_on_load="watch('value', () => driftscope.remember(props.value))", **UNSEEN)
        gr.HTML(
            HEADER, js_on_load="driftscope.themeButton(element.querySelector('.ds-theme')); driftscope.header(element)"
        )
        with gr.Row(elem_classes=["ds-page"]):
            with gr.Column(elem_classes=["ds-side"], min_width=0):
                asked = controls.build()
                shell = Shell(demo, service, welcome, asked, layers, finished, restored, turn, Writer(), session)
                for beside in (advising, unusual, choosing):
                    beside.connect(shell)
            with (
                gr.Column(elem_classes=["ds-main"], min_width=0),
                gr.Tabs(selected=slug(FIRST), elem_id="tabs", overflow_behavior="wrap") as tabs,
            ):
                for tab in TABS:
                    with gr.Tab(title(tab.TITLE), id=slug(tab), elem_id=f"{slug(tab)}-tab"):
                        tab.build(shell)
        tabs.select(None, None, None, js=f"() => driftscope.linkTab('#tabs', 'tab', '', '{slug(FIRST)}')")
        demo.load(open_tab, None, tabs, **QUIET)
    alike_everywhere(demo)
    demo.queue(api_open=False, max_size=MAX_EVENTS, default_concurrency_limit=4)
    RestingQueue.take_over(demo._queue, service.queue.visitors)
    return demo


def routes(service: Service, welcome: Welcome, public: bool = False) -> list[Route]:
    """What is answered beside the page."""
    return [*watching.routes(service, welcome, public), Previews(service, welcome).route(), completing.route(service)]


def add(layers: Layers, finished: Layer | None) -> Layers:
    return layers if finished is None else layers.add(finished)


def slug(tab) -> str:
    """A tab's name in the address."""
    return getattr(tab, "SLUG", tab.TITLE.lower())


def open_tab(request: gr.Request):
    """The tab that the address names; another name leaves the usual one open."""
    wanted = query(request).get("tab", "")
    return gr.Tabs(selected=wanted) if wanted in {slug(tab) for tab in TABS} else gr.skip()


def main(
    host: str | None = None,
    port: int | None = None,
    device: str = "auto",
    dtype: str = "auto",
    hosting: Hosting = HERE,
    judge: str = "",
) -> None:
    """Serve the page until interrupted. The model is loaded beside it, once the page stands."""
    heap.settle()
    if hosting.replicas:
        from core import replicas  # torch takes seconds to import

        replicas.begin()  # here and not beside the page, in a thread that ends
    if hosting.log:
        watching.log_runs()
    load, about = (partial(one, device=device, dtype=dtype) for one in (core.load, core.about))
    load = partial(load, judge=judge, replicas=hosting.replicas)
    _, turns = hosting.replicas or (1, 1)
    service = Service(load, core.models, prepare, hosting.limits, core.videos, about, turns)
    welcome = Welcome(service, ASSETS / "models")
    if not hosting.proxied:
        sources.open_to_local(host)
    demo = build(service, welcome)
    serve(demo, host, port, routes(service, welcome, hosting.public), hosting)
    welcome.start()
    leftovers.clear_for_ever()
    demo.block_thread()


if __name__ == "__main__":
    main(hosting=SPACE)
