"""What the page shows, carried by its address: the one way in which every tab writes a link and reads one back.

Whatever stands in an address may be anybody's text. A tab writes in one of two ways: a Writer puts there what a handler
gives it, and keep() what controls are set to. It reads with restored(), or in a way of its own from query().
"""

from __future__ import annotations

import html
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import gradio as gr

from core.settings import like, number
from core.text import lines
from core.types import RequestError
from dashboard.events import UNSEEN
from dashboard.markup import without_folders
from dashboard.shell import sent

MAX_QUERY = 12_000  # characters of an address that are looked at


class Writer(gr.HTML):
    """Value: names and what the address is to say of them, None or '' taking a name out; None changes nothing."""

    def __init__(self, **kwargs):
        super().__init__("", js_on_load="driftscope.linkWriter(props, watch)", **UNSEEN, **kwargs)

    def postprocess(self, value: Mapping[str, str | None] | None) -> str:
        return json.dumps({"settings": value, "once": uuid.uuid4().hex}) if value else ""  # or one said twice is lost


class FirstView(gr.HTML):
    """Event first_view (query): once, when the panel it stands in is first on the screen; query is the address's."""

    def __init__(self, **kwargs):
        super().__init__(
            "", html_template="<span></span>", elem_classes=["ds-out-of-sight"], **kwargs,
            js_on_load="driftscope.firstView(element, () => trigger('first_view', { query: location.search }))",
        )  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """A control, its name in the address, what it shows on a fresh page, and all it may be set to: () for any text."""

    name: str
    control: gr.components.Component
    first: object  # bool, int, float, str or a list of str
    allowed: tuple = ()

    def read(self, text: str) -> object:
        """The value that an address names; RequestError where it is none."""
        if isinstance(self.first, list):
            return lines(text)
        if isinstance(self.first, bool) or not self.allowed:
            return like(self.name, text.strip(), self.first)
        known = {written(value): value for value in self.allowed}
        if text not in known:
            raise RequestError(self.name, text, f"one of {', '.join(known)}")
        return known[text]


def keep(settings: Iterable[Setting], opened: FirstView | None = None, on: Iterable | None = None) -> None:
    """Carry these settings in the address, those that are not as they were at first.

    opened: only once this has been seen. on: at these events, else whenever one of the controls changes.
    """
    settings = list(settings)
    controls = [one.control for one in settings]
    names = json.dumps([[one.name, written(one.first)] for one in settings])
    js = f"(...values) => driftscope.linkFields({names}, values, {json.dumps(opened and opened.elem_id)})"
    gr.on([one.change for one in controls] if on is None else list(on), None, controls, None, js=js)


def restored(settings: Iterable[Setting], asked: Mapping[str, str]) -> dict[gr.components.Component, object]:
    """The controls that an address sets, and to what. Rubbish is told and left out."""
    found = {}
    for setting in settings:
        if (text := asked.get(setting.name)) is None:
            continue
        try:
            found[setting.control] = setting.read(text)
        except RequestError as error:
            not_restored(error)
    return found


def stop_named(asked: Mapping[str, str], name: str) -> int | None:
    """After how many steps an address says that something was stopped, unchecked but for being a whole number.

    None where it says nothing, or rubbish, which is told.
    """
    try:
        return number(name, asked[name], whole=True) if asked.get(name) else None
    except RequestError as error:
        not_restored(error)
        return None


def query(source: gr.Request | gr.EventData) -> Mapping[str, str]:
    """Names and values of the address, as a page that opens sends it or a component that is first seen."""
    if isinstance(source, gr.Request):
        return dict(source.query_params)
    return dict(parse_qsl(str(sent(source).get("query", ""))[:MAX_QUERY].lstrip("?"), keep_blank_values=True))


def not_restored(error: Exception) -> None:
    """Tell the visitor, until they close it, what of their link cannot be."""
    gr.Warning(f"This link cannot be restored: {html.escape(without_folders(str(error)))}", duration=None)


def written(value: object) -> str:
    """A value as it stands in the address; static/address.js writes it the same way."""
    if isinstance(value, list):
        return "\n".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
