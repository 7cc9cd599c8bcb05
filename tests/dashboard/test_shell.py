"""What goes wrong in an event is told in words, of which a page can tell the field."""

import re

import gradio as gr
import pytest

from core.types import ModelError, RequestError
from dashboard.shell import guard

NASTY = "<img src=x onerror=alert(1)>"


def said(error: Exception) -> str:
    @guard
    def handler():
        raise error

    with pytest.raises(gr.Error) as caught:
        handler()
    return str(caught.value.message)


def test_a_refused_value_names_its_field_its_value_and_what_is_allowed():
    found = said(RequestError("steps", 0, "a whole number from 1 to 1000"))
    assert re.findall("<span>(.*?)</span>", found) == ["steps", "0", "a whole number from 1 to 1000"]
    assert re.sub("<[^>]*>", "", found) == "steps is 0: it must be a whole number from 1 to 1000."


@pytest.mark.parametrize("error", [RequestError(NASTY, NASTY, NASTY), ModelError(NASTY)])
def test_nothing_in_a_message_is_markup(error):
    assert "<img" not in said(error)
    assert "&lt;img src=x onerror=alert(1)&gt;" in said(error)


def test_no_folder_of_the_server_is_told():
    error = RequestError("file /srv/app/x.png", "/srv/app/models/x.png", "in /srv/app/models/y.png")
    assert "/srv" not in said(error)
    assert "…/models/x.png" in said(error)
