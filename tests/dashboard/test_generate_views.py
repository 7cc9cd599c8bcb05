import json

import numpy as np
import pytest

from core.types import Request
from dashboard import exports
from dashboard.tabs.generate import views


@pytest.fixture
def layer(service, engine):
    return service.layer(engine.trace(Request("a fox", steps=4)))


def test_every_curve_of_generate_leaves_as_a_table(engine, layer):
    rows = views.rows(engine, layer, ["a tree", "=cmd()"])
    assert [row["step"] for row in rows] == layer.film.positions.tolist()
    assert {"alpha", "sigma", "norm of x_t", "change of x0", "CLIP, a fox", "CLIP, a tree"} <= rows[0].keys()
    drawn = views.curves(layer, "rail")
    for name, column in (("norm", "norm of x_t"), ("change", "change of x0")):
        np.testing.assert_allclose([row[column] for row in rows], drawn[name].data[0].y)
    told = json.loads(exports.table(rows, {"model": "fake"}, "json"))
    assert told["rows"][0]["change of x0"] is None  # there was no guess before the first
    assert told["model"] == "fake"
    assert len(exports.table(rows, {}, "csv").decode().splitlines()) == len(rows) + 1
