"""The Video tab in a browser, over the fake engine of videos."""

from __future__ import annotations

import io

import av
import pytest

MADE = "#video-attention img"


def opened(visit, query, **options):
    """The tab once the run that the page opens with is over."""
    page = visit(f"?tab=video{query}", ready=False, **options)
    page.wait_for_selector("#nearest img", state="attached")
    page.wait_for_function("!document.body.classList.contains('ds-running')")
    return page


@pytest.fixture
def tab(visit):
    page = opened(visit, "&prompt=a+fox&seed=7&steps=12")
    page.click("#video-run")
    page.wait_for_selector(MADE)
    return page


def source(page, frame="x0"):
    return page.get_attribute(f"#video-stage [data-frame={frame}]", "src")


def test_a_video_is_made_scrubbed_and_saved(tab, wait):
    assert tab.locator("#video-matrix button").count() == 7
    tab.wait_for_selector("#video-path .js-plotly-plot")
    tab.wait_for_selector("#video-places .js-plotly-plot")
    assert "a fox · seed" in tab.inner_text("#video-told")
    assert tab.locator("#video-told dt").count() == 3
    end = source(tab)
    tab.locator("#video-matrix button").first.click()
    wait(lambda: source(tab) != end)
    noise = source(tab)
    tab.evaluate("driftscope.goto('video', 12)")
    wait(lambda: source(tab) == end)
    tab.evaluate("driftscope.goto('video', 0)")
    wait(lambda: source(tab) == noise)
    with tab.expect_download() as waiting:
        tab.click("#video-mp4")
    with av.open(io.BytesIO(waiting.value.path().read_bytes())) as file:
        assert len(list(file.decode(video=0))) >= 24
    for kind in ("webp", "gif", "zip", "npz"):
        with tab.expect_download() as waiting:
            tab.click(f"#video-{kind}")
        assert waiting.value.suggested_filename.startswith("a-fox-")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280


def test_an_example_is_made_at_a_click(visit):
    page = opened(visit, "&prompt=a+fox&steps=6")
    page.locator("#video-examples button", has_text="a penguin standing still").click()
    page.wait_for_selector("#video-told >> text=a penguin standing still · seed")
    assert page.get_by_label("Prompt", exact=True).input_value() == "a penguin standing still"


def test_the_loop_stands_still_for_who_wants_that_and_goes_on_at_a_click(tab, wait):
    loops = "document.querySelector('#video-stage .ds-loop img').getAnimations().map((one) => one.playState)"
    assert tab.evaluate(loops) == ["paused"], "the tests' browser asks for less motion"
    assert tab.inner_text("#video-play") == "Play loop"
    tab.click("#video-play button")
    wait(lambda: tab.inner_text("#video-play") == "Pause loop")
    assert tab.evaluate(loops) == ["running"]


def test_stop_keeps_what_there_is(visit, wait):
    page = opened(visit, "&prompt=a+fox&steps=400")
    page.click("#video-run")
    page.wait_for_function("document.querySelector('#video-stage [data-frame=x0]').src.length > 500")
    page.click("#video-stop")
    page.wait_for_selector(MADE)
    assert "Stopped after" in page.inner_text("#status")
    with page.expect_download() as waiting:
        page.click("#video-webp")
    assert waiting.value.suggested_filename.endswith(".webp")


def test_one_thing_changed_side_by_side_and_one_of_them_in_view(tab, wait):
    tab.get_by_text("A negative prompt", exact=True).click()
    tab.wait_for_selector("#video-negative", state="visible")
    listed = tab.locator("#video-negative input")
    for typed, told in (("a zorblat", "The negative prompt: “zorblat”"), ("a fox", "are the same")):
        listed.fill(typed)
        listed.press("Enter")
        tab.wait_for_selector(f"#video-negative-advice >> text={told}")
    listed.fill("moving to the left")
    listed.press("Enter")
    tab.wait_for_function("!document.querySelector('#video-negative-advice').innerText.includes('the same')")
    tab.click("#video-compare-run")
    tab.wait_for_selector("#video-compared [data-id='1']:not([disabled])")
    assert "compare-videos=negative" in tab.url
    with tab.expect_download() as waiting:
        tab.click("#video-compared-html")
    page = waiting.value.path().read_text("utf-8")
    assert page.count('<div class="ds-loop"><img src="data:image/jpeg') == 2
    assert "compare-videos=negative" in page
    tab.click("#video-compared [data-id='1']")
    tab.wait_for_selector("#video-told >> text=negative prompt “moving to the left”")
    assert "negative_prompt=moving" in tab.url
    assert "model=film" in tab.url


def test_a_link_brings_a_video_back(visit):
    query = "?tab=video&model=film&prompt=a+tree&seed=4&steps=6&shared_noise=0.5&compare-videos=noise"
    page = visit(query, ready=False)
    page.wait_for_selector(MADE)
    page.wait_for_selector("#video-told >> text=a tree · seed 4")
    page.wait_for_selector("#video-told >> text=50% of the starting noise shared")
    assert page.get_by_label("Noise shared by the frames").is_checked()


def test_before_there_is_a_video_the_tab_says_what_to_do(visit):
    page = opened(visit, "")
    assert "No video yet" in page.inner_text("#video-told")
    assert not page.locator("#video-panels").is_visible(), "no heads over nothing"
    page.click("#video-mp4")
    page.get_by_text("there before it can be saved").wait_for()


def test_nothing_overflows_on_a_phone(visit):
    phone = {"width": 390, "height": 844}
    page = visit("?tab=video&model=film&prompt=a+tree&seed=4&steps=6", ready=False, viewport=phone)
    page.wait_for_selector(MADE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
