import io
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core.types import Request, RequestError
from dashboard import exports, lettering, links
from dashboard.tabs.guidance import contact, ranges, sweep, sweep_views

BASE = Request("a fox", steps=5, seed=9, negative_prompt="a tree")


@pytest.fixture
def wanted():
    return sweep.plan("fake", BASE, "0, 1, 4", "a fox\n a piano \n\na fox", "3-5")


@pytest.fixture
def swept(service, wanted):
    *_, traces = service.stream_many("fake", wanted.requests)
    return sweep.judge(service.engine("fake"), wanted, traces)


def test_a_plan_is_every_scale_of_every_prompt_and_seed(wanted):
    assert wanted.rows == [("a fox", 3), ("a fox", 4), ("a fox", 5), ("a piano", 3), ("a piano", 4), ("a piano", 5)]
    for row, (prompt, seed) in enumerate(wanted.rows):
        for column, scale in enumerate((0, 1, 4)):
            request = wanted.requests[wanted.number(row, column)]
            assert request == replace(BASE, prompt=prompt, seed=seed, guidance=scale)
    assert wanted.evaluations == 6 * 5 * (1 + 1 + 2)
    assert "18 pictures: 3 scales × 2 prompts × 3 seeds, about 7 s" in sweep_views.planned(wanted, 7.2)


def test_without_prompts_it_is_the_sidebars():
    assert sweep.plan("fake", BASE, "4", " \n", "1").prompts == ("a fox",)


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        (("1-x", "", "1"), "scales"),
        (("31", "", "1"), "scales"),
        (("1", "", "0.5"), "seeds"),
        (("1", "", "4294967296"), "seeds"),
        (("1", None, "1"), "prompts"),
        (("1", "a\x00b", "1"), "prompt"),
        (("1-8", "", "1-9"), "number of pictures"),
        (("1", "\n".join(map(str, range(65))), "1"), "number of pictures"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused_by_name(texts, field):
    with pytest.raises(RequestError) as caught:
        sweep.plan("fake", BASE, *texts)
    assert caught.value.field == field


def test_the_time_is_measured_here_and_refused_where_it_is_too_long(service, engine, wanted):
    engine.delay = 0.02
    pace = sweep.Pace(service)
    rows = len(wanted.requests[:8])
    seconds = pace.seconds(wanted)
    assert 0.02 / (2 * rows) * wanted.evaluations <= seconds < 0.2 / (2 * rows) * wanted.evaluations
    assert pace.seconds(wanted) == seconds  # measured once
    long = replace(wanted, base=replace(BASE, steps=1000), scales=tuple(range(2, 10)), seeds=tuple(range(8)))
    engine.delay = 0.2
    with pytest.raises(RequestError, match="estimated time in seconds"):
        sweep.Pace(service).seconds(long)


def test_the_pace_of_a_large_network_is_measured_by_one_picture(service, engine, wanted, monkeypatch):
    asked = []
    run_many = engine.run_many
    monkeypatch.setattr(engine, "run_many", lambda requests: asked.extend(requests) or run_many(requests))
    monkeypatch.setattr(type(engine.model), "parameters", 10**9)
    assert sweep.Pace(service).seconds(wanted) > 0
    assert len(asked) == 1


def test_a_finished_sweep_teaches_the_pace(service, wanted):
    pace = sweep.Pace(service)
    *_, traces = service.stream_many("fake", wanted.requests)
    pace.learn(wanted, traces)
    assert pace.seconds(wanted) == pytest.approx(sum(trace.seconds for trace in traces))


def test_scores_are_each_pictures_with_its_own_prompt(service, swept):
    clip, request = service.engine("fake").clip, swept.sweep.requests[-1]
    assert request.prompt == "a piano"
    picture = clip.image([Image.fromarray(swept.pictures[-1])])[0]
    assert swept.scores[-1] == pytest.approx(float(picture @ clip.text(["a piano"])[0]), abs=1e-6)


def test_the_trade_off_is_what_its_definition_says(swept):
    rng = np.random.default_rng(0)
    seen = rng.standard_normal((18, 16))
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    known = replace(swept, scores=rng.standard_normal(18), embeddings=seen)
    found = sweep.tradeoff(known)
    assert found.scales == (0, 1, 4)
    assert found.score == pytest.approx(known.scores.reshape(3, 6).mean(1))
    of_prompt = seen.reshape(3, 2, 3, 16)[2]
    pairs = [1 - prompt[i] @ prompt[j] for prompt in of_prompt for i, j in ((0, 1), (0, 2), (1, 2))]
    assert found.diversity[2] == pytest.approx(np.mean(pairs))
    by_seed = known.scores.reshape(3, 2, 3)[1].mean(0)
    assert found.score_error[1] == pytest.approx(by_seed.std(ddof=1) / np.sqrt(3))  # what the jackknife is of a mean
    assert (found.diversity_error > 0).all()
    table = found.rows()
    assert [row["guidance"] for row in table] == [0, 1, 4]
    assert [row["diversity"] for row in table] == found.diversity.tolist()
    assert b"guidance,score,score_error,diversity,diversity_error" in exports.table(table, {}, "csv")


def test_scales_in_any_order_make_a_curve_from_left_to_right(service):
    wanted = sweep.plan("fake", BASE, "8, 0, 2", "", "0-1")
    *_, traces = service.stream_many("fake", wanted.requests)
    found = sweep.tradeoff(sweep.judge(service.engine("fake"), wanted, traces))
    assert found.scales == (0, 2, 8)
    assert np.isfinite(found.score_error).all()
    assert np.isnan(found.diversity_error).all()  # two seeds are one pair


def test_the_grid_as_one_png_carries_its_sweep(swept, tmp_path):
    (tmp_path / "grid.png").write_bytes(contact.to_png(swept))
    with Image.open(tmp_path / "grid.png") as image:
        assert image.width > 3 * contact.CELL
        assert image.height > 6 * contact.CELL
        pixels = np.asarray(image.convert("L"))
    assert (pixels[: contact.PAD + contact.HEAD] < 100).any()  # the scales stand above
    assert (pixels[contact.PAD + contact.HEAD :, : contact.MARGIN] < 100).any()  # prompts and seeds beside it
    model, request = links.from_png(tmp_path / "grid.png")
    texts, stopped = contact.carried(links.read_png(tmp_path / "grid.png"))
    assert stopped is None
    again = sweep.plan(model, request, **texts)
    assert again.requests == swept.sweep.requests


@pytest.mark.parametrize("found", [None, [], "1", {"scales": 1}, {"scales": "1" * 10**6}, {"other": "1"}])
def test_a_png_with_another_sweep_inside_names_nothing(swept, tmp_path, found):
    info = PngImagePlugin.PngInfo()
    settings = {"model": "fake", "request": BASE.to_dict(), "sweep": found}
    info.add_text(links.PNG_KEY, json.dumps(settings))
    Image.new("RGB", (4, 4)).save(tmp_path / "grid.png", pnginfo=info)
    assert not contact.carried(links.read_png(tmp_path / "grid.png"))


def test_a_file_that_is_no_picture_of_this_page_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(RequestError, match="file is"):
        contact.carried(links.read_png(tmp_path / "a.png"))


def test_the_address_of_a_sweep_restores_it(wanted):
    typed = {"scales": "0, 1, 4", "seeds": "3-5", "prompts": "a fox\na piano"}
    query = links.written(wanted.model, wanted.base) | typed
    model, request = links.from_query({name: text for name, text in query.items() if text is not None})
    assert sweep.plan(model, request, **{name: query[name] for name in contact.FIELDS}) == wanted


def test_a_picture_that_was_stopped_says_where(swept):
    part = replace(swept, steps=(*swept.steps[:-1], 2))
    assert (swept.stopped(17), part.stopped(17), part.stopped(0)) == ("", "step 2 of 5", "")
    assert "step 2 of 5" not in sweep_views.grid(swept.sweep, swept)
    assert sweep_views.grid(part.sweep, part).count("step 2 of 5") == 1
    whole, stopped = (np.asarray(Image.open(io.BytesIO(contact.to_png(one)))) for one in (swept, part))
    changed = np.argwhere((whole != stopped).any(2))
    low, high = changed.min(0), changed.max(0)
    assert (high - low < (contact.LABEL, contact.CELL)).all(), "a label at the foot of its cell, and nothing else"
    assert [(row["steps"], row["steps_asked"]) for row in contact.rows(part)][-2:] == [(5, 5), (2, 5)]


def test_a_sweep_that_was_stopped_runs_as_far_again(service, wanted, tmp_path):
    *_, traces = service.stream_many("fake", wanted.requests, until=51)
    part = sweep.judge(service.engine("fake"), wanted, traces)
    assert part.stopped_at == sum(part.steps) == 52, "batches go a step together"
    assert len(set(part.steps)) > 1
    (tmp_path / "grid.png").write_bytes(contact.to_png(part))
    _, until = contact.carried(links.read_png(tmp_path / "grid.png"))
    *_, traces = service.stream_many("fake", wanted.requests, until=until)
    again = sweep.judge(service.engine("fake"), wanted, traces)
    assert again.steps == part.steps
    np.testing.assert_array_equal(again.pictures, part.pictures)
    assert sweep_views.done(again, 1.0).startswith("Stopped after step")


def test_every_cell_is_a_link_with_its_own_settings(swept):
    page = sweep_views.grid(swept.sweep, swept)
    for number, request in enumerate(swept.sweep.requests):
        query = links.to_query("fake", request).replace("&", "&amp;")
        assert f'href="?tab=generate&amp;{query}" data-cell="{number}"' in page


def test_what_a_visitor_wrote_is_escaped():
    wanted = sweep.plan("fake", replace(BASE, prompt="<script>"), "1, 2", "<b>&\n\"'><i>", "1")
    page = sweep_views.grid(wanted)
    assert "<script" not in page
    assert "<b>" not in page
    assert "<i>" not in page


@pytest.mark.parametrize("number", [-1, 18, 1.0, True, "1", None])
def test_a_cell_that_is_not_there_is_refused(wanted, number):
    with pytest.raises(RequestError, match="picture is"):
        contact.cell(wanted, number)


def test_a_table_holds_every_picture_and_runs_no_formula(swept):
    rows = contact.rows(swept)
    text = exports.table(rows, {}, "csv").decode().splitlines()
    assert text[0] == "prompt,seed,guidance,steps,steps_asked,clip_score"
    assert len(text) == 19
    told = json.loads(exports.table(rows, {"model": "fake", "request": BASE.to_dict()}, "json"))
    assert [row["guidance"] for row in told["rows"]] == [0] * 6 + [1] * 6 + [4] * 6
    assert Request.from_dict(told["request"]) == BASE
    assert exports.table([{"a": "=1+1", "b": np.float64("nan"), "c": -1}], {}, "csv") == b"a,b,c\r\n'=1+1,,-1\r\n"


def grid(swept, *prompts: str) -> tuple[Image.Image, np.ndarray]:
    """The saved grid of these prompts, of one scale and seed, and its ink: True where there is text."""
    base = replace(swept.sweep, scales=(1.0,), seeds=(3,), prompts=prompts)
    count = len(base.requests)
    image = Image.open(io.BytesIO(contact.to_png(replace(swept, sweep=base, pictures=swept.pictures[:count]))))
    image.load()
    return image, np.asarray(image.convert("L")) < 140


def margin(ink: np.ndarray, row: int) -> np.ndarray:
    top = contact.PAD + contact.HEAD + row * (contact.CELL + contact.GAP)
    return ink[top : top + 2 * contact.LINE + 2, : contact.PAD + contact.MARGIN - 2]


@pytest.mark.parametrize(
    "text", ["café", "piñata", "красное яблоко", "μῆλον", "jabłko", "quả táo", "a “red” apple – 1 €"]
)
def test_letters_that_the_font_has_are_drawn_as_they_are(swept, text):
    assert lettering.shows(text)
    assert contact._label(text, 1) == ([text], "")
    image, ink = grid(swept, text, "".join(lettering.LACKING if char.isalpha() else char for char in text))
    assert image.text["Description"].startswith(f"prompt 1: {text}\n")
    assert not np.array_equal(margin(ink, 0), margin(ink, 1))


@pytest.mark.parametrize("text", ["红苹果", "りんご", "تفاحة حمراء", "סוס", "🍎 apple", "\ufdd0"])
def test_a_prompt_in_other_letters_is_numbered_and_stands_in_the_file(swept, text):
    image, ink = grid(swept, "a fox", text)
    assert image.text["Description"].startswith(f"prompt 1: a fox\nprompt 2: {text}\nfake · DDIM")
    plain, as_numbered = grid(swept, "a fox", "prompt 2")
    np.testing.assert_array_equal(margin(ink, 1), margin(as_numbered, 1))
    below = ink[plain.height :]
    assert below.any(), "a note below the grid"
    lines, note = contact._label(text, 2)
    assert lettering.shows(" ".join([*lines, note])), "nothing is drawn as a box"


def test_a_long_prompt_is_cut_beside_the_grid_and_whole_below_it(swept):
    prompt = "a red apple and a blue bird beside a yellow taxi under a tree, " * 3 + "x" * 300
    lines, note = contact._label(prompt.strip(), 3)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    used, room = lettering.font(15), contact.MARGIN - contact.PAD
    assert all(used.getlength(line) <= room for line in lines)
    assert note == f"prompt 3: {prompt.strip()}"
    below = lettering.wrapped(note, 300, used)
    assert all(used.getlength(line) <= 300 for line in below)
    assert "".join(below).replace(" ", "") == note.replace(" ", "")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_a_prompt_of_two_lines_is_one_prompt_and_stays_one(service, tmp_path, end):
    base = Request(f"a red apple{end}on a black background", steps=3)
    wanted = sweep.plan("fake", base, "1, 4", "", "0")
    assert wanted.prompts == ("a red apple on a black background",)
    *_, traces = service.stream_many("fake", wanted.requests)
    (tmp_path / "grid.png").write_bytes(contact.to_png(sweep.judge(service.engine("fake"), wanted, traces)))
    named, _ = contact.carried(links.read_png(tmp_path / "grid.png"))
    assert sweep.plan("fake", links.from_png(tmp_path / "grid.png")[1], **named).requests == wanted.requests
    typed = sweep.plan("fake", base, "1, 4", f"a fox{end}a tree", "0")
    assert typed.prompts == ("a fox", "a tree")


def test_a_grid_that_was_saved_with_a_prompt_of_two_lines_is_read_as_one(tmp_path):
    prompt = "a red apple\non a black background"
    request = Request(prompt, steps=3).to_dict()
    info = PngImagePlugin.PngInfo()
    settings = {"model": "m", "request": request, "sweep": {"scales": "1, 4", "seeds": "0", "prompts": prompt}}
    info.add_text(links.PNG_KEY, json.dumps(settings))
    Image.new("RGB", (8, 8)).save(tmp_path / "old.png", pnginfo=info)
    assert contact.carried(links.read_png(tmp_path / "old.png"))[0]["prompts"] == "a red apple on a black background"


@given(st.lists(st.floats(0, 30).map(lambda scale: round(scale, 9)), min_size=1, max_size=8, unique=True))
def test_scales_are_read_back_as_they_were(scales):
    typed = contact.texts(sweep.Sweep("m", BASE, tuple(scales), ("a",), (0,)))["scales"]
    assert ranges.numbers("scales", typed, 64) == scales
