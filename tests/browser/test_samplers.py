"""The Samplers tab in a browser, over the fake engine."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def tab(page):
    page.get_by_role("tab", name="Samplers").click()
    page.wait_for_selector("#lanes-run")
    return page


def run(page, lanes):
    """Fill the lanes' fields (sampler's label, steps) and run them."""
    for lane in range(4):
        label, steps = lanes[lane] if lane < len(lanes) else ("No lane", 5)
        page.fill(f"#lane-{lane}-steps input", str(steps))
        page.click(f"#lane-{lane}-sampler input")
        page.wait_for_function("document.querySelectorAll('[role=listbox]').length === 1")  # the last one has gone
        page.get_by_role("option", name=label, exact=True).click()
    page.click("#lanes-run")
    page.wait_for_function(f"document.querySelectorAll('.ds-lane-open').length === {len(lanes)}")
    page.wait_for_selector("#lanes-clip .js-plotly-plot")


def picture(page, lane):
    return page.get_attribute(f"#lanes [data-frame='x0:{lane}']", "src")


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
    assert "network calls" in tab.inner_text("#lanes")
    for title in tab.locator(".ds-measures dt").all():
        assert len(title.get_attribute("title")) > 20, "its definition is one hover away"


def test_two_lanes_lie_over_each_other(tab, wait):
    run(tab, [("DDIM", 5), ("Heun", 8)])
    stage = tab.locator(".ds-ab-stage")
    stage.locator("input").focus()
    tab.keyboard.press("ArrowRight")
    wait(lambda: stage.evaluate("one => one.style.getPropertyValue('--split')") == "51%")
    tab.select_option("[data-side=b]", "0")
    wait(lambda: tab.get_attribute("[data-part=b]", "src") == picture(tab, 0))


def test_a_preset_fills_the_lanes_and_a_lane_opens_in_generate(tab, wait):
    tab.click("#preset-1")
    wait(lambda: tab.locator("#lanes-caption p").count())
    tab.wait_for_selector(".ds-lane-mean", timeout=90_000)
    assert tab.input_value("#lane-1-sampler input") == "DDPM without the noise"
    assert "to the data's mean" in tab.inner_text("#lanes")
    tab.locator(".ds-lane-open").nth(1).click()
    wait(lambda: tab.get_by_role("tab", name="Generate").get_attribute("aria-selected") == "true")
    wait(lambda: tab.input_value("#sampler input") == "DDPM without the noise")
    tab.wait_for_function("document.querySelector('#strip td')")


def test_stop_keeps_what_there_is(tab, wait):
    tab.click("#preset-0")
    wait(lambda: "of 1000" in tab.inner_text("#lanes"))
    tab.click("#lanes-stop")
    tab.wait_for_selector(".ds-lane-open")
    assert "stopped after" in tab.inner_text("#lanes")
    wait(lambda: tab.locator("#lanes-norm .js-plotly-plot").count())


def test_the_curves_leave_as_files(tab):
    run(tab, [("DDIM", 5)])
    for kind in ("csv", "json"):
        with tab.expect_download() as waiting:
            tab.click(f"#lanes-{kind}")
        data = waiting.value.path().read_text()
        rows = json.loads(data)["rows"] if kind == "json" else data.splitlines()[1:]
        assert len(rows) == 41


def test_step_k_of_a_long_run_and_short_runs(tab):
    tab.click("#rows-run")
    tab.wait_for_function("document.querySelectorAll('#rows img').length === 12")


def test_the_same_destination_can_be_checked_and_stopped(tab, wait):
    tab.fill("#clouds-count input", "8")
    tab.click("#clouds-run")
    tab.wait_for_selector("#clouds-told abbr")
    assert "p = " in tab.inner_text("#clouds-told")
    wait(lambda: tab.locator("#clouds .js-plotly-plot").count())
    tab.fill("#clouds-count input", "64")
    tab.click("#clouds-run")
    tab.wait_for_selector("#clouds-status .ds-progress")
    tab.click("#clouds-stop")
    wait(lambda: tab.locator("#clouds-status .ds-progress").count() == 0)
    tab.fill("#clouds-count input", "3")
    tab.click("#clouds-run")
    tab.get_by_text("pictures is 3").wait_for()


def test_a_link_brings_its_lanes_back(visit, wait):
    page = visit("?tab=samplers&lanes=heun:7:0,ddim:9:0.5&prompt=a+tree&seed=4", ready=False)
    page.wait_for_function("document.querySelector('#lane-1-eta input')?.value === '0.5'")
    assert page.input_value("#lane-0-sampler input") == "Heun"
    assert page.input_value("#lane-2-sampler input") == "No lane"
    page = visit("?tab=samplers&lanes=rubbish", ready=False)
    page.get_by_text("lanes is 'rubbish'").wait_for()


def test_nothing_overflows_on_a_phone(visit, wait):
    page = visit("?tab=samplers", ready=False, viewport={"width": 390, "height": 844})
    page.wait_for_selector("#lanes-run")
    run(page, [("DDIM", 5), ("DDPM", 9)])
    wait(lambda: page.locator("#lanes-map .js-plotly-plot").count())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
