"""The laboratory on the page: one page does most of it, as a visitor would."""

import io

import numpy as np
import pytest
from PIL import Image

from dashboard import theme
from tests.browser.conftest import asks

VIEW = "document.querySelector('#lab')?.dataset.view"
STEP = "Number(/Step (\\d+) of/.exec(document.querySelector('#lab-told').innerText)?.[1])"
NEAR = """() => {
    const { lanes, data } = driftscope.labCanvas.state.scene, { x, count } = lanes[1], last = x.length - 2 * count;
    return Array.from({ length: count }, (_, i) => {
        let nearest = Infinity;
        for (let k = 0; k < data.x.length; k += 2)
            nearest = Math.min(nearest, Math.hypot(x[last + 2 * i] - data.x[k], x[last + 2 * i + 1] - data.x[k + 1]));
        return nearest;
    });
}"""  # how far each particle of the second lane, DDIM, ends from the nearest point of the data


@pytest.fixture
def open_lab(visit):
    def open_page(query: str = "", view: str = "noise", **options):
        page = visit(f"?tab=lab{query}", ready=False, **options)
        page.wait_for_function(f"{VIEW} === '{view}'")
        page.wait_for_function("document.querySelector('#lab-told').innerText.length > 20")
        return page

    return open_page


def see(page, name: str, view: str) -> None:
    page.locator(f"#lab-view label:has-text('{name}')").click()
    page.wait_for_function(f"{VIEW} === '{view}'")


def told(page) -> str:
    return page.locator("#lab-told").inner_text()


def goto(page, position: int) -> None:
    page.evaluate("(position) => driftscope.goto('lab', position)", position)
    page.wait_for_timeout(250)


def picture(page) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(page.locator("#lab-stage canvas").screenshot())).convert("RGB"), int)


def ink(page, colour: str) -> int:
    """How many pixels of the stage have this colour."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(picture(page) - wanted).max(-1) < 30).sum())


def click(page, x: float, y: float) -> None:
    """A place on the stage, as shares of its width and height."""
    box = page.locator("#lab-stage canvas").bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_the_lab_plays_in_the_browser_beside_a_picture_model_that_is_not_asked(open_lab, site):
    page = open_lab()
    assert not page.locator("#prompt").is_visible()
    goto(page, 0)
    noise = picture(page)
    assert all(ink(page, colour) > 100 for colour in theme.RUNS[:3])
    asked = asks(page)
    goto(page, 25)
    between = picture(page)
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    assert np.abs(between - noise).mean() > 1
    assert np.abs(picture(page) - between).mean() > 0.3
    assert asked == []
    assert site.engine.running == 0
    goto(page, 25)
    before = ink(page, theme.QUANTITY["eps"])
    click(page, 0.5, 0.5)
    page.wait_for_selector(".lab-is-mean")
    page.wait_for_timeout(200)
    assert ink(page, theme.QUANTITY["eps"]) > before + 50  # the noises that may have led here
    assert page.locator(".lab-marks span").all_inner_texts() == ["speciation", "collapse"]
    page.locator(".lab-marks span").first.click()
    assert "2402.18491" in page.inner_text("#ds-told-term")
    page.get_by_role("tab", name="Generate").click()
    page.locator("#prompt").wait_for()


def test_a_drawing_is_learned_and_sampled_from(open_lab):
    page = open_lab("&lab-width=32&lab-training=300")
    page.locator("#lab-draw").click()
    page.get_by_text("Use this drawing").click()
    page.get_by_text("drawing is").wait_for()  # empty: refused in words
    page.evaluate("driftscope.goto('lab', 0)")  # to the noise
    page.locator("#lab-draw").click()
    box = page.locator("#lab-stage canvas").bounding_box()
    middle, reach = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), 0.3 * box["height"]
    page.mouse.move(middle[0] - reach, middle[1])
    page.mouse.down()
    for k in range(40):
        angle = np.pi * k / 39
        page.mouse.move(middle[0] - reach * np.cos(angle), middle[1] - reach * np.sin(angle))
    page.mouse.up()
    page.get_by_text("Use this drawing").click()
    page.wait_for_function("!document.querySelector('#lab-told').innerText.startsWith('400 ')")
    page.wait_for_function("document.querySelector('#lab-data input').value === 'Your own'")
    assert 15 < int(told(page).split()[0]) < 400
    page.wait_for_selector(".ds-lab .ds-rail output >> text=σ 0 · data")  # what was drawn is seen first
    page.wait_for_selector("#lab-carried >> text=a link does not carry them")
    see(page, "Training", "train")
    page.locator("#lab-train").click()
    page.wait_for_function("document.querySelector('#lab-told').innerText.includes('Step 300 of 300')")
    page.wait_for_selector("#lab-curve-1 .scatterlayer .trace")
    assert page.locator(".lab-titles span").all_inner_texts() == ["Exact", "Learned", "Its samples"]
    with page.expect_download() as download:
        page.locator("#lab-curves-csv").click()
    assert "Loss,Loss,training step," in download.value.path().read_text("utf-8")
    assert ink(page, theme.QUANTITY["eps"]) > 200
    assert ink(page, theme.QUANTITY["x0"]) > 100
    see(page, "Sampling", "back")
    page.evaluate("window.exact = driftscope.labCanvas.state.scene")
    page.locator("#lab-score label:has-text('learned')").click()
    page.wait_for_function("driftscope.labCanvas.state.scene !== window.exact")
    page.wait_for_function("new URLSearchParams(location.search).get('lab-score') === 'learned'")
    near = page.evaluate(NEAR)
    assert len(near) == 300
    assert np.mean(np.array(near, float) < 0.5) > 0.7  # NaN and null fail the comparison
    assert ink(page, theme.PROCESS["ddim"]) > 50
    see(page, "Score field", "field")
    assert "Learned in 300 steps" in page.locator(".lab-titles").inner_text()


def test_a_link_to_points_of_somebodys_own_says_that_it_cannot_carry_them(open_lab):
    page = open_lab("&lab-data=own")
    page.wait_for_selector("#lab-carried >> text=no link carries: these are three spirals instead")
    assert page.locator("#lab-data input").input_value() == "Three spirals"
    page.locator("#lab-data input").fill("Two moons")
    page.locator("#lab-data input").press("Enter")
    page.wait_for_function("document.querySelector('#lab-carried').innerText.trim() === ''")


def test_a_finger_probes_and_draws_and_the_page_stays(open_lab):
    page = open_lab(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    goto(page, 25)
    stage = page.locator("#lab-stage canvas")
    box = stage.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".lab-is-step")
    assert page.locator(".lab-arrow").count() == 4
    page.locator("#lab-draw").tap()
    page.get_by_text("Use this drawing").wait_for()
    box, scrolled = stage.bounding_box(), page.evaluate("scrollY")
    touch = page.context.new_cdp_session(page)
    for k in range(30):
        x, y = box["x"] + box["width"] * (0.2 + k / 50), box["y"] + box["height"] * (0.7 - k / 60)
        kind = "touchMove" if k else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    for _ in range(3):  # the finger rests: lifted as it moves, it flings, and Chromium takes the next tap for a halt
        page.wait_for_timeout(100)
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("driftscope.labCanvas.state.pen.length > 60")
    assert page.evaluate("scrollY") == scrolled
    page.get_by_text("Use this drawing").tap()
    page.wait_for_function("document.querySelector('#lab-data input').value === 'Your own'")


def test_training_stops_and_goes_on(open_lab):
    page = open_lab("&lab-view=train&lab-training=10000&lab-width=128", view="train")  # long on any machine
    page.locator("#lab-train").click()
    page.wait_for_function(f"{STEP} > 0")
    page.locator("#lab-stop").click()
    seen = [0, page.evaluate(STEP)]
    while seen[-1] != seen[-2] and len(seen) < 12:  # what was under way may still arrive
        page.wait_for_timeout(2000)
        seen.append(page.evaluate(STEP))
    stopped = seen[-1]
    assert stopped == seen[-2]
    assert stopped < 10_000
    page.locator("#lab-resume").click()
    page.wait_for_function(f"(stopped) => {STEP} > stopped", arg=stopped)
    see(page, "Score field", "field")
    page.wait_for_timeout(3000)
    assert page.evaluate(VIEW) == "field", "another view ends the training"


def test_the_walk_through_leads_through_every_view(open_lab):
    page = open_lab()
    seen = []
    page.locator("#lab-next").click()
    for k in range(1, 9):
        page.wait_for_function(f"document.querySelector('#lab-caption').innerText.includes('{k} of 8')")
        page.wait_for_timeout(200)
        seen.append(page.evaluate(VIEW))
        if k == 6:
            assert "with 0% of the data's variance" in told(page)  # the collapse
        page.locator("#lab-next").click()
    assert seen == ["noise", "noise", "field", "train", "back", "back", "density", "guidance"]
    page.locator("#lab-caption p").wait_for(state="detached")
    click(page, 0.15, 0.5)
    page.wait_for_selector(".lab-is-guided")
    guided = page.locator(".lab-is-guided").inner_text()
    page.locator("#lab-scale input[type=number]").fill("9")
    page.wait_for_function("(old) => document.querySelector('.lab-is-guided')?.innerText !== old", arg=guided)


def test_a_csv_file_comes_in_and_a_bad_one_is_refused(open_lab):
    page = open_lab("&lab-view=density&lab-eta=1", view="density")
    choose = page.locator("input[type=file][accept*='csv']")
    choose.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": b"1,2\nthree,4\n5,6\n"})
    page.get_by_text("CSV line 2").wait_for()
    rows = "".join(f"{x},{x % 7},{'ab'[x % 2]}\n" for x in range(40))
    choose.set_input_files({"name": "good.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    page.wait_for_function("document.querySelector('#lab-told').innerText.startsWith('40 points')")
    assert "the class from column 3" in page.locator("#lab-told").inner_text()


def test_a_link_restores_and_a_rotten_one_says_so(open_lab):
    page = open_lab("&lab-view=back&lab-data=moons&lab-steps=20&lab-eta=0.25&lab-points=100", view="back")
    assert page.locator(".lab-titles").inner_text().endswith("η = 0.25")
    page.wait_for_function("document.querySelector('#lab-data input').value === 'Two moons'")
    page.wait_for_selector("#lab-curve-2 .scatterlayer .trace")
    see(page, "Score field", "field")
    page.wait_for_function("new URLSearchParams(location.search).get('lab-view') === 'field'")
    rotten = open_lab("&lab-points=%3Cscript%3E")
    rotten.get_by_text("cannot be restored").wait_for()


@pytest.mark.parametrize("theme_name", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_lab_fits_every_screen(open_lab, theme_name, width):
    page = open_lab(f"&lab-view=back&lab-steps=10&__theme={theme_name}", view="back",
                    viewport={"width": width, "height": 844}, color_scheme=theme_name)  # fmt: skip
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate("""() => [...document.querySelectorAll('#lab *')]
        .filter((one) => one.checkVisibility() && !one.closest('svg') && !one.closest('#lab-view')
            && !one.closest('.ds-out-of-sight') && one.getBoundingClientRect().right > innerWidth)
        .map((one) => one.outerHTML.slice(0, 90))""")
    assert outside == []
    ground = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"))
    assert (np.median(ground) > 128) == (theme_name == "light")
    assert ink(page, theme.PROCESS["ddpm"]) > 50
