"""The pieces of HTML that every tab uses. Plain text is escaped here; only what is a Markup already is left as it is.

Imports neither gradio nor torch. A Markup escapes whatever is added or formatted into it, so that HTML is made with
Markup("<b>{}</b>").format(text) and never with an f-string over text that somebody else may have written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from dashboard.glossary import explained

FOLDERS = re.compile(r"(?<![\w:/.…])/(?:[^\s/:'\"]+/)+(?=[^\s/:'\"]+/[^\s/])")  # of an absolute path, but the last one


def heading(title: str, sentence: str, formula: str = "", paper: tuple[str, str] | None = None) -> Markup:
    """A panel's head: what it is, one plain sentence, and folded away the equation and its paper (arXiv id, name).

    The field's terms in the sentence are explained (dashboard.glossary).

    formula is HTML out of the program's own tables, with its indices raised and lowered.
    """
    more = Markup("")
    if formula or paper:
        source = link(f"https://arxiv.org/abs/{paper[0]}", paper[1]) if paper else ""
        more = Markup(
            "<details><summary>Equation</summary><p><span class='ds-formula'>{}</span> {}</p></details>"
        ).format(Markup(formula), source)
    return Markup('<header class="ds-heading"><h2>{}</h2><p>{}</p>{}</header>').format(title, explained(sentence), more)


def plain(text: str) -> str:
    """The text of a Markup, without its tags, for an attribute; any other text as it is."""
    return escape(text).striptags()


def without_folders(message: str) -> str:
    """An error's message without the server's folders: of each path its last two names."""
    return FOLDERS.sub("…/", message)


def note(text: str, wrong: bool = False) -> Markup:
    """A quiet line that is read aloud when it changes: how far something is, or (wrong) what is the matter with it."""
    return Markup('<p class="ds-quiet{}" role="status">{}</p>').format(" ds-wrong" if wrong else "", text)


def state(kind: str, text: str, share: float = 0) -> Markup:
    """Where a run stands: "queued", "running" (and what share of it is done), "stopped", "done" or "error"."""
    return Markup('<span class="ds-state is-{}" style="--share: {:.0f}%">{}</span>').format(kind, 100 * share, text)


def paragraphs(lines: Iterable[str]) -> Markup:
    """Each line a paragraph of its own."""
    return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)


def advised(lines: list[str], more: Markup | str = "") -> Markup:
    """What to know of a run before it begins (core.advice); nothing where there is nothing."""
    return Markup('<div class="ds-advice">{}{}</div>').format(paragraphs(lines), more) if lines else Markup("")


def link(url: str, text: str) -> Markup:
    """A link to another site, in a tab of its own."""
    return Markup('<a href="{}" target="_blank" rel="noreferrer">{}</a>').format(url, text)
