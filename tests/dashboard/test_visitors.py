"""`python -m core bench --visitors` measures what it says."""

import re

import pytest

from core.__main__ import main
from dashboard.visitors import RUNS, measure
from tests.fake_engine import FakeEngine


def test_a_row_for_each_number_of_replicas_and_of_visitors(capsys, monkeypatch):
    asked, ended = [], []
    monkeypatch.setattr("core.replicas.end", ended.append)
    measure(lambda number: asked.append(number) or FakeEngine(delay=0.001), [1, 3], [0, 2])
    first, _, *rows = capsys.readouterr().out.splitlines()
    assert f"{RUNS} pictures a visitor" in first
    assert asked == [0, 2]
    assert len(ended) == 1
    assert [row.split()[:2] for row in rows] == [["none", "1"], ["none", "3"], ["2", "1"], ["2", "3"]]
    assert re.search(r" [1-9]\d* \(1\.00\) ", rows[0])


@pytest.mark.parametrize(
    ("option", "value"), [("visitors", "0"), ("visitors", "25"), ("replicas", "1,x"), ("replicas", "٣")]
)
def test_numbers_that_cannot_be_measured_are_told(option, value, capsys):
    assert main(["bench", f"--{option}", value]) == 2
    assert f"error: {option} is '{value}': it must be whole numbers from" in capsys.readouterr().err
