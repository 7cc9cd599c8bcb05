"""Every Plotly chart can be saved as it is seen, as PNG and as SVG."""

import io

import pytest
from PIL import Image

from tests.browser.conftest import run
from tests.browser.test_generate import set_rail


def saved(page, plot: str, kind: str) -> tuple[str, bytes]:
    """The name and the bytes of a chart's file."""
    with page.expect_download() as download:
        page.locator(f"{plot} [data-format={kind}]").click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_a_chart_is_saved_under_its_name_as_the_rail_has_it(page):
    run(page, "a fox", 12)
    page.wait_for_selector("#curve-norm .scatterlayer .trace")
    shots = []
    for position in (3, 9, 3):
        set_rail(page, position)
        page.wait_for_function(f"document.querySelector('#curve-norm .ds-plot').data[1].x[0] === {position}")
        name, data = saved(page, "#curve-norm", "png")
        shots.append(Image.open(io.BytesIO(data)).convert("RGB"))
    assert name == "latent-norm-rms.png"
    width = page.evaluate("document.querySelector('#curve-norm .ds-plot').clientWidth")
    assert shots[0].width == 2 * width
    assert shots[0].tobytes() == shots[2].tobytes() != shots[1].tobytes()
    name, data = saved(page, "#curve-norm", "svg")
    assert name == "latent-norm-rms.svg"
    assert b"Latent norm (RMS)" in data


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_saved_chart_can_be_read_on_its_own_ground(visit, scheme):
    page = visit(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page.wait_for_selector("#curve-noise .scatterlayer .trace")
    _, data = saved(page, "#curve-noise", "png")
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert f"rgb{image.getpixel((1, image.height - 2))[:3]}" == ground
    assert image.getextrema()[3] == (255, 255), "nothing shines through"
    grey = image.convert("L").crop((0, 0, image.width, 60))  # its name
    dark, light = grey.getextrema()
    assert (dark < 60 and light > 240) if scheme == "light" else (dark < 30 and light > 200)


def test_a_chart_is_saved_by_keyboard_and_an_empty_one_is_not(page):
    page.wait_for_selector("#curve-noise .scatterlayer .trace")
    button = page.locator("#curve-noise [data-format=svg]")
    assert button.get_attribute("aria-label") == "Save the chart as SVG"
    button.focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "noise-level.svg"
    assert page.locator("#words-shares [data-format=png]").is_hidden(), "no run has shown its attention"
    below, plot = (page.locator(f"#curve-noise {one}").bounding_box() for one in (".ds-plot-files", ".ds-plot"))
    assert below["y"] >= plot["y"] + plot["height"], "it covers no data"
