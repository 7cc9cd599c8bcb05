"""The tour as HTML: every page with its words and its question, and what a measurement adds. Text is escaped here.

Rows (stop.py) come in the language in which they are shown; lang says the rest and writes numbers.
"""

from __future__ import annotations

import json
from functools import lru_cache
from urllib.parse import urlencode

from markupsafe import Markup

from core.paths import HERE
from dashboard.glossary import explained
from dashboard.markup import link, paragraphs
from dashboard.tabs.tour import route
from dashboard.tabs.tour.language import Language
from dashboard.tabs.tour.stop import Choices, Fault, Found, Grid, Review, Scale, Shot, Source, Stop, Try

ROOT = HERE.parent  # of the project, or of what is installed: core and dashboard stand side by side in both
INTRO = (
    "Guess first; then the model of this page measures the answer. Your guesses stay in this browser. Copy the address "
    "to share this stop with its prompt and seed."
)
SAID_BY_THE_BROWSER = {  # static/tour.js
    "true": "True.",
    "false": "Not true.",
    "score": "You judged {right} of {all} statements correctly.",
    "unseen": "Not answered yet.",
    "guess": "Your guess: {yours} · measured: {measured}",
    "back": "Back to the tour",
    "from": "From the tour",
}
COLUMNS = 4  # of pictures side by side


def page(lang: Language) -> Markup:
    """All pages, of which the browser shows one (static/tour.js)."""
    rows = [lang.translated(one) for one in route.PAGES]
    pages = [review(one, lang) if isinstance(one, Review) else stop(one, lang) for one in rows]
    return Markup(
        '<div class="tour" lang="{}" data-words="{}"><p class="tour-intro">{}</p>{}'
        '<div class="tour-pages">{}{}</div></div>'
    ).format(
        lang.tag, json.dumps({name: lang.say(text) for name, text in SAID_BY_THE_BROWSER.items()}, ensure_ascii=False),
        lang.say(INTRO), contents(lang), Markup("").join(_numbered(pages, lang)), summary(lang),
    )  # fmt: skip


def contents(lang: Language) -> Markup:
    """The list of all pages, by which one goes anywhere and sees what is done."""
    number, parts = 0, []
    for chapter, pages in route.CHAPTERS:
        entries = []
        for one in pages:
            number += 1
            entries.append(_entry(one.id, str(number), lang.say(one.title)))
        parts.append(Markup("<h2>{}</h2><ol>{}</ol>").format(lang.say(chapter), Markup("").join(entries)))
    parts.append(Markup("<ol>{}</ol>").format(_entry("summary", "✓", lang.say(route.SUMMARY))))
    named = lang.say("Stops of the tour")
    return Markup('<nav class="tour-contents" aria-label="{}">{}</nav>').format(named, Markup("").join(parts))


def _entry(id: str, sign: str, title: str) -> Markup:
    return Markup(
        '<li><button type="button" data-go="{}" title="{}"><i>{}</i><span>{}</span></button></li>'
    ).format(id, title, sign, title)  # fmt: skip


def _numbered(pages: list[Markup], lang: Language) -> list[Markup]:
    """Each page between the buttons to the one before and the one after."""
    ids = [one.id for one in route.PAGES] + ["summary"]
    shell = Markup(
        '<article class="tour-page" data-page="{}" hidden>{}<footer class="tour-steps">{}{}</footer></article>'
    )
    return [
        shell.format(ids[i], html, _step("back", ids[i - 1], lang) if i else "", _step("next", ids[i + 1], lang))
        for i, html in enumerate(pages)
    ]


def _step(way: str, id: str, lang: Language) -> Markup:
    words = lang.say({"back": "Back", "next": "Next"}[way])
    return Markup('<button type="button" class="tour-{}" data-go="{}">{}</button>').format(way, id, words)


def stop(one: Stop, lang: Language) -> Markup:
    seen: set[str] = set()  # each term is explained once on a page
    text = paragraphs(explained(sentence, seen, lang.terms) for sentence in one.text)
    question = explained(one.question, seen, lang.terms)
    return Markup(
        '<h2 tabindex="-1">{}</h2><div class="tour-text">{}</div>'
        '<section class="tour-question" aria-labelledby="tour-q-{}"><h3 id="tour-q-{}">{}</h3>{}</section>'
        '<div class="tour-found" role="status"></div>{}{}{}'
    ).format(one.title, text, one.id, one.id, question, answers(one.answers, lang),
             fault(one.fault, lang) if one.fault else "", attempt(one.attempt, lang),
             source(one.source, lang))  # fmt: skip


def answers(kind: Choices | Scale, lang: Language) -> Markup:
    if isinstance(kind, Choices):
        buttons = [
            Markup('<button type="button" class="tour-choice" data-guess="{}">{}</button>').format(i, label)
            for i, label in enumerate(kind.labels)
        ]
        return Markup('<div class="tour-choices">{}</div>').format(Markup("").join(buttons))
    return Markup(
        '<div class="tour-scale" data-unit="{unit}"><input type="range" min="0" max="{most}" value="{middle}" step="1" '
        'aria-label="{guess}"><output>{middle}{unit}</output>'
        '<button type="button" class="tour-measure">{measure}</button></div>'
    ).format(most=kind.most, middle=kind.most // 2, unit=kind.unit, guess=lang.say("Your guess"),
             measure=lang.say("Measure it"))  # fmt: skip


def fault(one: Fault, lang: Language) -> Markup:
    rows = (("Symptom", one.symptom), ("Cause", one.cause), ("Fix", one.fix))
    entries = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(lang.say(name), text) for name, text in rows)
    return Markup('<dl class="tour-fault tour-after">{}</dl>').format(entries)


def attempt(one: Try, lang: Language) -> Markup:
    """A link that opens the tab as it is meant; the browser adds the run that its own address names."""
    return Markup(
        '<p class="tour-try"><b>{}</b> {} <a href="?{}" data-panel="{}" data-words="{}">{}</a></p>'
    ).format(lang.say("Try it."), one.words, urlencode(one.address), one.panel, one.words,
             lang.say("Open it there"))  # fmt: skip


def source(one: Source, lang: Language) -> Markup:
    return Markup(
        '<details class="tour-source"><summary>{}</summary><p class="ds-formula">{}</p>'
        "<p>{}</p><p><code>{}:{}</code> <code>{}</code></p></details>"
    ).format(lang.say("Equation, paper and code"), Markup(one.equation),
             link(f"https://arxiv.org/abs/{one.paper[0]}", one.paper[1]), one.file, line_of(one), one.line)  # fmt: skip


@lru_cache(maxsize=64)
def line_of(one: Source) -> int:
    """The number of the line of code."""
    lines = (ROOT / one.file).read_text("utf-8").splitlines()
    return next(number for number, text in enumerate(lines, 1) if one.line in text)


def review(one: Review, lang: Language) -> Markup:
    rows = [
        Markup(
            '<li><label><input type="checkbox" value="{}" data-true="{}"><span>{}</span></label><p hidden>{}</p></li>'
        ).format(i, str(row.true).lower(), row.words, row.why)
        for i, row in enumerate(one.statements)
    ]
    return Markup(
        '<h2 tabindex="-1">{}</h2><h3>{}</h3>'
        '<label class="tour-own">{}<textarea rows="3" maxlength="1000"></textarea></label>'
        '<p>{}</p><ul class="tour-statements">{}</ul><button type="button" class="tour-check">{}</button>'
        '<div class="tour-answer" role="status" hidden><p class="tour-score"></p><p>{}</p>'
        '<div class="tour-saw" data-stops="{}"><h3>{}</h3></div></div>'
    ).format(one.title, explained(one.question, None, lang.terms), lang.say("In your own words, if you like:"),
             lang.say("Choose every statement that is true."), Markup("").join(rows), lang.say("Check"), one.answer,
             " ".join(one.stops), lang.say("What you measured"))  # fmt: skip


def summary(lang: Language) -> Markup:
    nothing = "Nothing is measured yet. Answer the question of a stop, and it is listed here."
    return Markup(
        '<article class="tour-page tour-summary" data-page="summary" hidden><h2 tabindex="-1">{}</h2>'
        '<p class="tour-none">{}</p><div class="tour-list"></div><footer class="tour-steps">{}'
        '<button type="button" class="tour-print">{}</button>'
        '<button type="button" class="tour-forget">{}</button></footer></article>'
    ).format(lang.say(route.SUMMARY), lang.say(nothing), _step("back", route.PAGES[-1].id, lang),
             lang.say("Print this page"), lang.say("Delete my progress"))  # fmt: skip


def waiting(how_far: float | str, lang: Language) -> Markup:
    """How far a measurement is, 0 to 1, or for what it waits."""
    text = how_far if isinstance(how_far, str) else f"{lang.say('Measuring…')} {how_far:.0%}"
    return Markup('<p class="ds-quiet">{}</p>').format(text)


def wrong(text: str) -> Markup:
    return Markup('<p class="ds-quiet ds-wrong">{}</p>').format(text)


def told(one: Stop, found: Found, lang: Language) -> list[str]:
    """What is said of the measurement, in plain text."""
    sentences = one.cases[found.case] if found.case else one.told
    return [lang.fill(sentence, **found.numbers) for sentence in sentences]


def answered(one: Stop, guess: int, found: Found, made: str, lang: Language) -> Markup:
    """The guess beside the measured answer, then why; made: on what it was measured."""
    right = one.answers.right(guess, found.answer)
    verdict = lang.say("You were right." if right else "Not what you expected?")
    return Markup(
        '<div class="tour-verdict {}"><p><b>{}</b></p><dl><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd></dl></div>'
        '{}{}<div class="tour-told">{}</div><p class="tour-take"><b>{}</b> {}</p><p class="ds-quiet">{} '
        '<button type="button" class="tour-again">{}</button></p>'
    ).format("is-right" if right else "", verdict, lang.say("Your guess"), one.answers.said(guess),
             lang.say("Measured"), one.answers.said(found.answer), shots(found.shots, lang),
             grid(found.grid, lang) if found.grid else "", paragraphs(told(one, found, lang)),
             lang.say("Remember:"), lang.fill(one.take, **found.numbers), made,
             lang.say("Guess again"))  # fmt: skip


def kept(one: Stop, guess: int, found: Found, lang: Language) -> dict:
    """What the browser keeps of an answer, for the review and the summary: plain text, and one picture."""
    pictures = [shot.shown for shot in found.shots if shot.shown.startswith("data:")]
    return {
        "guess": guess,
        "title": one.title,
        "yours": one.answers.said(guess),
        "measured": one.answers.said(found.answer),
        "right": one.answers.right(guess, found.answer),
        "take": lang.fill(one.take, **found.numbers),
        "picture": pictures[-1] if pictures else "",
    }


def shots(pictures: tuple[Shot, ...], lang: Language) -> Markup:
    if not pictures:
        return Markup("")
    figures = Markup("").join(
        Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(
            _shown(one), lang.fill(lang.say(one.caption), k=one.k)
        )
        for one in pictures
    )
    columns = min(len(pictures), COLUMNS)
    return Markup('<div class="tour-shots" style="--columns: {}">{}</div>').format(columns, figures)


def _shown(one: Shot) -> Markup:
    return one.shown if isinstance(one.shown, Markup) else Markup('<img src="{}" alt="">').format(one.shown)


def grid(found: Grid, lang: Language) -> Markup:
    """Texts by pictures, each cosine as a shade; a right pair has a frame."""
    named = lang.say("Picture {k}")
    head = Markup("").join(
        Markup('<th><img src="{}" alt="{}"></th>').format(uri, lang.fill(named, k=i))
        for i, uri in enumerate(found.pictures, 1)
    )
    rows = Markup("").join(
        Markup("<tr><th>{}</th>{}</tr>").format(text, Markup("").join(
            Markup('<td class="{}" style="--share: {:.0f}%">{}</td>').format(
                "is-pair" if i == k else "", 100 * max(0.0, cosine), lang.fill("{k:.2f}", k=cosine))
            for k, cosine in enumerate(row)))
        for i, (text, row) in enumerate(zip(found.texts, found.cosines, strict=True))
    )  # fmt: skip
    return Markup('<div class="tour-grid"><table><tr><td></td>{}</tr>{}</table></div>').format(head, rows)
