"""The unCLIP tab, panel by panel, on one page."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import parse_qs

import pytest
from PIL import Image, PngImagePlugin
from playwright.sync_api import expect

from dashboard import links, printed
from tests.browser.conftest import listen, turned_to

PATIENCE = 180_000  # milliseconds: eight pictures at once, on whatever machine this is


@pytest.fixture(scope="module")
def opened(site, shared):
    """The tab, opened by its link, for all tests here; it draws its first pictures by itself."""
    page, seen = shared.new_page(), []
    listen(site, page, seen)
    page.set_default_timeout(PATIENCE)
    page.goto(f"{site.url}?tab=unclip")
    page.wait_for_selector("#unclip-variations-run")
    yield page, seen
    page.close()


@pytest.fixture
def unclip_tab(opened, problems):
    yield from turned_to("unCLIP", opened, problems)


def panel(page, name: str) -> None:
    page.locator("#unclip-tabs").get_by_role("tab", name=name).click()


def box(page, elem_id: str):
    return page.locator(f"#{elem_id} textarea, #{elem_id} input").first


def done(page, name: str) -> None:
    """Wait until a panel's pictures are there and can be scrubbed."""
    expect(page.locator(f"#unclip-{name}-status")).to_contain_text("A click opens one", timeout=PATIENCE)
    slider = f"#unclip-{name}-rail input[type=range]"
    page.wait_for_function(f"Number(document.querySelector('{slider}').max) > 1")


def pick(page, elem_id: str, label: str) -> None:
    listed = page.locator(f"#{elem_id} input")
    listed.fill(label)
    listed.press("Enter")


def test_variations_are_drawn_told_and_scrubbed(unclip_tab):
    page = unclip_tab
    panel(page, "Variations")
    done(page, "variations")
    assert page.locator("#unclip-variations-pictures img").count() == 8
    told = page.locator("#unclip-variations-told").inner_text()
    assert "Kept: CLIP calls" in told
    assert "Changed: two of them differ by" in told
    image = page.locator("#unclip-variations-pictures img").first
    end = image.get_attribute("src")
    page.locator("#unclip-variations-rail input[type=range]").focus()
    page.keyboard.press("Home")
    expect(page.locator("#unclip-variations-rail output")).to_have_text("Step 0 of 25")
    assert image.get_attribute("src") != end
    page.keyboard.press("End")
    expect(image).to_have_attribute("src", end)


def test_a_run_can_be_stopped_and_says_where(unclip_tab, site):
    page = unclip_tab
    panel(page, "Variations")
    done(page, "variations")
    site.engine.delay = 1.0  # time enough to press Stop on a busy machine
    try:
        page.locator("#unclip-variations-run").click()
        page.wait_for_function("document.querySelector('#unclip-variations-pictures button').disabled")
        step = "/Step (\\d+) of/.exec(document.querySelector('#unclip-variations-rail output').innerText)?.[1]"
        page.wait_for_function(f"Number({step}) > 1 && Number({step}) < 25")
        page.locator("#unclip-variations-stop").click()
        page.wait_for_selector("#unclip-variations-status >> text=stopped after")
    finally:
        site.engine.delay = 0.01


def test_an_upload_becomes_an_embedding_that_a_link_carries(unclip_tab, visit, tmp_path):
    page = unclip_tab
    panel(page, "Variations")
    done(page, "variations")
    drawn = Image.effect_noise((40, 40), 90).convert("RGB")
    drawn.save(tmp_path / "mine.png")
    page.locator("#unclip-variations-file input[type=file]").set_input_files(tmp_path / "mine.png")
    page.wait_for_selector("#unclip-variations-source >> text=An embedding")
    page.wait_for_function("new URLSearchParams(location.search).has('unclip-of-e')")
    done(page, "variations")
    asked = parse_qs(page.evaluate("location.search").lstrip("?"))
    (name,) = (name for name in asked if name.endswith("-e"))
    assert len(links.to_embedding(asked[name][0])) == 16
    other = visit(page.evaluate("location.search"), ready=False)
    other.wait_for_selector("#unclip-variations-source >> text=An embedding", timeout=PATIENCE)
    page.bring_to_front()
    (tmp_path / "broken.png").write_bytes(b"no picture")
    page.locator("#unclip-variations-file input[type=file]").set_input_files(tmp_path / "broken.png")
    page.wait_for_selector(".toast-body >> text=picture is 'broken.png'")


def test_a_picture_that_is_none_is_refused_in_words(unclip_tab):
    page = unclip_tab
    panel(page, "Variations")
    done(page, "variations")
    pick(page, "unclip-variations-picture", "<b>nothing</b>")
    page.wait_for_selector(".toast-body >> text=picture is '<b>nothing</b>'")
    pick(page, "unclip-variations-picture", "The embedding brought along")
    pick(page, "unclip-variations-picture", "a fox")
    done(page, "variations")


@pytest.mark.parametrize(
    ("title", "name", "field", "other"),
    [
        ("Edit by words", "edit", "unclip-edit-to", "unclip-edit-from"),
        ("Interpolate", "interpolate", "unclip-caption-b", "unclip-caption-a"),
    ],
)
def test_what_the_model_does_not_know_is_told_and_mended_by_a_click(unclip_tab, title, name, field, other):
    page = unclip_tab
    panel(page, title)
    done(page, name)
    if name == "interpolate":
        page.locator("#unclip-kind").get_by_text("Two captions").click()
    box(page, field).fill("a zorblat and <b>3</b>")
    page.wait_for_selector(f"#{field}-advice >> text=“zorblat”")
    assert page.locator(f"#{field}-advice b").count() == 0
    assert page.locator(f"#{other}-advice").inner_text().strip() == ""
    box(page, field).fill("a rockett")
    page.locator(f"#{field}-advice").get_by_text("Did you mean “a rocket”?").click()
    expect(box(page, field)).to_have_value("a rocket", timeout=PATIENCE)
    page.wait_for_function(f"document.querySelector('#{field}-advice').innerText.trim() === ''")
    named = field.replace("edit-", "")  # in the address, before it is drawn
    page.wait_for_function(f"new URLSearchParams(location.search).get('{named}') === 'a rocket'")


def test_files_hold_the_pictures_and_what_was_measured(unclip_tab):
    page = unclip_tab
    panel(page, "Variations")
    done(page, "variations")
    saved = {}
    for kind in ("png", "csv", "json"):
        with page.expect_download() as download:
            page.locator(f"#unclip-variations-{kind}").click()
        saved[kind] = download.value.path().read_bytes()
    with Image.open(io.BytesIO(saved["png"])) as image:
        assert image.width == 2 * printed.PAD + 4 * (printed.LEAST + printed.GAP) - printed.GAP
        assert image.height > 2 * printed.LEAST
        told = json.loads(image.text[links.PNG_KEY])
    assert told["unclip"]["panel"] == "unclip-variations"
    assert told["unclip"]["settings"]["unclip-of"] == page.input_value("#unclip-variations-picture input")
    rows = list(csv.DictReader(io.StringIO(saved["csv"].decode())))
    assert len(rows) == 8
    assert {"seed", "nearest_name", "cosine_to_source"} <= rows[0].keys()
    assert len(json.loads(saved["json"])["requests"]) == 8


def test_words_go_by_way_of_the_prior_and_the_rail_shows_its_walk(unclip_tab):
    page = unclip_tab
    panel(page, "From words")
    done(page, "words")
    assert page.locator("#unclip-words-pictures img").count() == 4
    assert "modality gap" in page.locator("#unclip-words-told").inner_text()
    page.wait_for_selector("#unclip-map .scatterlayer .trace")
    page.locator("#unclip-words-rail input[type=range]").focus()
    page.keyboard.press("Home")
    expect(page.locator("#unclip-words-rail output")).to_have_text("Prior, step 0 of 5")
    page.locator("#prompt textarea").fill(" ")
    page.locator("#unclip-words-run").click()
    page.wait_for_selector(".toast-body >> text=some words, for the prior to begin with")
    page.locator("#prompt textarea").fill("a tree <i>")
    page.locator("#unclip-words-run").click()
    page.wait_for_function(
        "document.querySelector('#unclip-map .ds-plot').data.some((one) => one.name?.includes('tree'))"
    )
    done(page, "words")


def test_between_two_pictures_captions_and_noises(unclip_tab):
    page = unclip_tab
    panel(page, "Interpolate")
    done(page, "interpolate")
    assert page.locator("#unclip-interpolate-pictures img").count() == 10
    assert "apart" in page.locator("#unclip-interpolate-told").inner_text()
    page.locator("#unclip-kind label", has_text="Two noises").click()
    page.wait_for_selector("#unclip-interpolate-told >> text=Two noises of")
    page.locator("#unclip-kind label", has_text="Two captions").click()
    page.wait_for_selector("#unclip-interpolate-told >> text=embeddings are")
    box(page, "unclip-caption-b").fill(" ")
    box(page, "unclip-caption-b").press("Enter")
    page.wait_for_selector(".toast-body >> text=caption is")
    box(page, "unclip-caption-b").fill("a red apple")
    box(page, "unclip-caption-b").press("Enter")
    page.wait_for_selector(".toast-body >> text=two different ones")


def test_a_saved_row_sets_what_was_as_usual_too(unclip_tab, tmp_path):
    page = unclip_tab
    panel(page, "Interpolate")
    for kind, told in (("Two noises", "Two noises of"), ("Two pictures", "embeddings are")):
        page.locator("#unclip-kind label", has_text=kind).click()
        page.wait_for_selector(f"#unclip-interpolate-told >> text={told}")
    with page.expect_download() as download:
        page.locator("#unclip-interpolate-png").click()
    download.value.save_as(tmp_path / "row.png")
    page.locator("#unclip-kind label", has_text="Two noises").click()
    page.wait_for_selector("#unclip-interpolate-told >> text=Two noises of")
    page.get_by_role("tab", name="Generate", exact=True).click()
    page.locator("#restore input[type=file]").set_input_files(tmp_path / "row.png")
    page.wait_for_selector("#unclip-interpolate-told >> text=embeddings are")
    assert page.locator("#unclip-kind label", has_text="Two pictures").locator("input").is_checked()
    assert page.locator("#unclip-ends-pictures").is_visible()


def test_a_panel_that_is_left_while_it_draws_is_drawn_when_one_comes_back(unclip_tab, site):
    page = unclip_tab
    site.engine.delay = 0.1
    try:
        for name, title in (("edit", "Edit by words"), ("numbers", "How much is in it")):
            panel(page, title)
            page.locator(f"#unclip-{name}-run").click()
            page.wait_for_selector(f"#unclip-{name}-status .is-running")
    finally:
        site.engine.delay = 0.01
    done(page, "numbers")
    panel(page, "Edit by words")
    done(page, "edit")


def test_an_edit_says_how_far_it_went(unclip_tab):
    page = unclip_tab
    panel(page, "Edit by words")
    done(page, "edit")
    assert page.locator("#unclip-edit-pictures img").count() == 8
    assert "at the end" in page.locator("#unclip-edit-told").inner_text()
    same = box(page, "unclip-edit-from").input_value()
    box(page, "unclip-edit-to").fill(same)
    box(page, "unclip-edit-to").press("Enter")
    page.wait_for_selector(".toast-body >> text=two things that differ")


def test_many_noises_have_a_mean_and_fewer_numbers_hold_less(unclip_tab):
    page = unclip_tab
    panel(page, "How much is in it")
    done(page, "numbers")
    page.wait_for_selector("#unclip-agreed >> text=Where they differ")
    page.locator("#unclip-numbers-kind label", has_text="Fewer numbers").click()
    page.wait_for_selector("#unclip-numbers-told >> text=principal components hold")
    done(page, "numbers")
    titles = page.locator("#unclip-numbers-pictures figcaption").all_inner_texts()
    assert titles[0].startswith("1 of 16")
    assert "100.0% of the variance" in titles[-1]


def test_a_picture_opens_in_generate_with_its_embedding(unclip_tab):
    page = unclip_tab
    panel(page, "Variations")
    done(page, "variations")
    page.locator("#unclip-variations-pictures button").nth(2).click()
    page.wait_for_selector("#cards >> text=like a picture")
    page.wait_for_function("new URLSearchParams(location.search).has('embedding')")


def test_a_saved_row_comes_back_with_its_panel_and_where_it_was_stopped(unclip_tab, tmp_path):
    page = unclip_tab
    panel(page, "Variations")
    done(page, "variations")
    pick(page, "unclip-variations-picture", "a rocket")
    page.wait_for_selector("#unclip-variations-source >> text=a rocket")
    done(page, "variations")
    with page.expect_download() as download:
        page.locator("#unclip-variations-png").click()
    download.value.save_as(tmp_path / "row.png")
    told = json.loads(Image.open(tmp_path / "row.png").text["driftscope"])
    assert told["unclip"]["settings"]["unclip-of"] == "a rocket"
    told["unclip"]["stopped"] = 16
    info = PngImagePlugin.PngInfo()
    info.add_text("driftscope", json.dumps(told))
    Image.open(tmp_path / "row.png").save(tmp_path / "part.png", pnginfo=info)
    pick(page, "unclip-variations-picture", "a tree")
    page.wait_for_selector("#unclip-variations-source >> text=a tree")
    done(page, "variations")
    panel(page, "From words")
    page.get_by_role("tab", name="Generate", exact=True).click()
    page.locator("#restore input[type=file]").set_input_files(tmp_path / "part.png")
    page.wait_for_selector("#unclip-variations-source >> text=a rocket")  # the row opens its tab and its panel
    page.wait_for_selector("#unclip-variations-status >> text=stopped after 2 of")
    expect(page.locator("#unclip-variations-picture input")).to_have_value("a rocket")


def test_a_link_restores_a_panel_and_rubbish_is_refused_in_words(visit):
    query = "?tab=unclip&unclip=how-much-is-in-it&unclip-by=%3Cscript%3E&unclip-held=a+rocket&prompt=a+fox&seed=4"
    page = visit(query, ready=False)
    page.wait_for_selector("#unclip-tabs [role=tab][aria-selected=true] >> text=How much")
    page.wait_for_selector(".toast-body >> text=by is '<script>'")
    page.wait_for_selector("#unclip-numbers-source >> text=a rocket")
    done(page, "numbers")
    assert page.locator("#unclip-numbers-pictures figcaption").first.inner_text().startswith("seed 4")
    panel(page, "Variations")
    done(page, "variations")
