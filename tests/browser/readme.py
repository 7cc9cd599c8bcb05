"""The README's pictures, from the dashboard itself: `python -m dashboard &`, then `python tests/browser/readme.py`.

Every shot is a link and what to wait for there; needs Chromium, as the tests do.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parents[2] / "assets" / "readme"
ENDED = "#status:has-text('steps in')"  # a run has ended
PAIR = "prompt=a+robot+next+to+a+car&seed=3"


def step(page: Page, number: int) -> None:
    """Put the rail of the tab that is seen on a step."""
    page.keyboard.press("Home")
    for _ in range(number):
        page.keyboard.press("ArrowRight")


def generate(page: Page) -> None:
    page.wait_for_selector("#nearest img")
    step(page, 14)


def film(page: Page) -> None:
    generate(page)
    page.locator("#strip").evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 260)")


def lab(page: Page) -> None:
    page.wait_for_function("document.querySelector('#lab-told')?.innerText.trim()")


def path(page: Page) -> None:
    page.wait_for_selector(".ds-map-at:has-text('Step 25 of 25')")
    step(page, 14)


def guess(page: Page) -> None:
    page.locator(".tour-page:not([hidden]) .tour-choice").last.click()
    page.wait_for_selector(".tour-page:not([hidden]) .tour-take")


def branch(page: Page) -> None:
    path(page)
    step(page, 9)
    page.get_by_role("button", name="Continue from here with new noise").click()
    page.get_by_text("branch at 9").locator("visible=true").first.wait_for()


def push(page: Page) -> None:
    page.wait_for_selector("#sweep-grid img")
    step(page, 9)


def lanes(page: Page) -> None:
    page.wait_for_selector("text=Open in Generate")


def atlas(page: Page) -> None:
    page.wait_for_selector("#atlas .scatterlayer .trace")


def video(page: Page) -> None:
    page.wait_for_selector("#video-attention img")
    page.evaluate("driftscope.goto('video', 9)")


SHOTS = {  # name: the link, the window, what to wait for
    "tour": ("?tab=tour&stop=6", (1280, 900), guess),
    "generate": (f"?{PAIR}", (1280, 1156), generate),
    "film": ("?prompt=a+penguin&seed=2", (1280, 820), film),
    "trajectory": ("?tab=trajectory&prompt=a+fox&seed=2", (1280, 1000), branch),
    "samplers": (
        "?tab=samplers&prompt=a+robot+next+to+a+car&seed=2&lanes=ddim:10:0,ddim:25:0,ddpm:100:0",
        (1280, 1250),
        lanes,
    ),
    "guidance": ("?tab=guidance&prompt=a+fox&seed=2&scales=1-9+(%2B4)&seeds=1,2,3", (1280, 1900), push),
    "video": ("?tab=video&model=motion&prompt=a+rocket+flying+up&seed=3&shared_noise=0.5", (1280, 1500), video),
    "clip": ("?tab=clip&clip-words=kitten,+something+warm", (1280, 1100), atlas),
    "lab": ("?tab=lab&lab-view=back", (1280, 1100), lab),
    "dark": ("?tab=trajectory&prompt=a+snowman+and+a+pine+tree&seed=4&__theme=dark", (1280, 820), path),
    "phone": (f"?{PAIR}", (390, 844), None),
}


def main(url: str = "http://localhost:7860", *names: str) -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name in names or SHOTS:
            query, (width, height), arrive = SHOTS[name]
            page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
            page.set_default_timeout(60_000)
            page.goto(f"{url}/{query}")
            if "prompt=" in query:
                page.wait_for_selector(ENDED)
            if arrive:
                arrive(page)
            page.wait_for_timeout(4000)  # plots and pictures that arrive by themselves
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            # the octree keeps the colours of small things, k-means those of large ones
            few = shot.quantize(256, Image.Quantize.FASTOCTREE, kmeans=8, dither=Image.Dither.NONE)
            few.save(FOLDER / f"{name}.png", optimize=True)
            print(name, flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
