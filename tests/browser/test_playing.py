"""How a run is played: its speed, again and again, step by step, and on the whole screen."""

import pytest

from tests.browser.conftest import frame, run
from tests.browser.test_generate import step

RAIL = "#tabs .ds-rail >> nth=0"
SHOWN = "document.querySelector('#tabs .ds-rail output').innerText === 'Step {} of {}'"
WAITS = """() => {
  const wait = window.setTimeout;
  window.waits = [];
  window.setTimeout = (act, time, ...more) => {
    window.waits.push(time);
    return wait(act, Math.min(time, 20), ...more);
  };
}"""


@pytest.fixture
def short(page):
    """The everyday page with a run of 4 steps, its rail as it was found in the end."""
    run(page, "a fox", 4)
    yield page
    rail = page.locator(RAIL)
    if rail.locator(".ds-repeat").get_attribute("aria-pressed") == "true":
        rail.locator(".ds-repeat").click()
    while rail.locator(".ds-speed").inner_text() != "1×":
        rail.locator(".ds-speed").click()


def at(page, position: int, of: int = 4) -> None:
    page.wait_for_function(SHOWN.format(position, of))


def test_a_button_goes_one_step(short):
    rail = short.locator(RAIL)
    rail.get_by_role("button", name="One step back").click()
    at(short, 3)
    rail.get_by_role("button", name="One step back").click()
    at(short, 2)
    rail.get_by_role("button", name="One step forward").click()
    at(short, 3)


def test_the_speed_is_chosen_by_button_and_by_keys(short):
    rate = short.locator(RAIL).locator(".ds-speed")
    seen = []
    for _ in range(3):
        rate.click()
        seen.append(rate.inner_text())
    assert seen == ["2×", "½×", "1×"]
    for key, speed in (("<", "½×"), ("<", "½×"), (">", "1×"), (">", "2×"), (">", "2×")):
        short.keyboard.press(key)
        assert (rate.inner_text(), rate.get_attribute("aria-label")) == (speed, f"Speed {speed}")


def test_a_run_takes_the_same_time_at_its_speed_however_many_steps_it_has(visit):
    page = visit()
    run(page, "a fox", 4)
    page.evaluate(WAITS)
    for wait in (800, 400, 1600):  # at 1×, 2× and ½×
        page.evaluate("window.waits.length = 0")
        page.locator(RAIL).locator(".ds-play").click()
        page.wait_for_selector(".ds-play.is-playing")
        page.wait_for_selector(".ds-play.is-playing", state="detached")
        assert page.evaluate("window.waits.filter((time) => time >= 400)").count(wait) == 5
        page.locator(RAIL).locator(".ds-speed").click()


def test_repeat_plays_it_again_until_it_is_paused(short):
    rail = short.locator(RAIL)
    short.evaluate(
        """() => {
      window.steps = [];
      const told = document.querySelector('#tabs .ds-rail output');
      window.watching = new MutationObserver(() => window.steps.push(told.innerText[5]));
      window.watching.observe(told, { childList: true, characterData: true, subtree: true });
    }"""
    )
    rail.locator(".ds-speed").click()
    rail.locator(".ds-repeat").click()
    assert rail.locator(".ds-repeat").get_attribute("aria-pressed") == "true"
    rail.locator(".ds-play").click()
    short.wait_for_function("window.steps.join('').includes('0123401')")
    rail.locator(".ds-play").click()
    assert rail.locator(".ds-play").get_attribute("aria-label") == "Play"
    rail.locator(".ds-repeat").click()
    rail.locator(".ds-play").click()
    short.wait_for_selector(".ds-play.is-playing", state="detached")
    assert step(short) == "Step 4 of 4"
    short.evaluate("window.watching.disconnect()")


def test_nothing_begins_by_itself_where_less_motion_is_asked_for(visit):
    page = visit()
    page.wait_for_selector(".ds-repeat")
    assert page.locator(".ds-play.is-playing").count() == 0


def test_full_screen_shows_every_pixel_as_a_square_and_follows_the_rail(short):
    short.locator(RAIL).locator(".ds-large").click()
    image = short.locator(".ds-full img")
    image.wait_for()
    assert image.get_attribute("src") == frame(short, "x0")
    look = "one => [getComputedStyle(one).imageRendering, one.naturalWidth, one.getBoundingClientRect().width]"
    rendering, natural, width = image.evaluate(look)
    assert (rendering, natural) == ("pixelated", 8)
    assert width % natural == 0
    assert width > 600
    assert f"8 × 8 pixels, each {width // 8:.0f} × {width // 8:.0f} on the screen" in short.inner_text(".ds-full")
    before = image.get_attribute("src")
    short.keyboard.press("Home")
    at(short, 0)
    short.wait_for_function("src => document.querySelector('.ds-full img').src !== src", arg=before)
    assert image.get_attribute("src") == frame(short, "x0")
    short.locator(".ds-full .ds-forward").click()
    at(short, 1)
    short.keyboard.press("f")
    short.wait_for_selector(".ds-full", state="detached")
    assert short.evaluate("document.activeElement.className") == "ds-large", "the focus is back where it was"
    short.keyboard.press("f")
    short.locator(".ds-full").get_by_role("button", name="Close").click()
    short.wait_for_selector(".ds-full", state="detached")


def test_letters_in_a_field_are_text(short):
    short.get_by_label("Prompt", exact=True).fill("")
    short.get_by_label("Prompt", exact=True).press_sequentially("fr<>")
    assert short.get_by_label("Prompt", exact=True).input_value() == "fr<>"
    assert short.locator(".ds-full").count() == 0
    assert short.locator(RAIL).locator(".ds-speed").inner_text() == "1×"


def test_the_rail_fits_a_phone(visit):
    page = visit(viewport={"width": 390, "height": 844})
    slider = page.locator(RAIL).get_by_role("slider").bounding_box()
    assert slider["width"] > 300
    for button in page.locator(RAIL).get_by_role("button").all():
        box = button.bounding_box()
        assert box["width"] >= 28
        assert box["height"] >= 28
        assert 0 <= box["x"] <= 390 - box["width"]
    assert page.locator(RAIL).bounding_box()["height"] < 90


SPANS = """() => ['.ds-rail input', '.ds-handles-track', '.lab-marks'].map((css) => {
  const shown = [...document.querySelectorAll(css)].find((one) => one.offsetWidth);
  return shown && [shown.getBoundingClientRect().left, shown.getBoundingClientRect().right];
})"""


@pytest.mark.parametrize("width", [1280, 390])
def test_what_stands_over_a_rail_is_as_wide_as_its_slider(visit, width):
    page = visit("?tab=guidance", ready=False, viewport={"width": width, "height": 900})
    page.wait_for_selector("#arrows .main-svg")
    page.wait_for_function("!document.querySelector('.is-empty > .ds-handles')")
    slider, handles, _ = page.evaluate(SPANS)
    assert handles == pytest.approx(slider, abs=3)
    page.get_by_role("tab", name="2-D lab", exact=True).click()
    page.wait_for_selector(".lab-marks span")
    slider, _, marks = page.evaluate(SPANS)
    assert marks == pytest.approx([slider[0] + 8, slider[1] - 8], abs=4), "from the thumb's middle to its middle"
