"""The CLIP tab, panel by panel, on one page; and the words of a prompt in the picture."""

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import expect

from dashboard.tabs.clip import sources
from tests.browser.conftest import lasting, run, turned_to

PLACE = """([plot, name, index]) => {
  const div = document.querySelector(`${plot} .ds-plot`), { xaxis: x, yaxis: y } = div._fullLayout;
  const at = div.data.findIndex((trace) => trace.name === name), point = div.calcdata[at][index];
  const box = div.getBoundingClientRect();
  return [box.left + x._offset + x.l2p(point.x), box.top + y._offset + y.l2p(point.y)];
}"""
TRACE = "(name) => document.querySelector('#atlas .ds-plot')?.data?.find((trace) => trace.name === name)"


@pytest.fixture(scope="module")
def opened(site, shared):
    """The tab, opened by its link, for all tests here."""
    yield from lasting(site, shared, "?tab=clip", "#atlas .scatterlayer .trace")


@pytest.fixture
def clip_tab(opened, problems):
    yield from turned_to("CLIP", opened, problems)


def panel(page, name: str) -> None:
    page.locator("#clip-tabs").get_by_role("tab", name=name).click()


def choose(page, within: str, label: str) -> None:
    page.locator(f"{within} label:has-text('{label}')").click()


def test_the_atlas_places_words_tells_what_is_near_and_closes_the_gap(clip_tab):
    page = clip_tab
    assert page.locator("#atlas .layer-above image, #atlas .imagelayer image").count() > 3
    page.wait_for_selector("#atlas-told >> text=UMAP bends space")
    choose(page, "#atlas-view", "PCA")
    page.wait_for_selector("#atlas-told >> text=axes hold")
    for told in ("Trustworthiness", "modality gap"):
        assert told in page.locator("#atlas-told").inner_text()
    page.locator("#atlas-typed textarea").fill("kitten, <b>snow</b>")
    page.locator("#atlas-typed textarea").press("Enter")
    page.wait_for_function(f"({TRACE})('yours')?.text?.[0] === 'kitten'")
    where = f"JSON.stringify(({TRACE})('words').x).slice(0, 200)"
    before = page.evaluate(where)
    page.get_by_label("Remove modality gap").check()
    page.wait_for_function(f"(before) => {where} !== before", arg=before)
    assert "taken out" in page.locator("#atlas-told").inner_text()
    choose(page, "#atlas-view", "Your axes")
    page.locator("#atlas-across input, #atlas-across textarea").first.wait_for()
    page.wait_for_function("document.querySelector('#atlas .ds-plot').layout.xaxis.title.text.startsWith('dog - cat')")
    page.locator("#atlas .ds-plot").scroll_into_view_if_needed()
    page.mouse.click(*page.evaluate(PLACE, ["#atlas", "words", 0]))
    page.wait_for_selector("#atlas-card .ds-draw")
    assert page.locator("#atlas-card .ds-bar").count() == 10


def test_a_lasso_says_what_a_group_shares(clip_tab):
    page = clip_tab
    choose(page, "#atlas-hand", "Lasso")
    page.wait_for_function("document.querySelector('#atlas .ds-plot').layout.dragmode === 'lasso'")
    x, y = page.evaluate(PLACE, ["#atlas", "words", 1])
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    for dx, dy in ((60, -60), (60, 60), (-60, 60), (-60, -60)):
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    page.wait_for_selector("#atlas-card >> text=Most characteristic words")


def test_three_dimensions(clip_tab):
    page = clip_tab
    choose(page, "#atlas-view", "PCA")
    choose(page, "#atlas-dims", "3-D")
    page.wait_for_function(f"({TRACE})('words')?.type === 'scatter3d'")
    choose(page, "#atlas-dims", "2-D")
    page.wait_for_function(f"({TRACE})('words')?.type === 'scatter'")


def test_the_matrix_is_a_square_that_is_sorted_and_enlarged(clip_tab, tmp_path):
    page = clip_tab
    panel(page, "Similarity")
    page.wait_for_selector("#matrix .heatmaplayer image, #matrix .heatmaplayer path")
    assert "texts find their own picture" in page.locator("#matrix-told").inner_text()
    choose(page, "#matrix-value", "Softmax over texts")
    page.wait_for_function("document.querySelector('#matrix .ds-plot').data[0].zmax === 1")
    page.mouse.click(*page.evaluate(PLACE, ["#matrix", "best picture of a text", 0]))
    page.wait_for_selector("#matrix-cell .ds-cell img")
    Image.new("RGB", (40, 40), "red").save(tmp_path / "mine.png")
    page.locator("#matrix-files input[type=file]").set_input_files(tmp_path / "mine.png")
    page.wait_for_function("document.querySelector('#matrix-told').innerText.includes('As many') ||"
                           " document.querySelector('#matrix-told').innerText.includes('as many')")  # fmt: skip


def test_where_draws_a_tile_for_each_word(clip_tab):
    page = clip_tab
    panel(page, "Where")
    page.wait_for_selector("#where-maps canvas")
    run(page, "a blue tree", 5)
    page.wait_for_selector("#where-maps figcaption >> text=tree")  # another run is in view: its picture and its prompt
    page.locator("#where-text textarea, #where-text input").first.fill("red <i>fox</i>")
    page.locator("#where-text textarea, #where-text input").first.press("Enter")
    page.wait_for_selector("#where-maps figcaption >> text=<i>fox</i>")
    assert page.locator("#where-maps figure").count() == 3
    canvas = "document.querySelector('#where-maps canvas').getContext('2d')"
    shown = f"{canvas}.getImageData(0, 0, 16, 16).data.slice(3, 40).join()"
    before = page.evaluate(shown)
    choose(page, "#where-way", "Patches")
    page.wait_for_function(f"{shown} !== '{before}'")


def test_arithmetic_answers_and_refuses_in_words(clip_tab):
    page = clip_tab
    panel(page, "Arithmetic")
    page.wait_for_selector("#sum-found .ds-bar")
    page.locator("#sum-presets button", has_text="hat").click()
    page.wait_for_selector("#sum-answer >> text=film")
    page.locator("#sum-text textarea, #sum-text input").first.fill("[nothing] + a")
    page.locator("#sum-text textarea, #sum-text input").first.press("Enter")
    page.wait_for_selector(".toast-body >> text=picture is")


def test_the_result_of_arithmetic_is_drawn_in_generate(clip_tab):
    page = clip_tab
    panel(page, "Arithmetic")
    page.wait_for_selector("#sum-found .ds-bar")
    page.locator("#sum-text textarea, #sum-text input").first.fill("[a fox] - fox + tree")
    page.locator("#sum-text textarea, #sum-text input").first.press("Enter")
    page.wait_for_selector("#sum-answer >> text=did not write")
    page.locator("#sum-draw").click()
    page.wait_for_selector("#cards >> text=like a picture")
    page.wait_for_function(
        "document.querySelector('#tabs [role=tab][aria-selected=true]').textContent.includes('Generate')"
    )


def test_zero_shot_bars_sum_to_one_with_and_without_templates(clip_tab):
    page = clip_tab
    panel(page, "Zero-shot")
    page.wait_for_selector("#labels-found .ds-bar")
    page.get_by_label("Prompt ensembling").check()
    page.wait_for_selector("#labels-told >> text=mean of")
    shares = page.locator("#labels-found .ds-bars").first.locator("b").all_inner_texts()
    assert abs(sum(float(share.rstrip("%")) for share in shares) - 100) < 1


def test_a_point_of_the_atlas_goes_to_generate(clip_tab):
    page = clip_tab
    panel(page, "Atlas")
    choose(page, "#atlas-hand", "Move")
    page.wait_for_function("document.querySelector('#atlas .ds-plot').layout.dragmode === 'pan'")
    page.wait_for_timeout(600)
    page.mouse.click(*page.evaluate(PLACE, ["#atlas", "words", 2]))
    page.wait_for_selector("#atlas-card .ds-draw")
    wanted = page.locator("#atlas-card .ds-draw").get_attribute("data-prompt")
    page.locator("#atlas-card .ds-draw").click()
    page.wait_for_function(
        "document.querySelector('#tabs [role=tab][aria-selected=true]').textContent.includes('Generate')"
    )
    assert page.locator("#prompt textarea").input_value() == wanted


def test_words_in_the_picture_say_so_where_a_model_has_no_attention(page):
    page.get_by_label("Show cross-attention").check()
    page.wait_for_selector("text=has no cross-attention that can be looked at here")
    page.get_by_label("Show cross-attention").uncheck()
    page.wait_for_function("!document.querySelector('#words-maps canvas')")


def test_a_link_restores_every_panel_and_rubbish_is_refused_in_words(visit):
    query = "?tab=clip&clip=similarity&clip-view=%3Cscript%3E&clip-dims=3&clip-words=snow&clip-values=texts"
    query += "&clip-texts=a+fox%0Aa+tree&clip-gallery=a+fox%0Anothing&clip-sum=fox+%2B+tree&clip-source=no%2Fclip"
    page = visit(query, ready=False)
    page.wait_for_selector("#clip-tabs [role=tab][aria-selected=true] >> text=Similarity")
    page.wait_for_selector(".toast-body >> text=it must be a hub id in the local cache")
    page.wait_for_function("document.querySelector('#matrix-texts textarea').value === 'a fox\\na tree'")
    page.locator("#clip-other button").first.click()
    box = page.locator("#clip-source input, #clip-source textarea").first
    expect(box).to_have_value("no/clip")
    page.wait_for_timeout(300)  # drawn only now, it is given its value once more
    box.fill("")
    box.press("Enter")
    page.wait_for_function("document.querySelector('#matrix .ds-plot')?.data?.[0].zmax === 1")
    panel(page, "Arithmetic")
    page.wait_for_selector("#sum-found .ds-bar")
    expect(page.locator("#sum-text textarea, #sum-text input").first).to_have_value("fox + tree")
    panel(page, "Atlas")
    page.wait_for_function(f"({TRACE})('yours')?.text?.[0] === 'snow' && ({TRACE})('yours').type === 'scatter3d'")
    assert page.locator(".toast-body >> text=view is '<script>'").count() == 1
    page.wait_for_function("!new URLSearchParams(location.search).has('clip-source')")
    asked = dict(part.split("=") for part in page.evaluate("location.search").lstrip("?").split("&"))
    assert (asked["clip-dims"], asked["clip-sum"], asked["clip-values"]) == ("3", "fox+%2B+tree", "texts")
    assert "clip" not in asked  # the atlas is what opens by itself


def test_another_clip_from_its_folder(visit, tmp_path, monkeypatch):
    monkeypatch.setenv(sources.ROOTS, str(tmp_path))
    from core.networks.clip import small_clip
    from core.training.clip import train_tokenizer

    tokenizer = train_tokenizer(["a red fox"], 600)
    small_clip(tokenizer, width=64, depth=1, side=48, patch=16, space=40).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    page = visit("?tab=clip&clip=zero-shot", ready=False)
    page.wait_for_selector("#labels-found .ds-bar")
    before = page.locator("#labels-found").inner_text()
    page.locator("#clip-other button").first.click()
    box = page.locator("#clip-source input, #clip-source textarea").first
    box.fill(str(tmp_path / "config.json"))
    box.press("Enter")
    page.wait_for_selector(".toast-body >> text=it is a file, not a folder")
    box.fill(str(tmp_path))
    box.press("Enter")
    page.wait_for_selector("#clip-status >> text=40 dimensions, 48 px")
    page.wait_for_function("(before) => document.querySelector('#labels-found').innerText !== before", arg=before)
    panel(page, "Atlas")
    page.wait_for_function(f"({TRACE})('pictures')?.x")
