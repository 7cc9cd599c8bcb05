"""The claims of the Samplers tab, from pictures to figures."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core import quality
from core.types import Request, RequestError
from dashboard import exports
from dashboard.figures import claims as figures
from dashboard.service import MAX_DRAWN
from dashboard.tabs.samplers import claims, destination
from dashboard.tabs.samplers import claims_views as views
from dashboard.tabs.samplers import destination_views as views_of_destination
from tests.fake_engine import FakeEngine


@pytest.fixture
def gathered():
    rng, found = np.random.default_rng(0), claims.Gathered()
    numbers = list(range(60))
    embeddings = rng.standard_normal((60, 16))
    pictures = np.zeros((60, 8, 8, 3), np.uint8)
    found.add(SimpleNamespace(numbers=numbers, embeddings=embeddings, pictures=pictures, seconds=0.1))
    return found


def test_a_drawing_gives_every_picture_in_whole_batches(service, engine):
    requests = [Request("a fox", seed=seed, steps=2 + seed % 2) for seed in range(20)]
    *_, last = items = list(service.draw("fake", requests, "me"))
    assert last.share == pytest.approx(1)
    seen = {}
    for item in items:
        for row, number in enumerate(item.numbers or []):
            seen[number] = item.pictures[row]
            assert item.embeddings.shape == (len(item.numbers), 16)
    assert sorted(seen) == list(range(20))
    for number in (0, 1, 19):
        np.testing.assert_array_equal(seen[number], np.asarray(engine.trace(requests[number]).image))


def test_stop_ends_a_drawing_with_the_batches_that_are_done(service, engine):
    requests = [Request("a fox", seed=seed, steps=5) for seed in range(30)]
    got = []
    for item in service.draw("fake", requests, "me"):
        got += item.numbers or []
        if got:
            service.stop("me")
    assert 0 < len(got) < 30
    assert engine.running == 0
    assert service.queue.empty
    for count in (0, MAX_DRAWN + 1):
        with pytest.raises(RequestError, match="pictures is"):
            list(service.draw("fake", [Request(steps=1)] * count))


def test_a_closed_drawing_leaves_nothing_behind(service, engine):
    run = service.draw("fake", [Request("a fox", steps=5)] * 3, "me")
    next(run)
    run.close()
    assert engine.running == 0
    assert service.queue.empty


def test_the_sets_come_in_turns_without_guidance_and_each_draw_has_seeds_of_its_own():
    base = Request("a fox", seed=5, guidance=7.0, eta=0.5)
    first, second = (destination.requests(base, 64, number) for number in (0, 1))
    assert [one.sampler for one in first[:4]] == ["ddim", "ddpm", "ddpm", "ddim"]
    assert {one.guidance for one in first} == {1.0}
    assert len({one.seed for one in first + second}) == 2 * 3 * 64
    for wrong in (7, 65, 8.5, None, "8"):
        with pytest.raises(RequestError, match="pictures"):
            destination.requests(Request(), wrong)


@pytest.fixture
def met(gathered):
    base = Request("<b>", seed=5, guidance=7.0)
    draws = tuple(destination.Draw.of(n, destination.requests(base, 20, n), gathered) for n in range(2))
    return destination.meet("fake", base, draws)


def test_draws_are_tested_one_by_one_and_all_together(met):
    assert met.counts == [40, 40, 40]
    assert len(met.each) == 2
    assert min(test.distance for test in (*met.each, met.across, met.within)) > 0
    told = views_of_destination.verdict(met)
    assert ("do not tell" in told) == (met.across.p >= 0.05)
    assert "<b><b>" not in told
    assert "“&lt;b&gt;”" in told
    assert "40 + 40 + 40 pictures" in told
    assert [len(trace.x) for trace in figures.clouds(met.clouds, met.axes).data] == [40, 40, 40]
    assert len(met.rows()) == 120


def test_a_file_of_draws_tells_the_settings_they_were_made_with(met):
    about = met.about()
    asked = [(one["set"], one["request"]["sampler"], one["request"]["steps"]) for one in about["sets"]]
    assert asked == [("DDIM", "ddim", 25), ("DDPM", "ddpm", 100), ("DDPM again", "ddpm", 100)]
    assert {one["request"]["guidance"] for one in about["sets"]} == {1.0}
    assert all(len(one["seeds"]) == one["pictures"] == 40 for one in about["sets"])
    assert about["tests"]["ddim_to_ddpm"]["p"] == met.across.p
    assert json.loads(exports.table(met.rows(), about, "json"))["model"] == "fake"


def test_another_draw_joins_those_of_the_same_settings_only(met):
    base = met.base
    assert destination.more(met, "fake", base) == met.draws
    assert destination.more(met, "fake", replace(base, steps=9, guidance=1.0, sampler="ddpm")) == met.draws
    for model, request in (("other", base), ("fake", replace(base, prompt="a fox")), ("fake", replace(base, seed=6))):
        assert destination.more(met, model, request) == ()
    assert destination.more(None, "fake", base) == ()
    assert len(destination.meet("fake", base, met.draws * 9).draws) == destination.MAX_DRAWS


@pytest.mark.parametrize("point", [(0, 40), (3, 0), (-1, 0), (0, -1), (None, 0), (True, 0), ("0", 0)])
def test_a_point_that_is_none_has_no_picture(met, point):
    assert met.picture(1, 39)[0] == "DDPM, picture 39"
    assert met.picture(*point) is None


def test_too_few_are_no_draw(gathered):
    for number in list(gathered.rows)[: -3 * destination.MIN_PICTURES + 1]:
        del gathered.rows[number]
    assert destination.Draw.of(0, [], gathered) is None


def test_one_long_run_and_short_ones(service, engine):
    asked = claims.long_and_short(Request("a fox", seed=3, branches=((3, 1),)))
    assert [one.steps for one in asked] == [claims.LONG, *claims.SHORT]
    page = views.rows(engine, [engine.trace(one) for one in asked])
    assert page.count("<img") == 2 * len(claims.SHORT)
    early = [engine.collect(one, list(engine.run(one))[:2], 0.1) for one in asked]
    assert views.rows(engine, early).count("<img") == 1 + len(claims.SHORT)


def test_judging_pictures(gathered):
    images = np.stack([row / np.linalg.norm(row) for row in gathered.rows.values()])
    reference = np.random.default_rng(1).standard_normal((200, 16)) / 4
    judged = quality.judge(images, images, reference, np.full(60, 5.0))
    assert judged["clip"] == [1.0, 1.0, 1.0]
    assert judged["ms"] == [5.0, 5.0, 5.0]
    for metric in ("frechet", "diversity"):
        value, low, high = judged[metric]
        assert low < value < high
    points = [{"sampler": "ddim", "steps": steps, **judged} for steps in (2, 4)]
    lines = claims.series(points) + claims.series(points[:1], "{}, here", faint=True)
    assert [(line.name, line.faint) for line in lines] == [("DDIM", False), ("DDIM, here", True)]
    for metric in views.METRICS:
        figure = figures.quality(lines, metric, 0.1)
        clickable = [trace.customdata for trace in figure.data if trace.customdata is not None]
        assert [[list(place) for place in line] for line in clickable] == [[[0, 0], [0, 1]], [[1, 0]]]
        value, low, _ = lines[0].bands[metric].T
        np.testing.assert_array_equal(figure.data[0].y, value)
        if metric != "ms":
            np.testing.assert_allclose(figure.data[0].error_y.arrayminus, value - low)
    assert claims.quality_rows(points)[0]["frechet_low"] == judged["frechet"][1]
    two = [{"sampler": sampler, "steps": 4, **judged} for sampler in ("dpm++2m", "heun")]
    assert len({line.colour for line in claims.series(two)}) == 2, "of one process, and told apart"
    assert [line.colour for line in claims.series(two[1:], faint=True)] == [claims.series(two)[1].colour]


def test_a_model_made_in_memory_has_no_folder_and_so_no_curves(tmp_path):
    engine = FakeEngine()
    assert not engine.model.folder.exists()
    assert views.shipped(engine) is None
    engine.change(folder=tmp_path)
    with pytest.raises(quality.ModelError, match=r"manifest\.json cannot be read"):
        views.shipped(engine)


def test_samples_survive_their_file(tmp_path):
    import json

    rng = np.random.default_rng(2)
    row = rng.integers(0, 255, (5, 16, 16, 3)).astype(np.uint8)
    point = {"sampler": "heun", "steps": 4} | {metric: [1.0, 0.5, 1.5] for metric in quality.METRICS}
    results = {"points": [point], "settings": {}, "floor": [0, 0, 0]}
    reference = quality.Reference(["a fox"], rng.standard_normal((3, 4)).astype(np.float32))
    manifest = {"name": "fake", "kind": "a fake", "summary": "of a test", "of": "nothing"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert quality.load(tmp_path) is None
    quality.save(tmp_path, quality.Curves(results, {"heun-4": quality.strip(row)}, reference))
    (tmp_path / "eval.json").write_text(json.dumps({"curves": results}), "utf-8")
    again = quality.load(tmp_path)
    assert again.pictures("heun", 4).shape == row.shape
    assert again.reference.prompts == ["a fox"]
    for rubbish in ("{}", "[", json.dumps({"curves": results | {"points": [point | {"clip": [1.0]}]}})):
        (tmp_path / "eval.json").write_text(rubbish, "utf-8")
        with pytest.raises(quality.ModelError, match=r"curves\.npz"):
            quality.load(tmp_path)
    whole = (tmp_path / "curves.npz").read_bytes()
    for broken in (b"", whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1])):
        (tmp_path / "curves.npz").write_bytes(broken)
        with pytest.raises(quality.ModelError, match=r"curves\.npz is damaged or altered"):
            quality.load(tmp_path)
