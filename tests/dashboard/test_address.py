"""Settings in the page's address, which anybody may write."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import urlencode

import gradio as gr
import pytest

from core.types import Request
from dashboard import address, links


@pytest.fixture
def settings():
    return [
        address.Setting("dims", gr.Radio([2, 3]), 2, (2, 3)),
        address.Setting("gap-closed", gr.Checkbox(), False, (True, False)),
        address.Setting("words", gr.Textbox(), ""), address.Setting("gallery", gr.Dropdown(), ["cat"]),
        address.Setting("blend", gr.Slider(0, 1), 0.0), address.Setting("seed-b", gr.Number(), 2),
    ]  # fmt: skip


def sent(query: object) -> dict:
    """What a component that is first seen tells of the address."""
    return address.query(SimpleNamespace(_data={"query": query}))


@pytest.fixture
def warned(monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Warning", lambda text, **options: said.append(text))
    return said


def test_what_a_link_names_comes_back_as_it_was(settings, warned):
    dims, closed, words, gallery, blend, seed = (one.control for one in settings)
    wanted = {dims: 3, closed: True, words: "snow, <b>", gallery: ["a dog", "cat & co"], blend: 0.3, seed: 7}
    query = urlencode({one.name: address.written(wanted[one.control]) for one in settings})
    assert address.restored(settings, sent(f"?tab=clip&{query}")) == wanted
    assert address.restored(settings, sent("?words=+")) == {words: ""}
    assert address.restored(settings, sent("?tab=clip&prompt=a+cat")) == {}
    assert warned == []


@pytest.mark.parametrize("rubbish", ["7", "<script>", "3.0", "", "\x00", "[]"])
def test_rubbish_is_told_and_left_out(settings, warned, rubbish):
    query = urlencode({"dims": rubbish, "gap-closed": rubbish, "words": "snow"})
    assert address.restored(settings, sent(query)) == {settings[2].control: "snow"}
    assert len(warned) == 2
    assert "<script>" not in "".join(warned)


@pytest.mark.parametrize("query", [None, 3, [], {}, "&&&===", "%ff%00", "?" + "a=1&" * 5000])
def test_what_is_no_address_restores_nothing(settings, warned, query):
    assert address.restored(settings, sent(query)) == {}
    assert warned == []


@pytest.mark.parametrize("data", [None, [], "?words=snow", {"other": 1}])
def test_an_event_that_tells_of_no_address_restores_nothing(settings, data):
    assert address.restored(settings, address.query(SimpleNamespace(_data=data))) == {}


def test_a_writer_names_every_setting_of_a_run_so_that_those_of_the_run_before_go():
    written = links.written("starter", Request("a fox", seed=3, guidance=2.0))
    assert written.keys() == {"model", "stopped", "weights", *links.DEFAULTS}
    told = {name: text for name, text in written.items() if text is not None}
    assert told == {"model": "starter", "prompt": "a fox", "seed": "3", "guidance": "2"}
    assert links.from_query(told) == ("starter", Request("a fox", seed=3, guidance=2.0))
