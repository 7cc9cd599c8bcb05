"""The pages of their own that tabs save, opened from disk, without a network and without scripts."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page

from dashboard.tabs.guidance.ranges import numbers
from tests.browser.conftest import query

HOSTILE = "</script><img src=x onerror=window.hit=1><script>window.hit=1</script>"
RUN = "prompt=a+fox&seed=2&steps=8"


@dataclass(frozen=True)
class Saved:
    """A page that was saved: its file, and what the address said of what it shows."""

    path: Path
    asked: dict


@pytest.fixture
def save(visit, tmp_path, wait):
    """save(query, ready, button) waits for a selector, or until ready(page), and presses a button."""

    def saving(address: str, ready, button: str) -> Saved:
        page = visit(address, ready=False)
        if callable(ready):
            wait(lambda: ready(page), 30)
        else:
            page.wait_for_selector(ready, state="attached")
        page.wait_for_function("!document.body.classList.contains('ds-running')")
        with page.expect_download() as waiting:
            page.click(button)
        waiting.value.save_as(path := tmp_path / "run.html")
        return Saved(path, query(page))

    return saving


@pytest.fixture
def read(browser, problems):
    """read(saved, **context) opens it from disk, offline; whatever it asks for or complains of is a problem."""
    contexts = []

    def reading(saved: Saved, **options) -> Page:
        looks = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        contexts.append(context := browser.new_context(offline=True, **looks | options))
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith(("data:", "file:")) else problems.append(one.url))
        page.goto(saved.path.as_uri())
        return page

    yield reading
    for context in contexts:
        context.close()


def meant(name: str, text: str) -> object:
    """What a setting says, whichever way it is written: a sweep's numbers are typed as ranges and kept as lists."""
    return numbers(name, text, 64) if name in ("seeds", "scales") else text


def link(page: Page) -> dict:
    """What the link back says."""
    return dict(parse_qsl(urlsplit(page.get_attribute(".ds-live", "href")).query))


def test_a_run_plays_from_its_file(save, read, site, wait):
    made = "?prompt=a+rocket&seed=5&steps=20", lambda page: "20 steps in" in page.inner_text("#status"), "#save-html"
    page = read(save(*made))
    assert page.inner_text("h1") == "a rocket · seed 5"
    shown = lambda: page.get_attribute(".ds-big img", "src")  # noqa: E731
    assert page.inner_text(".ds-rail output") == "Step 20 of 20"
    last = shown()
    page.keyboard.press("Home")
    wait(lambda: page.inner_text(".ds-rail output") == "Step 0 of 20")
    assert shown() != last
    page.keyboard.press("ArrowRight")
    wait(lambda: page.inner_text(".ds-rail output") == "Step 1 of 20")
    rule = page.locator(".ds-sketch [data-moves] .line").first
    across = lambda: float(rule.get_attribute("d")[1:].split()[0])  # noqa: E731
    before = across()
    page.click(".ds-strip td[data-at='10'] >> nth=0")
    wait(lambda: page.inner_text(".ds-rail output") == "Step 10 of 20")
    assert across() > before
    page.click(".ds-play")
    wait(lambda: page.inner_text(".ds-rail output") == "Step 20 of 20")
    page.click(".ds-large")
    page.wait_for_selector(".ds-full img")
    assert page.get_attribute(".ds-full img", "src") == shown()
    assert page.locator(".ds-full .ds-play").is_visible()
    page.keyboard.press("f")
    page.wait_for_selector(".ds-full", state="detached")
    page.locator(".ds-term").first.focus()
    assert page.inner_text("#ds-told-term")
    assert page.get_attribute(".ds-live", "href").startswith(f"{site.url}?tab=generate&model=fake&prompt=a+rocket")


def test_lanes_play_from_their_file(save, read, wait):
    ran = lambda page: "s of work" in page.inner_text("#lanes-status")  # noqa: E731
    page = read(save("?tab=samplers&prompt=a+fox&seed=2&lanes=ddim:10:0,ddpm:20:0", ran, "#lanes-html"))
    assert page.locator(".ds-lane").count() == 2
    page.keyboard.press("Home")
    wait(lambda: page.inner_text("[data-text='at:1']") == "step 0 of 20")
    page.keyboard.press("End")
    wait(lambda: page.inner_text("[data-text='at:1']") == "step 20 of 20")
    page.locator(".ds-ab-stage input").fill("20")
    assert page.eval_on_selector(".ds-ab-stage", "one => one.style.getPropertyValue('--split')") == "20%"


PAGES = {  # address, what to wait for, the button, and how many of what the page shows
    "guidance": ("guidance&away=red", "#pair-plot-1 .main-svg", "#guidance-html", 5, ".ds-sketch"),
    "sweep": ("guidance&scales=1,+4&seeds=0-1", "#sweep-grid .is-done", "#sweep-html", 4, ".ds-sweep a[href*=seed]"),
    "trajectory": ("trajectory&view=plane", "#map .main-svg", "#map-html", 2, ".ds-map-pair img"),
    "variations": ("unclip", "#unclip-variations-told p", "#unclip-variations-html", 8, ".ds-shot a"),
    "words": ("unclip&unclip=from-words", "#unclip-words-told p", "#unclip-words-html", 1, ".ds-sketch"),
    "interpolate": (
        "unclip&unclip=interpolate", "#unclip-interpolate-told p", "#unclip-interpolate-html", 10, ".ds-shot a",
    ),
    "edit": ("unclip&unclip=edit-by-words", "#unclip-edit-told p", "#unclip-edit-html", 8, ".ds-shot a"),
    "numbers": (
        "unclip&unclip=how-much-is-in-it", "#unclip-numbers-told p", "#unclip-numbers-html", 10, ".ds-shot",
    ),
    "atlas": ("clip&clip-view=pca&clip-words=kitten", "#atlas .main-svg", "#atlas-html", 1, ".ds-sketch"),
    "similarity": ("clip&clip=similarity", "#matrix .main-svg", "#matrix-html", 1, ".ds-sketch"),
    "where": ("clip&clip=where&clip-where=a+fox", "#where-maps canvas", "#where-html", 3, ".ds-heat-stack"),
    "arithmetic": ("clip&clip=arithmetic", "#sum-found .ds-bar", "#sum-html", 10, ".ds-bar"),
    "zero-shot": ("clip&clip=zero-shot&clip-labels=fox,tree", "#labels-found .ds-bar", "#labels-html", 4, ".ds-bar"),
    "video": ("video&model=film", "#video-attention img", "#video-html", 7, ".ds-frames > button"),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_what_a_tab_shows_is_a_page_of_its_own(save, read, wait, name):
    tab, ready, button, count, what = PAGES[name]
    saved = save(f"?{RUN}&tab={tab}", ready, button)
    page = read(saved)
    assert page.locator(what).count() == count
    told = {one: meant(one, text) for one, text in link(page).items()}
    asked = {one: meant(one, text) for one, text in saved.asked.items() if one != "weights" or one in told}
    assert {one: told.get(one) for one in asked} == asked, "the link says what the address says"
    assert page.evaluate("[...document.images].every((one) => one.complete && one.naturalWidth)")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    if page.locator(".ds-rail").count():
        wait(lambda: page.inner_text(".ds-rail output") == "Step 8 of 8")
        drawn = lambda: page.evaluate("document.querySelector('.ds-follows').innerHTML")  # noqa: E731
        last = drawn()
        page.keyboard.press("Home")
        wait(lambda: drawn() != last)
        page.keyboard.press("End")
        wait(lambda: drawn() == last)


@pytest.mark.parametrize("name", ["guidance", "where", "video"])
def test_without_scripts_pictures_and_captions_are_there(save, read, name):
    tab, ready, button, count, what = PAGES[name]
    saved = save(f"?{RUN}&tab={tab}", ready, button)
    shown, plain = read(saved), read(saved, java_script_enabled=False)
    assert plain.locator(what).count() == count
    sources = lambda page: [one.get_attribute("src") for one in page.locator("img").all()]  # noqa: E731
    assert sources(plain) == sources(shown)
    told = "h1, .ds-heading > p, figcaption, [data-text]:not(output), .ds-told p"
    assert plain.locator(told).all_inner_texts() == shown.locator(told).all_inner_texts()
    assert not plain.locator(".ds-rail").first.is_visible()
    assert plain.locator("svg.ds-sketch").count() == shown.locator("svg.ds-sketch").count()


def test_a_hostile_prompt_is_read_and_not_run(save, read):
    for tab, ready, button in (
        ("generate", lambda page: "8 steps in" in page.inner_text("#status"), "#save-html"),
        ("guidance&scales=1,+4&seeds=0", "#sweep-grid .is-done", "#sweep-html"),
    ):
        page = read(save(f"?seed=2&steps=8&tab={tab}&prompt={HOSTILE}", ready, button))
        assert HOSTILE in page.inner_text("h1")
        assert link(page)["prompt"] == HOSTILE
        assert page.evaluate("window.hit") is None
        assert page.locator("[onerror]").count() == 0


def test_the_link_of_a_page_shows_the_same_live(save, read, visit):
    tab, ready, button, count, _ = PAGES["sweep"]
    page = read(save(f"?{RUN}&tab={tab}", ready, button))
    live = visit(f"?{urlsplit(page.get_attribute('.ds-live', 'href')).query}", ready=False)
    live.wait_for_selector(ready)
    assert live.locator("#sweep-grid td a").count() == count
