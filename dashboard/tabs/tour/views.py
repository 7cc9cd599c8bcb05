"""The tour as HTML: every page with its words and its question, and what a measurement adds. Text is escaped here."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode

from markupsafe import Markup

from core.paths import HERE
from dashboard.glossary import explained
from dashboard.markup import link, paragraphs
from dashboard.tabs.tour import route
from dashboard.tabs.tour.stop import Choices, Fault, Found, Grid, Review, Scale, Shot, Source, Stop, Try

ROOT = HERE.parent  # of the project, or of what is installed: core and dashboard stand side by side in both
INTRO = (
    "Guess first, then see it measured with the model of this page. Your progress stays in this browser; guesses are "
    "not "
    "collected. The address links to this stop, prompt and seed."
)
COLUMNS = 4  # of pictures side by side
GUESS, MEASURE = "Your guess", "Measure it"


def page() -> Markup:
    """All pages, of which the browser shows one (static/tour.js)."""
    stops = [review(one) if isinstance(one, Review) else stop(one) for one in route.PAGES]
    return Markup('<div class="tour"><p class="tour-intro">{}</p>{}<div class="tour-pages">{}{}</div></div>').format(
        INTRO, contents(), Markup("").join(_numbered(stops)), summary()
    )


def contents() -> Markup:
    """The list of all pages, by which one goes anywhere and sees what is done."""
    number, parts = 0, []
    for chapter, pages in route.CHAPTERS:
        entries = []
        for one in pages:
            number += 1
            entries.append(_entry(one.id, str(number), one.title))
        parts.append(Markup("<h4>{}</h4><ol>{}</ol>").format(chapter, Markup("").join(entries)))
    parts.append(Markup("<ol>{}</ol>").format(_entry("summary", "✓", route.SUMMARY)))
    return Markup('<nav class="tour-contents" aria-label="Stops of the tour">{}</nav>').format(Markup("").join(parts))


def _entry(id: str, sign: str, title: str) -> Markup:
    return Markup(
        '<li><button type="button" data-go="{}" title="{}"><i>{}</i><span>{}</span></button></li>'
    ).format(id, title, sign, title)  # fmt: skip


def _numbered(pages: list[Markup]) -> list[Markup]:
    """Each page between the buttons to the one before and the one after."""
    ids = [one.id for one in route.PAGES] + ["summary"]
    shell = Markup(
        '<article class="tour-page" data-page="{}" hidden>{}<footer class="tour-steps">{}{}</footer></article>'
    )
    return [
        shell.format(ids[i], html, _step(ids[i - 1], "Back") if i else "", _step(ids[i + 1], "Next"))
        for i, html in enumerate(pages)
    ]


def _step(id: str, words: str) -> Markup:
    return Markup('<button type="button" class="tour-{}" data-go="{}">{}</button>').format(words.lower(), id, words)


def stop(one: Stop) -> Markup:
    seen: set[str] = set()  # each term is explained once on a page
    text = paragraphs(explained(sentence, seen) for sentence in one.text)
    return Markup(
        '<h3 tabindex="-1">{}</h3><div class="tour-text">{}</div>'
        '<section class="tour-question" aria-labelledby="tour-q-{}"><h4 id="tour-q-{}">{}</h4>{}</section>'
        '<div class="tour-found" role="status"></div>{}{}{}'
    ).format(one.title, text, one.id, one.id, explained(one.question, seen), answers(one.answers),
             fault(one.fault) if one.fault else "", attempt(one.attempt), source(one.source))  # fmt: skip


def answers(kind: Choices | Scale) -> Markup:
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
    ).format(most=kind.most, middle=kind.most // 2, unit=kind.unit, guess=GUESS, measure=MEASURE)


def fault(one: Fault) -> Markup:
    rows = (("Symptom", one.symptom), ("Cause", one.cause), ("Fix", one.fix))
    entries = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(*row) for row in rows)
    return Markup('<dl class="tour-fault tour-after">{}</dl>').format(entries)


def attempt(one: Try) -> Markup:
    """A link that opens the tab as it is meant; the browser adds the run that its own address names."""
    return Markup(
        '<p class="tour-try"><b>Try it.</b> {} <a href="?{}" data-panel="{}" data-words="{}">Open it there</a></p>'
    ).format(one.words, urlencode(one.address), one.panel, one.words)


def source(one: Source) -> Markup:
    return Markup(
        '<details class="tour-source"><summary>Equation, paper and code</summary><p class="ds-formula">{}</p>'
        "<p>{}</p><p><code>{}:{}</code> <code>{}</code></p></details>"
    ).format(Markup(one.equation), link(f"https://arxiv.org/abs/{one.paper[0]}", one.paper[1]), one.file,
             line_of(one), one.line)  # fmt: skip


@lru_cache(maxsize=64)
def line_of(one: Source) -> int:
    """The number of the line of code."""
    lines = (ROOT / one.file).read_text("utf-8").splitlines()
    return next(number for number, text in enumerate(lines, 1) if one.line in text)


def review(one: Review) -> Markup:
    rows = [
        Markup(
            '<li><label><input type="checkbox" value="{}" data-true="{}"><span>{}</span></label><p hidden>{}</p></li>'
        ).format(i, str(row.true).lower(), row.words, row.why)
        for i, row in enumerate(one.statements)
    ]
    return Markup(
        '<h3 tabindex="-1">{}</h3><h4>{}</h4>'
        '<label class="tour-own">In your own words, if you like:<textarea rows="3" maxlength="1000"></textarea></label>'
        '<p>Choose every statement that is true.</p><ul class="tour-statements">{}</ul>'
        '<button type="button" class="tour-check">Check</button>'
        '<div class="tour-answer" role="status" hidden><p class="tour-score"></p><p>{}</p>'
        '<div class="tour-saw" data-stops="{}"><h4>What you measured</h4></div></div>'
    ).format(one.title, explained(one.question), Markup("").join(rows), one.answer, " ".join(one.stops))


def summary() -> Markup:
    return Markup(
        '<article class="tour-page tour-summary" data-page="summary" hidden><h3 tabindex="-1">{}</h3>'
        '<p class="tour-none">Nothing is measured yet. Answer the question of a stop, and it is listed here.</p>'
        '<div class="tour-list"></div><footer class="tour-steps">{}'
        '<button type="button" class="tour-print">Print this page</button>'
        '<button type="button" class="tour-forget">Delete my progress</button></footer></article>'
    ).format(route.SUMMARY, _step(route.PAGES[-1].id, "Back"))


def waiting(text: str) -> Markup:
    return Markup('<p class="ds-quiet">{}</p>').format(text)


def wrong(text: str) -> Markup:
    return Markup('<p class="ds-quiet ds-wrong">{}</p>').format(text)


def told(one: Stop, found: Found) -> list[str]:
    """What is said of the measurement, in plain text."""
    sentences = one.cases[found.case] if found.case else one.told
    return [sentence.format(**found.numbers) for sentence in sentences]


def answered(one: Stop, guess: int, found: Found, made: str) -> Markup:
    """The guess beside the measured answer, then why; made: on what it was measured."""
    right = one.answers.right(guess, found.answer)
    verdict = "You were right." if right else "Not what you expected?"
    return Markup(
        '<div class="tour-verdict {}"><p><b>{}</b></p><dl><dt>{}</dt><dd>{}</dd><dt>Measured</dt><dd>{}</dd></dl></div>'
        '{}{}<div class="tour-told">{}</div><p class="tour-take"><b>To take along.</b> {}</p><p class="ds-quiet">{} '
        '<button type="button" class="tour-again">Guess again</button></p>'
    ).format("is-right" if right else "", verdict, GUESS, one.answers.said(guess), one.answers.said(found.answer),
             shots(found.shots), grid(found.grid) if found.grid else "", paragraphs(told(one, found)),
             one.take.format(**found.numbers), made)  # fmt: skip


def kept(one: Stop, guess: int, found: Found) -> dict:
    """What the browser keeps of an answer, for the review and the summary: plain text, and one picture."""
    pictures = [shot.shown for shot in found.shots if shot.shown.startswith("data:")]
    return {
        "guess": guess,
        "title": one.title,
        "yours": one.answers.said(guess),
        "measured": one.answers.said(found.answer),
        "right": one.answers.right(guess, found.answer),
        "take": one.take.format(**found.numbers),
        "picture": pictures[-1] if pictures else "",
    }


def shots(pictures: tuple[Shot, ...]) -> Markup:
    if not pictures:
        return Markup("")
    figures = Markup("").join(
        Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(_shown(one), one.caption) for one in pictures
    )
    columns = min(len(pictures), COLUMNS)
    return Markup('<div class="tour-shots" style="--columns: {}">{}</div>').format(columns, figures)


def _shown(one: Shot) -> Markup:
    return one.shown if isinstance(one.shown, Markup) else Markup('<img src="{}" alt="">').format(one.shown)


def grid(found: Grid) -> Markup:
    """Texts by pictures, each cosine as a shade; a right pair has a frame."""
    head = Markup("").join(Markup('<th><img src="{}" alt="Picture {}"></th>').format(uri, i + 1)
                           for i, uri in enumerate(found.pictures))  # fmt: skip
    rows = Markup("").join(
        Markup("<tr><th>{}</th>{}</tr>").format(text, Markup("").join(
            Markup('<td class="{}" style="--share: {:.0f}%">{:.2f}</td>').format(
                "is-pair" if i == k else "", 100 * max(0.0, cosine), cosine)
            for k, cosine in enumerate(row)))
        for i, (text, row) in enumerate(zip(found.texts, found.cosines, strict=True))
    )  # fmt: skip
    return Markup('<div class="tour-grid"><table><tr><td></td>{}</tr>{}</table></div>').format(head, rows)
