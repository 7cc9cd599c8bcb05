"""The tour in another language: its rows with every word of them replaced, by a table from English to that language.

Which language a visitor reads, the browser decides, as for Gradio's own words (static/tour.js).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from string import Formatter

from core.errors import RequestError
from dashboard import glossary
from dashboard.tabs.tour.german import GERMAN

KEPT = {"id", "measure", "address", "panel", "source", "stops", "unit"}  # fields of rows that are no words


@dataclass(frozen=True)
class Language:
    """tag: as in HTML's lang. words: from English sentences; one that they lack stays as it is. comma: of decimals."""

    tag: str
    words: Mapping[str, str]
    terms: Mapping[str, str]
    comma: bool = False

    def say(self, text: str) -> str:
        return self.words.get(text, text)

    def fill(self, text: str, **values: object) -> str:
        """The text with its {fields} filled, numbers as this language writes them."""
        return (_Comma() if self.comma else Formatter()).vformat(text, (), values)

    def translated(self, row: object) -> object:
        """A row (stop.py), or a part of one, in this language."""
        if isinstance(row, str):
            return self.say(row)
        if isinstance(row, tuple):
            return tuple(self.translated(part) for part in row)
        if isinstance(row, Mapping):
            return {name: self.translated(part) for name, part in row.items()}
        if is_dataclass(row):
            names = [field.name for field in fields(row) if field.name not in KEPT]
            return replace(row, **{name: self.translated(getattr(row, name)) for name in names})
        return row


class _Comma(Formatter):
    def format_field(self, value: object, spec: str) -> str:
        text = super().format_field(value, spec)
        return text if isinstance(value, str) else text.replace(".", ",")


LANGUAGES = (Language("en", {}, glossary.TERMS), Language("de", GERMAN, glossary.GERMAN, comma=True))


def language_of(tag: object) -> Language:
    """RequestError for a language that there is not."""
    found = next((language for language in LANGUAGES if language.tag == tag), None)
    if found is None:
        raise RequestError("language", tag, f"one of {', '.join(language.tag for language in LANGUAGES)}")
    return found
