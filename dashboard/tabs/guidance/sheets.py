"""What the Guidance tab shows, as pages of their own: a run with its arrows, and a sweep."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from core.arrows import arrows
from dashboard import links, wording
from dashboard.figures.sketch import sketch
from dashboard.layers import Layer
from dashboard.markup import heading, note
from dashboard.onefile import Sheet, leads_back, panel
from dashboard.tabs.guidance import contact, sweep_views, views
from dashboard.tabs.guidance.sweep import Swept

ROW = Markup('<div class="ds-guidance">{}<div class="ds-guidance-plot">{}</div></div>')


def of_run(engine, layer: Layer, pair: tuple[Layer, ...], page: str) -> Sheet:
    """The run as a page of its own, with the pair that was made beside it, () for none.

    page: the address of the one it was made on, which its link leads back to.
    """
    found, request = arrows(layer.trace), layer.trace.request
    figure, below = views.arrow_plot(layer, found, ""), Markup("")
    plane = "" if figure is None else sketch(figure, views.PLANE, views.HEIGHT, views.WIDTH)
    asked = {"tab": "guidance", **links.of_run(layer.trace)}
    if pair:
        rows = zip(pair, views.pair_plots(layer, pair, ""), strict=True)
        below = heading(*views.NOTES["pair"]) + views.pair_told(pair, engine)
        for number, (one, plot) in enumerate(rows):
            below += ROW.format(
                Markup(views.pair_figure(number, one.trace.request.negative_prompt, one.trace.request.guidance)),
                "" if plot is None else sketch(plot, views.pair_label(number), views.PAIR_HEIGHT, views.WIDTH),
            )
        if replace(pair[1].trace.request, negative_prompt=request.negative_prompt) == request:
            asked["away"] = pair[1].trace.request.negative_prompt
    return Sheet(
        title=layer.title,
        settings=wording.settings(layer.model, request),
        reel=views.reel(layer, found, pair),
        body=heading(*views.NOTES["arrows"]) + ROW.format(Markup(views.STAGE), plane + Markup(views.STORY)),
        below=below,
        curves=[(views.NOTES[name], figure) for name, figure in views.plots(layer, found, "").items()],
        live=leads_back(page, asked),
    )


def of_sweep(swept: Swept, page: str) -> Sheet:
    """The sweep as a page of its own; page: the address of the one it ran on, which its links lead back to."""
    sweep, typed = swept.sweep, contact.texts(swept.sweep)
    figure, told = sweep_views.tradeoff_plot(swept)
    first, *more = sweep.prompts
    others = f" and {sweep_views.many(len(more), 'other prompt')}" if more else ""
    seeds = f"{'seed' if len(sweep.seeds) == 1 else 'seeds'} {typed['seeds']}"
    stopped = "" if swept.finished else note(sweep_views.done(swept, 0))
    measured = ""
    if figure is not None:
        head = heading(*sweep_views.TRADEOFF)
        measured = panel(head, figure, sweep_views.CURVES, note(told), sweep_views.HEIGHT)
    asked = {"tab": "guidance", **links.written(sweep.model, sweep.base), **typed}
    return Sheet(
        title=f"{first or 'no prompt'}{others} · {seeds}",
        settings=contact.settings(sweep),
        reel=None,
        body=heading(*sweep_views.SWEEP) + stopped + Markup(sweep_views.grid(sweep, swept, page)),
        below=measured,
        live=leads_back(page, asked | links.stop_told(swept.stopped_at, sweep_views.STOPPED)),
        about="one prompt under several scales of guidance",
    )
