import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import lines, one_line, plain

INVISIBLE = "\u200b\ufeff\u200e\u200f\u00ad\u2060\u200d\u200c\u202e\u2066\ufe0f\u034f\U000e0041"


@pytest.mark.parametrize("sign", INVISIBLE)
@pytest.mark.parametrize("text", ["a red {}apple", "a re{}d apple", "{}a red apple", "a red apple{}"])
def test_what_cannot_be_seen_changes_nothing(sign, text):
    assert plain(text.format(sign)) == "a red apple"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("pin\u0303ata", "piñata"),
        ("pin\u200b\u0303ata", "piñata"),
        ("a woman’s “hat”", 'a woman\'s "hat"'),
        ("ａ　ｒｅｄ　ａｐｐｌｅ！", "a red apple!"),
        ("a\u00a0red\u202fapple", "a red apple"),
        ("t\u2011shirt", "t-shirt"),
        ("𝐚 𝓻𝓮𝓭 𝖆𝖕𝖕𝖑𝖊", "a red apple"),
        ("a ﬁsh", "a fish"),
        ("ｶﾞ", "ガ"),
        ("红苹果 Яблоко café עברית 🍎", "红苹果 Яблоко café עברית 🍎"),
        ("x² ½ … « »", "x² ½ … « »"),
        ("👩\u200d🚀 a\u200db 🍎\u200d", "👩\u200d🚀 ab 🍎"),
    ],
)
def test_texts_that_look_alike_are_one(typed, read):
    assert plain(typed) == read


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_whatever_breaks_a_line_breaks_it(end):
    assert lines(f" a fox {end}{end}\ufeff a tree{end}") == ["a fox", "a tree"]
    assert plain(f"a fox{end}a tree") == "a fox\na tree"
    assert one_line(f"a fox{end} a tree") == "a fox a tree"


@given(st.text())
def test_plain_text_stays_as_it_is(text):
    once = plain(text)
    assert plain(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(char) == "Cf" and char != "\u200d" for char in once)


@given(st.text(alphabet=st.characters(max_codepoint=126, min_codepoint=32)))
def test_ascii_is_plain(text):
    assert plain(text) == text
