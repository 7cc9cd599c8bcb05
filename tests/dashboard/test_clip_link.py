"""The CLIP tab's settings in the page's address, which anybody may write."""

from __future__ import annotations

from urllib.parse import urlencode

import gradio as gr
import pytest

from dashboard.tabs.clip import link


@pytest.fixture
def settings():
    return [
        link.Setting("dims", gr.Radio([2, 3]), 2, (2, 3)),
        link.Setting("gap-closed", gr.Checkbox(), False, (True, False)),
        link.Setting("words", gr.Textbox(), ""), link.Setting("gallery", gr.Dropdown(), ["cat"]),
    ]  # fmt: skip


@pytest.fixture
def warned(monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Warning", lambda text, **options: said.append(text))
    return said


def test_what_a_link_names_comes_back_as_it_was(settings, warned):
    dims, closed, words, gallery = (one.control for one in settings)
    wanted = {dims: 3, closed: True, words: "snow, <b>", gallery: ["a dog", "cat & co"]}
    query = urlencode({link.PREFIX + one.name: link.told(wanted[one.control]) for one in settings})
    assert link.restored(settings, f"?tab=clip&{query}") == wanted
    assert link.restored(settings, "?clip-words=+") == {words: ""}
    assert link.restored(settings, "?tab=clip&prompt=a+cat") == {}
    assert warned == []


@pytest.mark.parametrize("rubbish", ["7", "<script>", "3.0", "", "\x00", "[]"])
def test_rubbish_is_told_and_left_out(settings, warned, rubbish):
    query = urlencode({"clip-dims": rubbish, "clip-gap-closed": rubbish, "clip-words": "snow"})
    assert link.restored(settings, query) == {settings[2].control: "snow"}
    assert len(warned) == 2
    assert "<script>" not in "".join(warned)


@pytest.mark.parametrize("query", [None, 3, [], {}, "&&&===", "%ff%00", "?" + "a=1&" * 5000])
def test_what_is_no_address_restores_nothing(settings, warned, query):
    assert link.restored(settings, query) == {}
    assert warned == []
