"""Every panel's head says what one sees, and then what to notice."""

from __future__ import annotations

import re

import pytest

from dashboard.app import build
from dashboard.service import Service
from dashboard.tabs.lab import views as lab
from dashboard.tabs.trajectory import views as trajectory
from dashboard.welcome import Welcome
from tests.fake_engine import FakeEngine

HEAD = re.compile(r'<header class="ds-heading"><h2>(.*?)</h2><p>(.*?)</p>')
BY_VIEW = [lab.head(view) for view in lab.HEADS] + [trajectory.head(view) for view in trajectory.HEADS]


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    """The heads of all panels: their titles, and what is said below."""
    service = Service(lambda name: FakeEngine(name), lambda: ["fake"], videos=lambda: ["film"])
    demo = build(service, Welcome(service, tmp_path_factory.mktemp("models")))
    page = "".join(str(getattr(block, "value", "")) for block in demo.blocks.values())
    return {title: re.sub("<[^>]*>", "", said) for title, said in HEAD.findall(page + "".join(map(str, BY_VIEW)))}


def test_every_head_says_what_to_notice(heads):
    assert len(heads) > 40
    assert {title: said for title, said in heads.items() if not re.search(r"[.:;] ?[^.]*\bnotice\b", said, re.I)} == {}


def test_every_head_begins_with_what_one_sees(heads):
    assert {title: said for title, said in heads.items() if said.startswith(("Notice", "Click", "Drag"))} == {}
