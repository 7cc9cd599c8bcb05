"""What the Video tab shows, as pages of their own: a video step by step, and videos side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from dashboard import links, videos, wording
from dashboard.layers import Layer
from dashboard.markup import heading
from dashboard.onefile import GRID, Sheet, leads_back, live_link, panel
from dashboard.service import Service
from dashboard.tabs.video import views
from dashboard.tabs.video.footage import completed, guessed, measured, movement, path, reel, with_rest

if TYPE_CHECKING:
    from dashboard.tabs.video.compare import Compared

LOOP = Markup('<div class="ds-loop-button">{}</div>').format(Markup(views.LOOP))
HERO = Markup('<div class="ds-hero"><div id="video-stage">{}</div><div class="ds-words">{}{}{}</div></div>')
WHOLE = Markup(
    '<div class="ds-videos" style="--frames: {}"><div class="ds-loop" style="--ratio: {:.4g}"><img src="{}" '
    'alt="The finished video"></div></div>'
)


def of_video(service: Service, layer: Layer, page: str) -> Sheet:
    """A video as a page of its own; page: the address of the one it was made on, which its link leads back to."""
    trace = layer.trace
    footage = completed(service, guessed(service, layer))
    with service.turn(layer.model) as engine:
        numbers = measured(engine, trace)
    height, width = footage.x0.shape[2:4]
    places = movement(footage) if footage.whole else None
    small = panel(views.SLICE, None, "", views.line(footage)) if footage.whole else Markup("")
    small += panel(views.PLACES, places, views.PLOTS["places"], height=views.HEIGHT) if footage.whole else Markup("")
    small += panel(views.PATH, path(footage), views.PLOTS["path"], height=views.HEIGHT)
    small += panel(views.ATTENTION, None, "", views.attention(footage))
    return Sheet(
        title=layer.title,
        settings=wording.settings(trace.model, trace.request),
        reel=with_rest(reel(footage), footage),
        body=views.INTRO
        + HERO.format(views.stage(footage.frames, width / height), views.measures(numbers), Markup(views.STORY), LOOP),
        below=panel(views.MATRIX, None, "", views.matrix(footage) + ("" if footage.whole else _whole(trace)))
        + GRID.format(small),
        live=leads_back(page, {"tab": "video", **links.of_run(trace)}),
        about="a video drawn by a diffusion model, step by step",
    )


def of_comparison(found: Compared, page: str) -> Sheet:
    """Videos side by side as a page of their own."""
    row, base = found.row, found.base
    live = [live_link(page, {"tab": "video", **links.of_run(trace)}) for trace in found.traces]
    return Sheet(
        title=f"{base.request.prompt.strip() or 'no prompt'} · seed {base.request.seed}",
        settings=wording.settings(base.model, base.request),
        reel=None,
        body=heading(row.title, row.notice) + found.tiles(live) + LOOP,
        live=leads_back(page, {"tab": "video", **links.of_run(base), "compare-videos": found.name}),
        about="videos with one thing changed",
    )


def _whole(trace) -> Markup:
    """The finished video, where the steps show its first frame alone."""
    frames = videos.some(trace.frames)
    return WHOLE.format(len(frames), frames.shape[2] / frames.shape[1], videos.strip(frames, videos.SIDE // 2))
