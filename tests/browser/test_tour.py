"""The tour, walked by keyboard and by touch, and what it leaves in the browser."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlparse

import pytest

from dashboard.tabs.tour import route
from dashboard.tabs.tour.stop import Choices
from tests.browser.conftest import listen

HERE = ".tour-page:not([hidden])"
STOPS = len(route.STOPS)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}


def opened(page, number: int) -> None:
    ids = [*(one.id for one in route.PAGES), "summary"]
    page.wait_for_selector(f"{HERE}[data-page={ids[number - 1]}]")


def measured(page) -> None:
    page.wait_for_selector(f"{HERE} .tour-take")


def left(problems: list) -> None:
    """A page was left: Gradio complains of what it still asked, which is no fault of the page that is there now."""
    problems.clear()


def by_keyboard(page, selector: str) -> None:
    """Go on by Tab until this is reached, and press Enter."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return page.keyboard.press("Enter")
    raise AssertionError(f"{selector} cannot be reached by Tab")


def test_the_whole_tour_by_keyboard(site, browser, problems):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    listen(site, page, problems)
    page.goto(f"{site.url}?tab=tour&prompt=a+fox&seed=3&steps=5")
    opened(page, 1)
    page.locator(f"{HERE} h2").focus()
    for number, stop in enumerate(route.STOPS, 1):
        by_keyboard(page, ".tour-choice" if isinstance(stop.answers, Choices) else ".tour-measure")
        measured(page)
        assert page.locator(f"{HERE} .tour-verdict dd").count() == 2, "the guess stands beside the measurement"
        by_keyboard(page, ".tour-next")
        opened(page, number + 1)
        assert page.evaluate("document.activeElement.tagName") == "H2", "the reader begins at the head of each page"
    for number, review in enumerate(route.REVIEW, STOPS + 1):
        opened(page, number)
        assert not page.locator(f"{HERE} .tour-statements p").first.is_visible(), "no answer before the question"
        assert page.locator(f"{HERE} .tour-check").is_disabled(), "nothing is judged before something is ticked"
        for i, statement in enumerate(review.statements):
            if statement.true:
                page.locator(f"{HERE} input[type=checkbox]").nth(i).press("Space")
        by_keyboard(page, ".tour-check")
        page.wait_for_selector(f"{HERE} .tour-score >> text=You judged 4 of 4 statements correctly.")
        assert page.locator(f"{HERE} .tour-saw p").count() == len(review.stops)
        assert "Not answered yet" not in page.locator(f"{HERE} .tour-saw").inner_text()
        by_keyboard(page, ".tour-next")
    page.wait_for_selector(f"{HERE}.tour-summary")
    assert page.locator(".tour-list section").count() == len(route.PAGES)
    assert page.locator(".tour-contents .is-done").count() == len(route.PAGES)
    context.close()


def test_by_touch_on_a_phone_progress_stays_in_the_browser_and_can_be_deleted(site, browser, problems):
    context = browser.new_context(**PHONE)
    page = context.new_page()
    listen(site, page, problems)
    page.goto(f"{site.url}?tab=tour&stop=2&prompt=a+fox&seed=3&steps=5")
    opened(page, 2)
    page.locator(f"{HERE} .tour-choice").first.tap()
    measured(page)
    page.locator(f"{HERE} .tour-next").tap()
    opened(page, 3)
    page.locator(".tour-contents [data-go=clip]").tap()
    page.locator(f"{HERE} .tour-measure").tap()
    measured(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390, "nothing sticks out"
    for target in page.locator(f"{HERE} button:visible").all():
        assert target.bounding_box()["height"] >= 44, "a finger hits it"
    assert parse_qs(urlparse(page.url).query)["stop"] == ["8"]
    page.reload()
    opened(page, 8)
    left(problems)
    measured(page)
    kept = json.loads(page.evaluate("localStorage.getItem('driftscope-tour')"))
    assert set(kept["answers"]) == {"walk", "clip"}
    assert kept["answers"]["clip"]["guess"] == 4
    page.locator(".tour-contents [data-go=summary]").tap()
    assert page.locator(".tour-list section").count() == 2
    assert page.eval_on_selector(".fillable", "one => getComputedStyle(one).paddingInline") == "16px"
    page.emulate_media(media="print")
    assert page.locator(".tour-summary").is_visible()
    seen = [name for name in (".ds-header", ".tour-contents", ".ds-side") if page.locator(name).first.is_visible()]
    assert seen == [], "the summary is printed alone"
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Delete my progress").tap()
    page.wait_for_function("!localStorage.getItem('driftscope-tour')?.includes('guess')")
    opened(page, 20)
    left(problems)
    context.close()


def test_a_stop_leads_into_its_tab_and_back(site, browser, problems):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    listen(site, page, problems)
    page.goto(f"{site.url}?tab=tour&stop=2&prompt=a+fox&seed=3&steps=5")
    opened(page, 2)
    page.get_by_role("link", name="Open it there").locator("visible=true").click()
    page.wait_for_selector(".tour-bar >> text=In the 2-D lab")
    page.wait_for_selector("#lab-stage.tour-here")
    left(problems)
    asked = parse_qs(urlparse(page.url).query)
    assert (asked["tab"], asked["prompt"], asked["lab-data"]) == (["lab"], ["a fox"], ["spiral"])
    assert "from" not in asked
    page.get_by_role("button", name="Back to the tour").click()
    opened(page, 2)
    assert page.locator(".tour-bar").count() == 0
    context.close()


def test_a_stop_leads_on_with_the_model_that_it_measured(site, shared, problems):
    page = shared.new_page()
    listen(site, page, problems)
    page.goto(f"{site.url}?tab=tour&stop=1&model=other&prompt=a+fox&seed=3&steps=5")
    opened(page, 1)
    page.locator(f"{HERE} .tour-measure").click()
    measured(page)
    link = page.get_by_role("link", name="Open it there").locator("visible=true")
    link.focus()
    assert parse_qs(urlparse(link.get_attribute("href")).query)["model"] == ["fake"]
    page.close()


@pytest.mark.parametrize("stop", ["99", "<b>"])
def test_a_stop_that_there_is_not_opens_the_first(site, shared, problems, stop):
    page = shared.new_page()
    listen(site, page, problems)
    page.goto(f"{site.url}?tab=tour&stop={stop}")
    opened(page, 1)
    page.close()


def test_a_visitor_begins_in_generate_and_finds_the_tour_first_in_the_row(visit):
    page = visit()
    tabs = page.locator("#tabs > .tab-wrapper [role=tab]")
    assert tabs.first.inner_text() == "Tour"
    assert page.locator("#tabs > .tab-wrapper [role=tab][aria-selected=true]").inner_text() == "Generate"


def test_a_german_browser_shows_the_tour_in_german(site, browser, problems):
    context = browser.new_context(**PHONE, locale="de-AT")
    page = context.new_page()
    listen(site, page, problems)
    page.goto(f"{site.url}?tab=tour&prompt=a+fox&seed=3&steps=5")
    opened(page, 1)
    assert page.locator("#tabs > .tab-wrapper [role=tab]").first.inner_text() == "Rundgang"
    assert page.locator(f"{HERE} h2").inner_text() == "Vom Rauschen zum Bild"
    page.locator(f"{HERE} .tour-measure").tap()
    measured(page)
    assert "Ihre Vermutung" in page.locator(f"{HERE} .tour-verdict").inner_text()
    assert page.locator(".tour").count() == 1
    context.close()
