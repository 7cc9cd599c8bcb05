import io
import json

import pytest
from PIL import Image

from tests.browser.conftest import asks, lasting, turned_to

MARKER = "(({ x, y }) => [...x, ...y])(document.querySelector('#arrows .ds-plot').data[3])"


@pytest.fixture(scope="module")
def opened(site, shared):
    """The tab, opened by its link, for all tests here."""
    query = "?tab=guidance&prompt=a+fox&seed=3&steps=12&scales=1-9+%28%2B4%29&seeds=4%2C5&away=a+tree"
    ready = "body:has(#arrows .scatterlayer .trace) #sweep-plan:has-text('picture')"
    yield from lasting(site, shared, query, ready)


@pytest.fixture
def page(opened, problems):
    yield from turned_to("Guidance", opened, problems)


def box(page, name: str):
    return page.locator(f"#sweep-{name} textarea, #sweep-{name} input").first


def goto(page, position: int) -> None:
    page.evaluate("(position) => driftscope.goto('guidance', position)", position)
    page.wait_for_selector(f".ds-rail output:visible >> text=Step {position} of")
    page.wait_for_timeout(100)


def sweep(page) -> None:
    page.evaluate("document.querySelector('#sweep-status .ds-state')?.remove()")  # of the last one
    page.locator("#sweep-run").click()
    page.wait_for_selector("#sweep-status >> text=/pictures? in/")


def test_a_link_brings_the_tab_its_sweep_and_its_negative_prompt(page):
    assert box(page, "scales").input_value() == "1-9 (+4)"
    assert box(page, "seeds").input_value() == "4,5"
    assert page.locator("#away input, #away textarea").first.input_value() == "a tree"
    assert "6 pictures: 3 scales × 2 seeds" in page.locator("#sweep-plan").inner_text()
    page.wait_for_selector("#sweep-status >> text=6 pictures in")  # and runs it
    assert page.locator("#sweep-grid .is-done a").count() == 6
    page.wait_for_selector("#pair-plot-1 .scatterlayer .trace")  # and then the pair
    assert "away from “a tree”" in page.locator("#negative-pair").inner_text()
    assert "scales=1-9" in page.url


def test_a_padlock_leaves_the_panels_as_they_are(page):
    page.get_by_role("tab", name="Generate").click()
    lock = page.locator("#cards .ds-lock").first
    for pressed in ("true", "false"):
        lock.click()
        page.wait_for_selector(f"#cards .ds-lock[aria-pressed={pressed}]")
    page.get_by_role("tab", name="Guidance").click()
    page.wait_for_selector("#arrows .scatterlayer .trace")
    assert page.locator("#pair-plot-1 .scatterlayer .trace").count()


def test_the_rail_moves_arrows_picture_and_shade_without_the_server(page):
    asked, seen = asks(page), []
    for position in (2, 7, 11):
        goto(page, position)
        guess, shade = [image.get_attribute("src") for image in page.locator("#push img").all()]
        assert shade.startswith("data:image/png")
        seen.append((tuple(page.evaluate(MARKER)), guess, page.locator(".ds-push-told").first.inner_text()))
    assert asked == []
    assert [len(set(column)) for column in zip(*seen, strict=True)] == [3, 3, 3]
    page.locator("#push [data-opacity]").fill("20")
    assert page.evaluate("getComputedStyle(document.querySelectorAll('#push img')[1]).opacity") == "0.2"
    assert "shade=20" in page.url


def test_a_plan_that_asks_too_much_is_refused_before_it_runs(page):
    before = page.locator("#sweep-grid a").count()
    for scales, told in (("1-30", "at most 64"), ("4-1", "smaller to the larger"), ("-1", "numbers such as")):
        box(page, "scales").fill(scales)
        box(page, "seeds").fill("0-9")
        page.wait_for_selector(f"#sweep-plan .ds-wrong >> text={told}")
    page.locator("#sweep-run").click()
    page.wait_for_selector(".toast-body >> text=scales is")
    assert page.locator("#sweep-grid a").count() == before


def test_a_sweep_fills_its_grid_is_measured_and_saved(page, tmp_path):
    box(page, "scales").fill("0, 2, 6")
    box(page, "seeds").fill("0-2")
    box(page, "prompts").fill("a fox\na piano")
    page.wait_for_selector("#sweep-plan >> text=18 pictures: 3 scales × 2 prompts × 3 seeds")
    assert "s on this machine" in page.locator("#sweep-plan").inner_text()
    sweep(page)
    cells = page.locator("#sweep-grid a")
    assert cells.count() == 18
    assert all(
        image.get_attribute("src").startswith("data:image/jpeg") for image in page.locator("#sweep-grid img").all()
    )
    assert page.locator("#sweep-grid th[scope=col]").all_inner_texts() == ["0", "2", "6"]
    assert "CLIP score" in cells.first.get_attribute("title")
    page.wait_for_selector("#tradeoff-plot .scatterlayer .trace")
    assert "Adherence is best at guidance" in page.locator("#tradeoff-told").inner_text()
    with page.expect_download() as download:
        page.locator("#tradeoff-csv").click()
    assert len(download.value.path().read_text("utf-8").splitlines()) == 4
    kept = {}
    for kind in ("png", "csv", "json"):
        with page.expect_download() as download:
            page.locator(f"#sweep-{kind}").click()
        download.value.save_as(tmp_path / f"sweep.{kind}")
        kept[kind] = (tmp_path / f"sweep.{kind}").read_bytes()
    assert json.loads(Image.open(io.BytesIO(kept["png"])).text["driftscope"])["sweep"]["scales"] == "0, 2, 6"
    assert len(kept["csv"].decode().splitlines()) == 19
    assert [row["seed"] for row in json.loads(kept["json"])["rows"]] == [0, 1, 2] * 6
    for name, text in (("scales", "1"), ("seeds", "7"), ("prompts", "")):
        box(page, name).fill(text)
    page.wait_for_selector("#sweep-plan >> text=1 picture: 1 scale × 1 seed")
    sweep(page)
    page.get_by_role("tab", name="Generate").click()
    page.locator("#restore input[type=file]").set_input_files(tmp_path / "sweep.png")
    page.wait_for_selector("#sweep-status >> text=18 pictures in")  # the grid opens its tab and runs its sweep
    assert page.get_by_role("tab", name="Guidance").get_attribute("aria-selected") == "true"
    assert [box(page, name).input_value() for name in ("scales", "seeds", "prompts")] == [
        "0, 2, 6", "0, 1, 2", "a fox\na piano",
    ]  # fmt: skip
    assert page.locator("#sweep-grid .is-done a").count() == 18


def test_a_cell_opens_in_generate_with_its_own_settings(page):
    cell = page.locator("#sweep-grid a[data-cell='17']")
    assert "guidance=6" in cell.get_attribute("href")
    cell.click()
    page.wait_for_selector("#cards .is-current >> text=a piano · seed 2")
    assert page.get_by_role("tab", name="Generate").get_attribute("aria-selected") == "true"
    assert page.locator("#guidance input[type=number]").input_value() == "6"


def test_stop_keeps_what_there_is_and_the_next_sweep_runs(page, site, monkeypatch, tmp_path):
    monkeypatch.setattr(site.engine, "delay", 0.6)  # long enough to press Stop on a busy machine
    for name, text in (("scales", "1, 4"), ("seeds", "0-2"), ("prompts", "a fox")):
        box(page, name).fill(text)
    page.locator("#sweep-run").click()
    page.wait_for_selector("#sweep-status >> text=% done")
    page.locator("#sweep-stop").click()
    page.wait_for_selector("#sweep-status >> text=Stopped after step")
    assert page.locator("#sweep-grid img[src^='data:image/jpeg']").count() == 6
    labels = page.locator("#sweep-grid td small").all_inner_texts()
    assert len(labels) == 6
    assert all(label.startswith("step ") for label in labels), "each guess says at which step it was stopped"
    page.wait_for_function("location.search.includes('sweep-stopped=')")
    with page.expect_download() as download:
        page.locator("#sweep-png").click()
    download.value.save_as(tmp_path / "part.png")
    sweep(page)
    assert "6 pictures in" in page.locator("#sweep-status").inner_text()
    page.wait_for_function("!location.search.includes('sweep-stopped=')")
    page.locator("#restore input[type=file]").set_input_files(tmp_path / "part.png")
    page.wait_for_selector("#sweep-status >> text=Stopped after step")  # by itself, where it was stopped
    page.wait_for_selector("#sweep-grid .is-done")
    assert page.locator("#sweep-grid td small").all_inner_texts() == labels
    monkeypatch.undo()
    page.fill("#guidance input[type=number]", "4")  # what came with the grid was stopped, and its scale is 1:
    page.click("#generate")  # a whole and guided run for what follows
    page.wait_for_selector("#status >> text=12 steps in")
    page.wait_for_selector("[aria-label='Guidance ends'][max='12']")


def test_the_handles_run_it_again_with_guidance_for_part_of_the_way(page):
    first, after = page.get_by_label("Guidance begins"), page.get_by_label("Guidance ends")
    button = page.get_by_role("button", name="Run with this interval")
    assert not button.is_visible()
    last = int(after.get_attribute("max"))
    first.fill("3")
    after.fill(str(last - 2))
    assert "Guidance from σ" in page.locator(".ds-handles output").inner_text()
    button.click()
    page.wait_for_function("new URL(location).searchParams.has('guidance_low')")
    page.wait_for_function("document.querySelector('.ds-handles button').disabled")
    assert [first.input_value(), after.input_value()] == ["3", str(last - 2)]
    assert "guidance_high=" in page.url


def test_a_pair_with_and_without_the_negative_prompt(page):
    page.locator("#away input, #away textarea").first.fill("a rocket")
    page.locator("#compare-pair").click()
    page.wait_for_selector("#negative-pair figcaption >> text=“a rocket”")  # a link's pair may stand there until then
    page.wait_for_selector("#pair-plot-1 .scatterlayer .trace", state="attached")  # a level line has no height
    assert page.locator("#negative-pair figcaption").all_inner_texts() == [
        "away from the empty prompt “”", "away from “a rocket”",
    ]  # fmt: skip
    goto(page, 1)
    early = page.locator("#negative-pair img").first.get_attribute("src")
    goto(page, 4)
    assert page.locator("#negative-pair img").first.get_attribute("src") != early
    told = page.locator("#pair-told").inner_text()
    assert "CLIP's score for “a rocket” goes from" in told
    assert "pixels differ by" in told


def test_the_curves_can_be_taken_away(page, tmp_path):
    for kind in ("csv", "json"):
        with page.expect_download() as download:
            page.locator(f"#guidance-{kind}").click()
        download.value.save_as(tmp_path / kind)
    assert "norm of difference" in (tmp_path / "csv").read_text("utf-8").splitlines()[0].split(",")
    assert "norm of difference" in json.loads((tmp_path / "json").read_text("utf-8"))["rows"][0]


def test_an_example_runs_its_own_pair_and_leaves_the_sidebar(page):
    sidebar = page.locator("#prompt textarea, #prompt input").first
    before = sidebar.input_value()
    button = page.locator(".ds-example").first
    assert button.inner_text() == "Try: an apple, not a red apple"
    button.click()
    page.wait_for_selector("#pair-told >> text=“an apple”")
    assert page.locator("#away input, #away textarea").first.input_value() == "a red apple"
    assert page.locator("#negative-pair figcaption").last.inner_text() == "away from “a red apple”"
    assert "guidance 2" in page.locator("#pair-told").inner_text()
    assert sidebar.input_value() == before


@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_every_screen(visit, width):
    screen = {"viewport": {"width": width, "height": 844}, "color_scheme": "dark"}
    page = visit("?tab=guidance&__theme=dark", ready=False, **screen)
    page.wait_for_selector("#arrows .scatterlayer .trace")
    box(page, "scales").fill("0-9")
    sweep(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.evaluate("[...document.querySelectorAll('.ds-example')].map((one) => one.offsetHeight)")
    assert len(heights) == 3
    assert max(heights) < 40, "one line each"
