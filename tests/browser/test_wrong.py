"""What the server refuses stands at the field that it is about, until that is changed."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard import theme
from tests.browser.conftest import lasting, setting, turned_to, until
from tests.browser.test_access import RULES

MARKS = "document.querySelectorAll('[aria-invalid], p.ds-wrong:not(.ds-quiet)').length"


@pytest.fixture(scope="module")
def opened(site, shared):
    yield from lasting(site, shared, "", "#nearest img")


@pytest.fixture
def page(opened, problems):
    yield from turned_to("Generate", opened, problems)


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


def assert_marked(page, field, allowed: str) -> None:
    """The field is marked and says what is allowed, in a colour for that, as a message does; nothing else is."""
    page.wait_for_selector(f".toast-body >> text={allowed}")
    page.wait_for_selector(f"p.ds-wrong >> text={allowed}")
    assert field.get_attribute("aria-invalid") == "true"
    note = page.locator(f"#{field.get_attribute('aria-describedby')}")
    assert note.inner_text().startswith("It must be ")
    assert note.evaluate("note => getComputedStyle(note).color") == rgb(theme.INK["wrong"][0])
    assert page.evaluate(MARKS) == 2
    page.evaluate("document.querySelectorAll('.toast-close').forEach((button) => button.click())")


def assert_cleared(page) -> None:
    page.wait_for_function(f"{MARKS} === 0")


def test_a_setting_of_the_sidebar(page):
    for name, wrong, allowed, right in (
        ("Steps", "0", "a whole number from 1 to 1000", "25"), ("Seed", "-4", "a whole number from 0", "1"),
        ("Seed", "", "a whole number from 0", "1"), ("Prompt", "x" * 1001, "at most 1000 characters", "a fox"),
    ):  # fmt: skip
        field = setting(page, name)
        field.fill(wrong)
        page.get_by_role("button", name="Generate", exact=True).click()
        assert_marked(page, field, allowed)
        assert Axe().run(page, ".ds-side", RULES).response["violations"] == []
        field.fill(right)
        assert_cleared(page)


def test_of_fields_of_one_name_the_one_that_was_refused(page):
    page.get_by_role("tab", name="Samplers", exact=True).click()
    page.wait_for_selector("#lanes-status >> text=of work")
    for lane, wrong in ((1, "0"), (0, "1001")):
        field = page.locator(f"#lane-{lane}-steps input")
        field.fill(wrong)
        page.locator("#lanes-run").click()
        assert_marked(page, field, "a whole number from 1 to 1000")
        field.fill("25")
        assert_cleared(page)
    setting(page, "Steps").fill("0")
    page.get_by_role("button", name="Generate", exact=True).click()
    assert_marked(page, setting(page, "Steps"), "a whole number from 1 to 1000")
    setting(page, "Steps").fill("25")
    assert_cleared(page)


def test_a_list_of_which_a_part_is_wrong(page):
    page.get_by_role("tab", name="Guidance", exact=True).click()
    field = page.locator("#sweep-scales input, #sweep-scales textarea").first
    field.fill("1, 2, 0, 1,5, 3")
    page.locator("#sweep-run").click()
    assert_marked(page, field, "0, 1.5, 3 for decimals")
    field.fill("1, 2")
    assert_cleared(page)


def test_of_the_lab_and_not_of_the_sidebar_that_it_hides(page):
    page.get_by_role("tab", name="2-D lab", exact=True).click()
    page.wait_for_selector("#lab-told p")
    page.get_by_text("Points, seed, schedule").click()
    field = page.locator("#lab-seed input")
    # a field that was folded away is given its value once more by Gradio, a moment after it is there
    until(lambda: field.fill("-3") or page.wait_for_timeout(300) or field.input_value() == "-3")
    field.press("Enter")
    assert_marked(page, field, "a whole number from 0 to 99999")
    field.fill("0")
    assert_cleared(page)
    field.press("Enter")


@pytest.mark.parametrize("folded", [True, False])
def test_a_phone_unfolds_the_settings_that_hold_it(visit, folded):
    page = visit("?steps=25", viewport={"width": 390, "height": 844})
    page.locator("#fold-settings button").click()
    setting(page, "Steps").fill("0")
    if folded:
        page.locator("#fold-settings button").click()
    page.get_by_role("button", name="Generate", exact=True).click()
    assert_marked(page, setting(page, "Steps"), "a whole number from 1 to 1000")
    assert setting(page, "Steps").is_visible()
