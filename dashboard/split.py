"""Two pictures laid over each other with a slider between them; which two of several, the browser chooses."""

from __future__ import annotations

from markupsafe import Markup


def split(names: list[str], values: list[str], attribute: str) -> Markup:
    """names: plain text; values: what an img has as its attribute to show each, "src" or "data-frame" of a rail."""
    second = min(1, len(names) - 1)
    return STAGE.format(
        by=attribute,
        attribute=Markup(attribute),
        a=values[0],
        b=values[second],
        left=_options(names, values, 0),
        right=_options(names, values, second),
    )


def _options(names: list[str], values: list[str], chosen: int) -> Markup:
    return Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(value, Markup(" selected") if i == chosen else "", name)
        for i, (name, value) in enumerate(zip(names, values, strict=True))
    )


STAGE = Markup(
    '<div class="ds-ab" data-by="{by}"><div class="ds-ab-stage">'
    '<img {attribute}="{a}" data-part="a" alt="The left picture"><img {attribute}="{b}" data-part="b" '
    'alt="The right picture">'
    '<input type="range" min="0" max="100" value="50" aria-label="Where the left picture ends, in percent"></div>'
    '<div class="ds-ab-sides"><label>Left <select data-side="a">{left}</select></label>'
    '<label>Right <select data-side="b">{right}</select></label></div></div>'
)
