"""What shows a view of the laboratory: its stage and rail, the words and curves beside them, and its link."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import gradio as gr

from dashboard import exports
from dashboard.address import Writer
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Rail
from dashboard.tabs.lab import views
from dashboard.tabs.lab.settings import Settings
from dashboard.tabs.lab.stage import Probed, Stage

if TYPE_CHECKING:  # it imports torch
    from dashboard.tabs.lab.scenes import Shown


@dataclass(frozen=True)
class Display:
    head: gr.HTML
    stage: Stage
    rail: Rail
    told: gr.HTML
    probed: Probed
    curves: list[tuple[gr.HTML, PlotlyHTML]]  # their titles, and they themselves
    files: gr.Row  # in sight where there are curves
    kept: gr.State  # what the curves' files hold: a table's rows and the settings
    link: Writer

    @property
    def parts(self) -> list[gr.components.Component]:
        one = [self.stage, self.rail, self.told, self.probed, self.head, self.link, self.files, self.kept]
        return [*one, *(part for pair in self.curves for part in pair)]

    def draw(self, settings: Settings, trained, points, keep_rail: bool = False, more: str = "") -> dict:
        """The view of these settings, of a network that was trained and a visitor's own points where there are such.

        keep_rail: where it stands. more: plain text, said after what is said of the view.
        """
        from dashboard.tabs.lab import scenes

        return self._shown(settings, scenes.show(settings, scenes.world(settings, points), trained), keep_rail, more)

    def draw_data(self, settings: Settings, trained, points, more: str = "") -> dict:
        """The same of points that have just come, at rest where they are seen themselves: at the right of the rail."""
        from dashboard.tabs.lab import scenes

        found = scenes.show(settings, scenes.world(settings, points), trained)
        scene = replace(found.scene, start=len(found.scene.levels.index) - 1, afresh=True)
        return self._shown(settings, replace(found, scene=scene, reel=replace(found.reel, play=False)), more=more)

    def _shown(self, settings: Settings, found: Shown, keep_rail: bool = False, more: str = "") -> dict:
        out = {
            self.stage: found.scene.packed(), self.told: views.told(f"{found.told} {more}".strip()), self.probed: None,
            self.head: views.head(settings.view), self.link: settings.to_query(),
        }  # fmt: skip
        rows = [row for curve in found.curves for row in exports.drawn(*curve)]
        out |= {self.files: gr.Row(visible=bool(rows)), self.kept: (rows, asdict(settings)) if rows else None}
        if not keep_rail:
            out[self.rail] = found.reel
        for k, (title, plot) in enumerate(self.curves):
            name, figure = found.curves[k] if k < len(found.curves) else ("", None)
            out |= {title: views.told(name), plot: figure}
        return out
