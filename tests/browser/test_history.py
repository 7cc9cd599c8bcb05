"""The last runs, settings that are not as usual, other seeds, and two runs over each other, in a browser."""

from urllib.parse import parse_qs, urlparse

from dashboard import links
from tests.browser.conftest import frame, run, setting


def test_a_card_brings_a_run_back_and_nothing_is_lost(page):
    run(page, "a fox", 5)
    fox = frame(page, "x0")
    page.locator(".ds-card.is-current .ds-lock").click()
    page.wait_for_selector(".ds-card.is-kept")
    run(page, "a rocket", 6)
    page.locator(".ds-card.is-kept").wait_for()
    count = page.locator(".ds-card").count()
    page.locator(".ds-view", has_text="a fox").first.click()
    page.wait_for_function("document.querySelector('#tabs .ds-rail output').innerText === 'Step 5 of 5'")
    assert frame(page, "x0") == fox
    assert page.get_by_label("Prompt", exact=True).input_value() == "a fox"
    assert setting(page, "Steps").input_value() == "5"
    page.wait_for_function("new URLSearchParams(location.search).get('prompt') === 'a fox'")
    page.wait_for_selector("#run >> text=a fox · seed")
    assert page.locator(".ds-card").count() == count
    page.locator(".ds-card.is-kept .ds-lock").first.click()


def test_a_deleted_run_comes_back(page):
    run(page, "a fox", 5)
    run(page, "a rocket", 6)
    count = page.locator(".ds-card").count()
    page.locator(".ds-card.is-current .ds-delete").click()
    page.wait_for_selector("#cards >> text=Deleted “a rocket")
    page.wait_for_selector("#run >> text=a fox · seed")
    assert page.locator(".ds-card").count() == count - 1
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("#run >> text=a rocket · seed")
    assert page.locator(".ds-card").count() == count


def test_the_runs_survive_a_reload_and_back(visit, site):
    page = visit()
    run(page, "a fox", 5)
    run(page, "a rocket", 6)
    steps = site.service.queue.steps
    page.reload()
    page.wait_for_selector("#nearest img")
    page.wait_for_selector("#run >> text=a rocket · seed")
    assert page.locator(".ds-card").count() == 3
    page.goto("about:blank")
    page.go_back()
    page.wait_for_selector("#run >> text=a rocket · seed")
    assert page.locator(".ds-card").count() == 3
    assert site.service.queue.steps == steps, "nothing is run anew"
    page.goto(site.url + "?prompt=a+whale&steps=4&seed=3")
    page.wait_for_selector("#run >> text=a whale · seed 3")
    page.wait_for_function("document.querySelectorAll('.ds-card').length === 4")


def test_while_a_run_goes_on_the_buttons_act_on_the_run_that_is_named(visit, site, monkeypatch):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    run(page, "a fox", 5)
    monkeypatch.setattr(site.engine, "delay", 0.05)
    page.get_by_label("Prompt", exact=True).fill("a rocket")
    setting(page, "Steps").fill("400")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.wait_for_function("new URLSearchParams(location.search).get('prompt') === 'a rocket'")
    page.wait_for_selector("body.ds-running")
    assert "a fox" in page.locator("#run").inner_text()
    page.click("#copy-link")
    page.wait_for_selector("#copy-link >> text=Copied")
    copied = parse_qs(urlparse(page.evaluate("navigator.clipboard.readText()")).query)
    assert (copied["prompt"], copied["steps"]) == (["a fox"], ["5"])
    page.click("#stop")
    page.wait_for_selector("#run >> text=a rocket · seed")


def test_a_setting_is_a_click_away_from_the_usual(visit):
    page = visit()
    run(page, "a fox", 25)
    page.wait_for_function("!document.querySelector('#unusual button')")
    setting(page, "Steps").fill("9")
    page.locator("#unusual button", has_text="9 steps").click()
    page.wait_for_function("document.querySelector('#steps input').value === '25'")
    page.wait_for_function("!document.querySelector('#unusual button')")


def test_other_seeds_are_drawn_side_by_side_and_each_can_be_viewed(visit):
    page = visit("?prompt=a+fox&seed=7&steps=5")
    page.click("#seeds-4")
    page.wait_for_selector("#seeds button:enabled >> nth=3")
    page.wait_for_selector("#status >> text=4 seeds in")
    with page.expect_download() as download:
        page.click("#seeds-png")
    assert download.value.suggested_filename == "a-fox-8.seeds.png"
    assert links.from_png(download.value.path())[1].seed == 8
    page.locator("#seeds button").nth(1).click()
    page.wait_for_selector("#run >> text=a fox · seed 9")
    page.wait_for_function("document.querySelector('#seed input').value === '9'")
    page.locator(".ds-view", has_text="seed 7").click()
    page.wait_for_selector("#run >> text=a fox · seed 7")
    page.locator("#seeds button").nth(1).click()
    page.wait_for_selector("#run >> text=a fox · seed 9")
    assert page.locator(".ds-card").count() == 2, "it is there already"


def test_the_run_in_view_lies_over_a_pinned_one(visit):
    page = visit()
    run(page, "a fox", 5)
    page.locator(".ds-card.is-current .ds-lock").click()
    run(page, "a rocket", 5)
    page.wait_for_selector("#compare-runs .ds-ab")
    page.locator("#compare-runs .ds-ab-stage input").fill("20")
    assert page.locator("#compare-runs .ds-ab-stage").evaluate("one => one.style.getPropertyValue('--split')") == "20%"
    left, right = (page.locator(f"#compare-runs [data-part={side}]") for side in "ab")
    assert left.get_attribute("src") != right.get_attribute("src")
    page.select_option("#compare-runs [data-side=b]", label=page.locator("#run h2").inner_text())
    assert left.get_attribute("src") == right.get_attribute("src")
