"""The sheet of keys, the way past the sidebar, and a ring around what has the focus."""

import pytest

STOP = """() => {
    const one = document.activeElement, { width, height } = one.getBoundingClientRect(), around = [one];
    while (around.length < 4) around.push(around.at(-1).parentElement);  // a list of options has it around the field
    return [
        one.getAttribute('aria-label') ?? one.innerText,
        width > 0 && height > 0 && getComputedStyle(one).opacity !== '0',
        around.some((each) => getComputedStyle(each).outlineStyle === 'solid'), one.matches('[role=tab]'),
    ];
}"""


def test_a_question_mark_opens_and_closes_the_sheet(page):
    page.get_by_role("tab", name="Generate", exact=True).focus()
    page.keyboard.press("?")
    page.wait_for_selector(".ds-keys[open] >> text=play or pause")
    page.keyboard.press("Escape")
    page.wait_for_selector(".ds-keys", state="hidden")
    page.get_by_role("button", name="Keys").click()
    page.wait_for_selector(".ds-keys[open]")
    page.keyboard.press("?")
    page.wait_for_selector(".ds-keys", state="hidden")


def test_a_question_mark_in_the_prompt_is_text(page):
    page.get_by_label("Prompt", exact=True).fill("")
    page.get_by_label("Prompt", exact=True).press_sequentially("a fox?")
    assert page.get_by_label("Prompt", exact=True).input_value() == "a fox?"
    assert page.locator(".ds-keys[open]").count() == 0


def test_the_first_stop_leads_past_the_sidebar(page):
    page.evaluate("document.activeElement?.blur(); getSelection().removeAllRanges()")
    page.locator(".ds-skip").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.matches('#tabs [role=tab][aria-selected=true]')")


@pytest.mark.parametrize("field", ["#seed input", "#steps input", "#compare input", "#guidance input[type=number]"])
def test_what_has_the_focus_has_a_ring(page, field):
    page.locator(field).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.wait_for_function(f"document.activeElement.matches('{field}')")
    assert page.evaluate("getComputedStyle(document.activeElement).outline").endswith("solid 2px")


def test_every_stop_before_the_tabs_is_in_sight_and_has_a_ring(page):
    page.locator(".ds-skip").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, seen, ringed, arrived = page.evaluate(STOP)
        assert seen, name
        assert ringed, name
        if arrived:
            break
    assert arrived


def test_a_list_of_options_closes_when_a_key_leaves_it(page):
    page.locator("#steps input").focus()
    page.keyboard.press("Shift+Tab")
    page.wait_for_selector("[role=listbox]")
    page.keyboard.press("Tab")
    page.wait_for_selector("[role=listbox]", state="detached")


def test_nothing_slides_where_less_motion_is_asked_for(page):
    moves = (
        "[...document.querySelectorAll('.gradio-container *')].map((one) => getComputedStyle(one)).some((look) =>"
        " look.transitionProperty !== 'none' && look.transitionDuration !== '0s') === {}"
    )
    page.wait_for_function(moves.format("false"))
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function(moves.format("true"))
    page.emulate_media(reduced_motion="reduce")
