"""The Samplers tab in a browser, over the fake engine."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest

from core import quality
from core.updates import SAMPLERS

THROUGH = """() => {
    const rail = [...document.querySelectorAll('.ds-rail-block')].find((one) => one.offsetParent);
    const { left, right, top, bottom } = rail.getBoundingClientRect(), over = new Set();
    for (let x = left + 1; x < right; x += 8) for (let y = top + 1; y < Math.min(bottom, innerHeight); y += 6) {
        const there = document.elementFromPoint(x, y);
        if (there && !rail.contains(there)) over.add(there.textContent);
    }
    return [...over];
}"""  # what lies over the rail


@pytest.fixture
def tab(page):
    """The tab after its first comparison, which runs by itself when the tab is first seen."""
    page.get_by_role("tab", name="Samplers").click()
    page.wait_for_selector("#lanes-clip .js-plotly-plot")
    return page


def run(page, lanes):
    """Fill the lanes' fields (sampler's label, steps) and run them."""
    titles = {row.label: row.title for row in SAMPLERS.values()}
    for lane in range(4):
        label, steps = lanes[lane] if lane < len(lanes) else ("none", 5)
        choose(page, lane, titles.get(label, label))
        if label != "none":
            page.fill(f"#lane-{lane}-steps input", str(steps))
    page.evaluate("document.querySelectorAll('.ds-lane-open').forEach((button) => button.remove())")  # of the last run
    page.click("#lanes-run")
    page.wait_for_function(f"document.querySelectorAll('.ds-lane-open').length === {len(lanes)}")
    page.wait_for_selector("#lanes-clip .js-plotly-plot")


def choose(page, lane, title):
    page.click(f"#lane-{lane}-sampler input")
    page.wait_for_function("document.querySelectorAll('[role=listbox]').length === 1")  # the last one has gone
    page.get_by_role("option", name=title, exact=True).click()


def picture(page, lane):
    return page.get_attribute(f"#lanes [data-frame='x0:{lane}']", "src")


def test_the_tab_opens_with_a_comparison(visit):
    page = visit()
    page.get_by_role("tab", name="Samplers").click()
    page.wait_for_function("document.querySelectorAll('.ds-lane-open').length === 2")
    assert "step 50 of 50" in page.inner_text("#lanes")
    assert "two ways from one noise" in page.inner_text("#lanes-caption")
    assert "lanes=ddim%3A25%3A0%2Cddpm%3A50%3A0" in page.url
    assert page.locator(".toast-body").count() == 0, "no other tab has tried to run what nobody asked for"
    page.get_by_role("tab", name="Generate").click()
    page.evaluate("document.querySelectorAll('.ds-lane-open').forEach((button) => button.remove())")
    page.get_by_role("tab", name="Samplers").click()
    page.fill("#lane-0-steps input", "7")
    page.click("#lanes-run")
    page.wait_for_selector(".ds-lane-open")
    assert "step 7 of 7" in page.inner_text("#lanes"), "it runs by itself but once"


def test_lanes_run_side_by_side_and_follow_one_rail(tab, wait):
    run(tab, [("DDIM", 5), ("DDPM", 40)])
    wait(lambda: "step 40 of 40" in tab.inner_text("#lanes"))
    assert "step 5 of 5" in tab.inner_text("#lanes")
    end = picture(tab, 0), picture(tab, 1)
    tab.evaluate("driftscope.goto('samplers', 0)")
    wait(lambda: "step 0 of 40" in tab.inner_text("#lanes"))
    assert "step 0 of 5" in tab.inner_text("#lanes")
    assert picture(tab, 0) == picture(tab, 1) != end[0], "one prompt, one noise"
    tab.keyboard.press("End")
    wait(lambda: (picture(tab, 0), picture(tab, 1)) == end)
    assert "lanes=ddim%3A5%3A0%2Cddpm%3A40%3A0" in tab.url
    assert tab.locator("#lanes-map .js-plotly-plot").count() == 1
    assert "predictions" in tab.inner_text("#lanes")
    for title in tab.locator(".ds-measures dt").all():
        assert len(title.get_attribute("title")) > 20, "its definition is one hover away"


def test_eta_is_a_field_where_the_sampler_reads_it(tab, wait):
    choose(tab, 1, SAMPLERS["ddpm"].title)
    tab.locator("#lane-1-eta").wait_for(state="hidden")
    assert tab.inner_text("#lane-1-own-eta").split() == ["Eta", "1"]
    assert tab.locator("#lane-0-eta input").is_visible(), "DDIM reads it"
    choose(tab, 1, SAMPLERS["ddim"].title)
    tab.locator("#lane-1-eta input").wait_for()
    assert tab.inner_text("#lane-1-own-eta").strip() == ""
    choose(tab, 1, "none")
    tab.locator("#lane-1-steps").wait_for(state="hidden")


def test_pictures_are_in_sight_on_a_small_screen(tab):
    run(tab, [("DDIM", 5), ("DDPM", 8)])
    tab.set_viewport_size({"width": 1280, "height": 720})
    tab.evaluate("scrollTo(0, 0)")
    box = "(one) => { const { top, bottom } = one.getBoundingClientRect(); return [top, bottom]; }"
    top, bottom = tab.locator("#lanes img").first.evaluate(box)
    rail, _ = tab.locator(".ds-rail-block").locator("visible=true").first.evaluate(box)
    tab.set_viewport_size({"width": 1280, "height": 900})
    assert (min(rail, bottom) - top) / (bottom - top) > 0.75


def test_two_lanes_lie_over_each_other(tab, wait):
    run(tab, [("DDIM", 5), ("Heun", 8)])
    stage = tab.locator(".ds-ab-stage")
    stage.locator("input").focus()
    tab.keyboard.press("ArrowRight")
    wait(lambda: stage.evaluate("one => one.style.getPropertyValue('--split')") == "51%")
    tab.select_option("[data-side=b]", "x0:0")
    wait(lambda: tab.get_attribute("[data-part=b]", "src") == picture(tab, 0))


def test_a_preset_fills_the_lanes_and_a_lane_opens_in_generate(tab, wait):
    tab.click("#preset-1")
    wait(lambda: tab.locator("#lanes-caption p").count())
    tab.wait_for_selector(".ds-lane-mean", timeout=90_000)
    assert tab.input_value("#lane-1-sampler input") == "DDPM, no added noise"
    assert "result to mean" in tab.inner_text("#lanes")
    tab.wait_for_selector("#lanes-mean .js-plotly-plot")
    maps = "document.querySelector('#lanes-map .ds-plot').data.at(-1)"
    wait(lambda: tab.evaluate(f"[{maps}.name, {maps}.type]") == ["mean of the data", "scatter"])
    tab.locator("#lanes-dims").get_by_text("3-D").click()
    wait(lambda: tab.evaluate(f"[{maps}.name, {maps}.type]") == ["mean of the data", "scatter3d"])
    tab.locator(".ds-lane-open").nth(1).click()
    wait(lambda: tab.get_by_role("tab", name="Generate").get_attribute("aria-selected") == "true")
    wait(lambda: tab.input_value("#sampler input") == "DDPM, no added noise")
    tab.wait_for_function("document.querySelector('#strip td')")


def test_stop_keeps_what_there_is(tab, wait):
    tab.click("#preset-0")
    tab.wait_for_selector("#lanes-status .is-running")
    wait(lambda: "of 1000" in tab.inner_text("#lanes"))
    tab.click("#lanes-stop")
    tab.wait_for_selector(".ds-lane-open")
    assert "stopped after" in tab.inner_text("#lanes")
    wait(lambda: tab.locator("#lanes-norm .js-plotly-plot").count())
    tab.wait_for_function("location.search.includes('lanes-stopped=')")


def test_lanes_that_were_stopped_run_as_far_again(visit):
    page = visit("?tab=samplers&lanes=ddim:20:0,ddpm:40:0&lanes-stopped=9&prompt=a+tree&seed=4&steps=5", ready=False)
    page.wait_for_function("document.querySelectorAll('.ds-lane-open').length === 2")
    titles = page.locator("#lanes h3").all_inner_texts()
    assert [title.rpartition(" · ")[2] for title in titles] == ["stopped after 4", "stopped after 5"]
    assert "lanes-stopped=9" in page.url
    page.click("#lanes-run")
    page.wait_for_function("!location.search.includes('lanes-stopped')")
    page.wait_for_selector("#lanes >> text=step 40 of 40")


def test_another_run_takes_over_and_the_next_lanes_run(tab, wait):
    tab.click("#preset-0")
    tab.wait_for_selector("#lanes-status .is-running")
    wait(lambda: "of 1000" in tab.inner_text("#lanes"))
    tab.click("#generate")
    wait(lambda: tab.inner_text("#lanes-status") == "Replaced by a newer run.")
    for plot in ("#lanes-map", "#lanes-norm"):  # of the lanes before
        tab.wait_for_selector(f"{plot} .ds-plot.is-empty", state="attached")
    assert tab.inner_text("#lanes-map-of").strip() == tab.inner_text("#lanes-curves-of").strip() == ""
    wait(lambda: " steps in " in tab.inner_text("#status"))
    run(tab, [("DDIM", 5), ("DDPM", 6)])
    assert "step 6 of 6" in tab.inner_text("#lanes")
    assert "· fake ·" in tab.inner_text("#lanes-map-of")
    assert "· fake ·" in tab.inner_text("#lanes-curves-of")


def test_lanes_of_another_model_or_seed_are_told_until_they_are_made_again(visit):
    page = visit("?tab=samplers&lanes=ddim:3:0&prompt=a+tree&seed=4&steps=5", ready=False)
    page.wait_for_selector(".ds-lane-open")
    page.wait_for_selector("#nearest img", state="attached")  # the sidebar's run too: as it is shown, the list closes
    page.wait_for_function("!document.body.classList.contains('ds-running')")
    page.click("#model input")
    page.get_by_role("option", name="other", exact=True).click()
    page.wait_for_selector("#lanes-advice >> text=made with another model. Run makes them again")
    page.click("#lanes-run")
    page.wait_for_selector("#lanes-advice >> text=another model", state="detached")
    page.wait_for_selector(".ds-lane-open")
    page.click("#generate")
    page.wait_for_selector("#lanes-advice >> text=made with another model and seed.")  # the fake engine has one name


def test_the_curves_leave_as_files(tab):
    run(tab, [("DDIM", 5)])
    for kind in ("csv", "json"):
        with tab.expect_download() as waiting:
            tab.click(f"#lanes-{kind}")
        data = waiting.value.path().read_text("utf-8")
        rows = json.loads(data)["rows"] if kind == "json" else data.splitlines()[1:]
        assert len(rows) == 41


def test_step_k_of_a_long_run_and_short_runs(tab):
    tab.click("#rows-run")
    tab.wait_for_function("document.querySelectorAll('#rows img').length === 12")


def drawn(page) -> list[int]:
    """How many pictures of each set the test of DDIM against DDPM says that it has."""
    found = re.search(r"(\d+) \+ (\d+) \+ (\d+) pictures", page.inner_text("#clouds-told"))
    return [int(count) for count in found.groups()] if found else [0, 0, 0]


def test_the_same_destination_can_be_checked_and_drawn_again(tab, wait):
    tab.fill("#clouds-count input", "8")
    tab.click("#clouds-run")
    tab.wait_for_selector("#clouds-told abbr")
    assert "p = " in tab.inner_text("#clouds-told")
    assert drawn(tab) == [8, 8, 8]
    wait(lambda: tab.locator("#clouds .js-plotly-plot").count())
    wait(lambda: tab.inner_text("#clouds-run") == "Draw again")
    tab.click("#clouds-run")
    tab.get_by_text("All 2 draws together").wait_for()
    assert drawn(tab) == [16, 16, 16]
    assert "of 2 below 0.05" in tab.inner_text("#clouds-told")
    tab.fill("#clouds-count input", "3")
    tab.click("#clouds-run")
    tab.locator("#clouds-status .is-error", has_text="pictures is 3").wait_for()
    tab.locator(".toast-body", has_text="pictures is 3").wait_for()


def test_stop_in_the_middle_compares_the_pictures_that_are_there(tab, wait):
    before = drawn(tab)
    done = "Number(/(\\d+) of/.exec(document.querySelector('#clouds-status').textContent)?.[1])"
    tab.fill("#clouds-count input", "24")
    tab.click("#clouds-run")
    tab.wait_for_function(f"{done} >= 40")  # 13 of each set
    tab.click("#clouds-stop")
    wait(lambda: drawn(tab) != before)
    after = drawn(tab)
    assert all(8 <= now - then < 24 for now, then in zip(after, before, strict=True)), (before, after)
    assert tab.locator("#clouds-status .is-running").count() == 0
    points = "document.querySelector('#clouds .ds-plot')._fullData?.map((one) => one.x?.length)"
    wait(lambda: tab.evaluate(points) == after)
    tab.click("#clouds-run")
    tab.wait_for_selector("#clouds-status .is-running")
    tab.click("#clouds-stop")
    wait(lambda: "Stopped too early" in tab.inner_text("#clouds-status"))
    assert drawn(tab) == after, "what was drawn before stays"


@pytest.fixture
def measured(site, monkeypatch, tmp_path):
    """The fake engine with curves of quality in its folder, as `evaluate --curves` leaves them; and an exact model."""
    rng = np.random.default_rng(0)
    band = {metric: [0.5, 0.4, 0.6] for metric in quality.METRICS}
    points = [{"sampler": sampler, "steps": steps, **band} for sampler, steps in quality.POINTS]
    settings = {"pictures": 64, "guidance": 4.0, "renderings": 512}
    results = {"settings": settings, "floor": [0.1, 0.1, 0.1], "points": points}
    strip = quality.strip(rng.integers(0, 255, (12, 8, 8, 3)).astype(np.uint8))
    samples = {quality.name(*point): strip for point in quality.POINTS}
    reference = quality.Reference([f"a fox {n}" for n in range(16)], site.engine.clip.text([str(n) for n in range(40)]))
    derived = {"name": "fake", "kind": "none", "summary": "random pictures", "of": "fake"}
    (tmp_path / "manifest.json").write_text(json.dumps(derived), "utf-8")
    quality.save(tmp_path, quality.Curves(results, samples, reference))
    (tmp_path / "eval.json").write_text(json.dumps({"curves": results}), "utf-8")
    monkeypatch.setattr(site.engine, "model", dataclasses.replace(site.engine.model, folder=tmp_path))
    monkeypatch.setattr(site.engine, "delay", 0.03)  # long enough to press Stop
    monkeypatch.setattr(site.service, "models", lambda: ["fake", "exact"])


def click_point(page, plot: str, series: int, place: int) -> None:
    point = f"{{curveNumber: 0, pointNumber: {place}, customdata: [{series}, {place}], data: {{name: ''}}}}"
    page.evaluate(f"document.querySelector('#{plot} .ds-plot').emit('plotly_click', {{points: [{point}]}})")


def test_quality_is_measured_again_here_and_a_link_brings_its_lanes_back(visit, site, wait, measured, monkeypatch):
    page = visit("?tab=samplers&lanes=heun:7:0,ddim:9:0.5&prompt=a+tree&seed=4&steps=5", ready=False)
    page.wait_for_function("document.querySelectorAll('.ds-lane-open').length === 2")
    assert page.input_value("#lane-0-sampler input") == "Heun"
    assert page.input_value("#lane-1-eta input") == "0.5"
    assert page.input_value("#lane-2-sampler input") == "none"
    assert "step 7 of 7" in page.inner_text("#lanes")
    assert "step 9 of 9" in page.inner_text("#lanes")
    assert "“a tree” · seed 4" in page.inner_text("#lanes-status")
    names = "document.querySelector('#quality-clip .ds-plot').data.map((one) => one.name ?? '').join()"
    page.wait_for_function(f"{names}.includes('Heun')")
    click_point(page, "quality-clip", 0, 0)
    wait(lambda: page.inner_text("#quality-picked") == "DDIM, 2 steps")
    assert page.locator("#quality-picked img").count() == 12
    monkeypatch.setattr(site.engine, "delay", 0.05)  # there must be something to stop
    page.click("#quality-run")
    page.wait_for_function(f"{names}.includes('DDIM, here')")
    page.click("#quality-stop")
    wait(lambda: page.inner_text("#quality-status").startswith("Stopped: "))
    assert "Heun, here" not in page.evaluate(names)
    assert "Hollow points were measured here" in page.inner_text("#quality-told")
    click_point(page, "quality-clip", 4, 0)
    wait(lambda: page.inner_text("#quality-picked") == "DDIM, here, 2 steps")
    assert page.locator("#quality-picked img").count() == 16
    with page.expect_download() as waiting:
        page.click("#quality-csv")
    where = [line.split(",")[0] for line in waiting.value.path().read_text("utf-8").splitlines()[1:]]
    assert where.count("shipped") == len(quality.POINTS)
    assert 1 <= where.count("here") < 16
    page.click("#preset-1")
    page.click("#lanes-exact")
    page.get_by_text("The exact denoiser knows").wait_for()
    page.wait_for_selector(".ds-lane-mean")
    page.wait_for_selector("#lanes-exact", state="hidden")
    assert "lanes-model=exact" in page.url
    assert page.input_value("#model input") != "exact", "the sidebar stays as it was"
    assert page.input_value("#guidance input[type=number]") == "4"
    page.click("#lanes-back")
    page.wait_for_selector("#lanes-back", state="hidden")
    page.wait_for_selector(".ds-lane-open")


def test_rubbish_in_a_link_is_refused_in_words(visit):
    page = visit("?tab=samplers&lanes=rubbish", ready=False)
    page.get_by_text("lanes is 'rubbish'").wait_for()
    page.wait_for_function("document.querySelectorAll('.ds-lane-open').length === 2")


def test_nothing_overflows_on_a_phone(visit, wait):
    page = visit("?tab=samplers", ready=False, viewport={"width": 390, "height": 844})
    page.wait_for_selector("#lanes-clip .js-plotly-plot")
    wait(lambda: page.locator("#lanes-map .js-plotly-plot").count())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for height in range(500, 900, 20):  # wherever its fields are, none of them shows through the rail
        page.set_viewport_size({"width": 390, "height": height})
        assert page.evaluate(THROUGH) == [], height
