"""What a panel of the CLIP tab is set to, carried by the page's address. What comes back may be anybody's text."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import gradio as gr

from core.settings import flag
from core.text import lines
from core.types import RequestError

PREFIX = "clip-"  # of the names in the address, where other tabs have names of their own
MAX_QUERY = 12_000  # characters of an address that are looked at
MAX_VALUE = 900  # of one setting, as it stands in the address: what is longer does not travel


@dataclass(frozen=True)
class Setting:
    """A control of a panel, what it shows on a fresh page, and all it may be set to: () for any text."""

    name: str
    control: gr.components.Component
    first: object  # bool, int, str or a list of str
    allowed: tuple = ()

    def read(self, text: str) -> object:
        """The value that an address names; RequestError where it is none."""
        if isinstance(self.first, list):
            return lines(text)
        if isinstance(self.first, bool):
            return flag(self.name, text)
        known = {told(value): value for value in self.allowed}
        if known and text not in known:
            raise RequestError(self.name, text, f"one of {', '.join(known)}")
        return known[text] if known else text.strip()


def keep(settings: Iterable[Setting], opened: gr.HTML | None = None) -> None:
    """Carry these settings in the address, those that are not as they were at first, once their panel was opened."""
    settings = list(settings)
    names = [[PREFIX + one.name, told(one.first)] for one in settings]
    panel = json.dumps(opened and opened.elem_id)
    js = f"(...values) => driftscope.linkFields({json.dumps(names)}, values, {MAX_VALUE}, {panel})"
    gr.on([one.control.change for one in settings], None, [one.control for one in settings], None, js=js)


def restored(settings: Iterable[Setting], query: object) -> dict[gr.components.Component, object]:
    """The controls that an address sets, and to what. Rubbish is told and left out."""
    found, asked = {}, parse(query)
    for setting in settings:
        if (text := asked.get(PREFIX + setting.name)) is None:
            continue
        try:
            found[setting.control] = setting.read(text)
        except RequestError as error:
            gr.Warning(f"The link cannot be restored in full: {html.escape(str(error))}", duration=None)
    return found


def parse(query: object) -> Mapping[str, str]:
    """Names and values of the query part of an address."""
    return dict(parse_qsl(str(query)[:MAX_QUERY].lstrip("?"), keep_blank_values=True))


def told(value: object) -> str:
    """A value as it stands in the address; static/heat.js writes it the same way."""
    if isinstance(value, list):
        return "\n".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
