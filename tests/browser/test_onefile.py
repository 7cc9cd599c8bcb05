"""The files of Generate and Samplers, saved and opened from disk, without a network."""

import pytest


@pytest.fixture
def saved(visit, browser, problems, tmp_path, wait):
    """saved(query, button) presses a button and opens its file, offline."""
    contexts = []

    def save(query: str, button: str, ready):
        page = visit(query, ready=False)
        wait(lambda: ready(page), 30)
        with page.expect_download() as saving:
            page.click(button)
        saving.value.save_as(path := tmp_path / "run.html")
        context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True, reduced_motion="reduce")
        contexts.append(context)
        opened = context.new_page()
        opened.on("console", lambda message: problems.append(message.text))
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on(
            "request", lambda one: problems.append(one.url) if not one.url.startswith(("data:", "file:")) else None
        )
        opened.goto(path.as_uri())
        return opened

    yield save
    for context in contexts:
        context.close()


def test_a_run_plays_from_its_file(saved, site, wait):
    page = saved(
        "?prompt=a+rocket&seed=5&steps=20", "#save-html", lambda page: "20 steps in" in page.inner_text("#status")
    )
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
    page.locator(".ds-term").first.focus()
    assert page.inner_text("#ds-told-term")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_attribute(".ds-live", "href").startswith(f"{site.url}?tab=generate&model=fake&prompt=a+rocket")


def test_lanes_play_from_their_file(saved, wait):
    ran = lambda page: "s of work" in page.inner_text("#lanes-status")  # noqa: E731
    page = saved("?tab=samplers&prompt=a+fox&seed=2&lanes=ddim:10:0,ddpm:20:0", "#lanes-html", ran)
    assert page.locator(".ds-lane").count() == 2
    page.keyboard.press("Home")
    wait(lambda: page.inner_text("[data-text='at:1']") == "step 0 of 20")
    page.keyboard.press("End")
    wait(lambda: page.inner_text("[data-text='at:1']") == "step 20 of 20")
    page.locator(".ds-ab-stage input").fill("20")
    assert page.eval_on_selector(".ds-ab-stage", "one => one.style.getPropertyValue('--split')") == "20%"
