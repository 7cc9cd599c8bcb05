import pytest
from markupsafe import Markup

from dashboard.markup import heading, link, note, paragraphs, plain, state

NASTY = '<img src=x onerror="alert(1)">&\''
PIECES = {
    "title": heading(NASTY, "sentence"),
    "sentence": heading("title", NASTY),
    "paper": heading("title", "sentence", "x", ("1234.5678", NASTY)),
    "note": note(NASTY),
    "wrong": note(NASTY, wrong=True),
    "state": state("running", NASTY, 0.5),
    "paragraphs": paragraphs([NASTY, NASTY]),
    "link": link(NASTY, NASTY),
}


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_whatever_is_plain_text_is_escaped(piece):
    assert "<img" not in piece
    assert 'onerror="' not in piece
    assert "&lt;img" in piece


def test_markup_stays_markup():
    assert paragraphs([Markup("<b>{}</b>").format("a < b")]) == "<p><b>a &lt; b</b></p>"
    assert "x<sub>t</sub>" in heading("title", "sentence", "x<sub>t</sub>")


def test_a_heading_without_an_equation_has_no_fold():
    assert "details" not in heading("title", "sentence")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a < b & c > d", "a < b & c > d"), (Markup("ε<sub>c</sub> − 1 &lt; ε<sub>u</sub>"), "εc − 1 < εu")],
)
def test_what_an_attribute_says_of_a_text_has_no_tags(text, wanted):
    assert plain(text) == wanted
    assert not isinstance(plain(text), Markup)
