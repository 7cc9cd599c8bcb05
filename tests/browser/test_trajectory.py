import io
import re

import numpy as np
import pytest
from PIL import Image

from dashboard import theme
from tests.browser.conftest import asks, setting

DRAWN = "#map .scatterlayer .trace"
GROUND = theme.INK["ground"][0]
PLACE = """([name, index]) => {
  const div = document.querySelector('#map .ds-plot'), { xaxis: x, yaxis: y } = div._fullLayout;
  const at = div.data.findIndex((trace) => trace.name?.startsWith(name)), point = div.calcdata[at][index];
  const box = div.getBoundingClientRect();
  return [box.left + x._offset + x.l2p(point.x), box.top + y._offset + y.l2p(point.y)];
}"""


# of the points of a trace at even positions, the one farthest from whatever else a click there could mean
APART = """(name) => {
  const div = document.querySelector('#map .ds-plot'), { xaxis: x, yaxis: y } = div._fullLayout;
  const points = div.calcdata.flatMap((trace, at) => trace.map((point, index) => (
    { at, index, x: x.l2p(point.x), y: y.l2p(point.y) }))).filter((point) => Number.isFinite(point.x + point.y));
  const at = div.data.findIndex((trace) => trace.name?.startsWith(name));
  const room = (one) => Math.min(...points.map((other) => Math.hypot(one.x - other.x, one.y - other.y))
    .filter((distance) => distance > 0.5));  // a run of fewer steps has several points in one place
  const own = points.filter((point) => point.at === at && point.index % 2 === 0);
  return own.reduce((best, point) => (room(point) > room(best) ? point : best)).index;
}"""


@pytest.fixture
def open_map(visit):
    def open_page(query: str = "", drawn: str = DRAWN, **options):
        page = visit(f"?tab=trajectory{query}", ready=False, **options)
        page.wait_for_selector(drawn)
        page.wait_for_selector("#map-runs img[src]")
        return page

    return open_page


def run(page, prompt: str, steps: int = 12) -> None:
    page.get_by_label("Prompt", exact=True).fill(prompt)
    setting(page, "Steps").fill(str(steps))
    page.get_by_role("button", name="Generate", exact=True).click()
    page.wait_for_selector(f"#map-runs h3 >> text={prompt}")


def goto(page, position: int, total: int) -> None:
    page.evaluate("(position) => driftscope.goto('trajectory', position)", position)
    page.wait_for_function(f"document.querySelector('.ds-map-at').textContent === 'Step {position} of {total}'")


def click(page, name: str, index: int) -> None:
    page.wait_for_timeout(500)  # two clicks sooner than that are a double click
    page.mouse.click(*page.evaluate(PLACE, [name, index]))


def marker(page) -> tuple:
    """Where the marker of the run in view's state stands: the trace before the names."""
    return tuple(page.evaluate("(({ x, y }) => [x[0], y[0]])(document.querySelector('#map .ds-plot').data.at(-2))"))


def choose(page, label: str) -> None:
    page.locator(f".ds-map-controls label:has-text('{label}')").click()


def names(page) -> list[str]:
    """The runs on the map, by the names at the ends of their paths."""
    return page.evaluate("document.querySelector('#map .ds-plot').data.at(-1).text.slice(2)")


def ink(page, colour: str, opacity: float = 1) -> int:
    """How many pixels of the map have this colour, laid over the page's ground."""
    shot = np.asarray(Image.open(io.BytesIO(page.locator("#map").screenshot())).convert("RGB"), int)
    wanted, ground = (np.array([int(hue[i : i + 2], 16) for i in (1, 3, 5)]) for hue in (colour, GROUND))
    wanted = opacity * wanted + (1 - opacity) * ground
    return int((np.abs(shot - wanted).max(-1) < 24).sum())


def test_a_path_is_there_before_the_first_click(open_map):
    page = open_map()
    assert len(names(page)) == 1
    assert "axes hold" in page.locator("#map-told").inner_text()
    assert "Trustworthiness" in page.locator("#map-told").inner_text()
    assert page.locator("#map .layer-above image, #map .imagelayer image").count() > 0
    assert ink(page, theme.RUNS[0]) > 200
    page.locator("#map-head summary").click()
    assert page.locator("#map-head a").get_attribute("href") == "https://arxiv.org/abs/2506.10177"


def test_scrubbing_moves_markers_and_pictures_and_asks_nothing_of_the_server(open_map, wait):
    page = open_map()
    run(page, "a fox")
    page.wait_for_timeout(600)
    asked, seen = asks(page), []

    def view() -> tuple:
        return (marker(page), *(image.get_attribute("src") for image in page.locator(".ds-map-pair img").all()))

    for position in (0, 6, 9, 12):  # where the stand-in's predicted images differ, whatever the seed
        goto(page, position, 12)
        wait(lambda: not any(now in before for now, before in zip(view(), zip(*seen, strict=True), strict=False)))
        seen.append(view())
    assert asked == []
    longest = "Math.max(...document.querySelector('#map .ds-plot').data.map((trace) => trace.x.length ?? 0))"
    assert page.evaluate(longest) == 13
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.ds-map-at').textContent === 'Step 1 of 12'")


def test_every_projection_can_be_chosen_and_linked_to(open_map):
    page = open_map()
    sentences = set()
    for label, view in (("Gallery", "gallery"), ("Rotation", "plane"), ("UMAP", "umap"), ("This run", "run")):
        before = page.locator("#map-head").inner_text()
        choose(page, label)
        page.wait_for_function("(old) => document.querySelector('#map-head').innerText !== old", arg=before)
        page.wait_for_function(f"(new URLSearchParams(location.search).get('view') ?? 'run') === '{view}'")
        page.wait_for_timeout(150)
        sentences.add(page.locator("#map-told").inner_text())
        assert ink(page, theme.RUNS[0]) > 40  # the path is seen, whatever the address says by now
    assert len(sentences) == 4
    linked = open_map("&view=umap&dims=2")
    assert linked.get_by_role("radio", name="UMAP").is_checked()
    assert "bends space" in linked.locator("#map-told").inner_text()
    nonsense = open_map("&view=%3Cscript%3E&dims=9")
    assert nonsense.get_by_role("radio", name="This run").is_checked()


def test_three_dimensions_turn_and_follow_the_rail(open_map):
    page = open_map("&dims=3", drawn="#map canvas")
    assert page.get_by_role("radio", name="3-D").is_checked()
    page.wait_for_function("document.querySelector('#map .ds-plot').data.at(-1).type === 'scatter3d'")
    total = int(page.locator(".ds-map-at").inner_text().rsplit(" ", 1)[1])
    goto(page, 4, total)
    early = marker(page)
    goto(page, 9, total)
    page.wait_for_timeout(200)
    assert marker(page) != early
    choose(page, "2-D")
    page.wait_for_selector(DRAWN)


def test_a_click_on_a_point_shows_that_step_and_a_click_on_a_picture_shows_it(open_map):
    page = open_map()
    run(page, "a tree")
    page.wait_for_timeout(600)
    click(page, "x_t ", 5)
    page.wait_for_function("document.querySelector('.ds-map-at').textContent === 'Step 5 of 12'")
    click(page, "x0 ", 2)
    page.wait_for_function("document.querySelector('.ds-map-at').textContent === 'Step 2 of 12'")
    far = page.evaluate("""() => { const d = document.querySelector('#map .ds-plot'); const c = d.calcdata[0];
        return c.map((p, i) => [p.y, i]).sort((a, b) => a[0] - b[0])[0][1]; }""")
    click(page, "gallery", far)
    page.wait_for_selector("#map-picked img")
    assert "From the gallery" in page.locator("#map-picked").inner_text()


def test_new_noise_at_a_step_branches_the_path_beside_its_parent(open_map, site):
    page = open_map()
    run(page, "a piano")
    assert page.locator(".ds-map-branch").inner_text() == "Step back to branch off"
    assert page.locator(".ds-map-branch").is_disabled(), "the finished picture holds no noise to draw anew"
    goto(page, 4, 12)
    assert page.locator(".ds-map-branch").inner_text() == "Continue from here with new noise"
    page.locator(".ds-map-branch").click()
    page.wait_for_selector("#map-runs h3 >> text=branch at 4")
    page.wait_for_function("document.querySelector('#map .ds-plot').data.at(-1).text.length === 4")
    branch, parent = names(page)
    assert branch.startswith("a piano")
    assert branch.endswith("branch at 4")
    assert branch.startswith(parent)
    assert page.locator("#map-status").inner_text() == ""
    goto(page, 12, 12)  # where both paths are drawn whole
    page.wait_for_timeout(200)
    assert ink(page, theme.RUNS[0], opacity=0.6) > 40  # the parent's line is faint
    assert ink(page, theme.RUNS[1]) > 40
    row = page.locator(".ds-map-row")
    assert row.inner_text() == parent
    row.click()
    page.wait_for_function("(name) => document.querySelector('#map-runs h3').textContent === name", arg=parent)
    assert page.locator(".ds-map-pair img").first.get_attribute("src").startswith("data:image")
    goto(page, 0, 12)
    assert page.locator(".ds-map-branch").inner_text() == "Start again with other noise"
    assert site.engine.running == 0


def test_kept_runs_lie_over_each_other(open_map):
    page = open_map()
    for prompt in ("a fox", "a rocket"):
        run(page, prompt, 10)
        page.get_by_role("tab", name="Generate").click()
        page.locator(".ds-card.is-current .ds-lock").click()
        page.wait_for_selector(".ds-card.is-current.is-kept")
        page.get_by_role("tab", name="Trajectory").click()
    run(page, "a yellow taxi", 20)
    page.wait_for_function("document.querySelector('#map .ds-plot').data.at(-1).text.length === 5")
    assert [name.split(" · ")[0] for name in names(page)] == ["a yellow taxi", "a fox", "a rocket"]
    assert page.locator(".ds-map-row").count() == 2
    goto(page, 10, 20)
    sources = [image.get_attribute("src") for image in page.locator("#map-runs img").all()]
    assert len(set(sources)) == 4
    path = "x_t " + page.locator(".ds-map-row").first.get_attribute("data-choose")
    index = page.evaluate(APART, path)
    click(page, path, index)
    page.wait_for_selector("#map-runs h3 >> text=a fox")
    page.wait_for_function(
        "(text) => document.querySelector('.ds-map-at').textContent === text", arg=f"Step {index // 2} of 10"
    )


def test_chance_is_drawn_on_demand(open_map):
    page = open_map()
    panel = page.locator("#map-chance-panel")
    assert not panel.is_visible()
    page.get_by_label("Random-walk baseline").check()
    page.wait_for_selector("#map-control .scatterlayer .trace")
    assert "A random walk" in page.locator("#map-chance-told").inner_text()
    assert "Brownian motion" in panel.inner_text()
    page.get_by_label("Random-walk baseline").uncheck()
    panel.wait_for(state="hidden")


@pytest.mark.parametrize("theme_name", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_every_screen(open_map, tmp_path, theme_name, width):
    page = open_map(f"&__theme={theme_name}", viewport={"width": width, "height": 844}, color_scheme=theme_name)
    page.get_by_label("Random-walk baseline").check()
    page.wait_for_selector("#map-control .scatterlayer .trace")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate("""() => [...document.querySelectorAll('.ds-map *, .ds-map-controls *')]
        .filter((one) => one.checkVisibility() && !one.closest('svg') && one.getBoundingClientRect().right > innerWidth)
        .map((one) => one.outerHTML.slice(0, 90))""")
    assert outside == []
    shot = page.screenshot(path=tmp_path / "page.png", full_page=True)
    ground = np.asarray(Image.open(io.BytesIO(shot)).convert("L"))
    assert (np.median(ground) > 128) == (theme_name == "light")
    assert ink(page, theme.RUNS[0]) > 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_in_a_plot_can_be_read_on_its_ground(visit, scheme):
    """WCAG AA: 4.5, for the names of what lines show in colours chosen for lines."""
    page = visit("?tab=trajectory", ready=False, color_scheme=scheme)
    page.wait_for_selector("#map .textpoint text")
    texts = "[...document.querySelectorAll('#map .textpoint text')]"
    colours = page.evaluate(f"{texts}.map((one) => getComputedStyle(one).fill)")
    ground = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    for colour in colours:
        low, high = sorted((luminance(colour), ground))
        assert (high + 0.05) / (low + 0.05) >= 4.5, colour


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
