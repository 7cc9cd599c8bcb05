"""What an event leaves alone stays what it is."""

from __future__ import annotations

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from dashboard.blocks import Blocks
from tests.apart import run_apart


class Counted(gr.Textbox):
    """Counts how often one is made."""

    is_template = True
    made = 0

    def __init__(self, *args, **kwargs):
        Counted.made += 1
        super().__init__(*args, **kwargs)

    def get_block_name(self) -> str:
        return "textbox"


@pytest.fixture
def page():
    """A page of each kind, Gradio's and ours, and what an event with three outputs gives on it."""

    def build(kind):
        with kind() as demo:
            one, other, kept = Counted(label="one"), Counted(label="other"), gr.State(1)
            gr.on(demo.load, lambda: None, None, [one, other, kept])
        state, event = SessionState(demo), next(iter(demo.fns.values()))
        parts = {"one": one, "other": other, "kept": kept}

        def answer(says):
            predictions = says(parts) if callable(says) else says
            given = run_apart(demo.postprocess_data(event, predictions, state))
            return given, state[kept._id], state.config_values[one._id]["props"].get("value")

        return answer

    return build


@pytest.mark.parametrize(
    "says",
    [
        lambda part: {part["one"]: "a"},
        lambda part: {part["one"]: "a", part["other"]: gr.skip()},
        lambda part: {part["kept"]: 2, part["one"]: gr.Textbox(visible=False)},
        lambda part: {part["one"]: gr.Textbox("b", label="c"), part["other"]: "d"},
        gr.skip(),
        ("a", gr.skip(), gr.skip()),
        (gr.skip(), gr.skip(), 3),
        ["a", "b", 2],
        lambda part: [None, gr.update(value="x"), gr.skip()],
    ],
)
def test_the_page_is_told_what_gradio_tells_it(page, says):
    assert page(Blocks)(says) == page(gr.Blocks)(says)


def test_what_is_left_alone_is_not_made_again(page):
    answer = page(Blocks)
    before = Counted.made
    for _ in range(5):
        answer(lambda part: {part["one"]: "a"})
        answer(gr.skip())
        answer(("a", gr.skip(), gr.skip()))
    assert Counted.made == before
    answer(lambda part: {part["one"]: gr.Textbox(label="new")})
    assert Counted.made == before + 1


def test_an_output_that_the_event_has_not_is_still_an_error(page):
    with gr.Blocks():
        stranger = gr.Textbox()
    with pytest.raises(ValueError, match="not specified as output"):
        page(Blocks)({stranger: "a"})


def test_a_single_output_is_told_or_left():
    with Blocks() as demo:
        only = gr.Textbox("before")
        gr.on(demo.load, lambda: None, None, only)
    state, event = SessionState(demo), next(iter(demo.fns.values()))

    def given(value):
        return run_apart(demo.postprocess_data(event, value, state))

    assert given("after") == ["after"]
    assert given(gr.skip()) == [gr.skip()]
    assert given({only: "now"}) == ["now"]
    assert given(None) == [None]


def test_an_empty_mapping_is_a_value_of_a_single_output():
    with Blocks() as demo:
        kept = gr.State({"before": 1})
        gr.on(demo.load, lambda: None, None, kept)
    state, event = SessionState(demo), next(iter(demo.fns.values()))
    assert run_apart(demo.postprocess_data(event, {}, state)) == [None]
    assert state[kept._id] == {}
