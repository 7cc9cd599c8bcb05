import io
import re
from urllib.parse import urlparse

import pytest
from PIL import Image

from core.types import Request, Trace
from dashboard import links, pictures, reels
from tests.browser.conftest import asks, frame, query, ran, run, setting


def step(page) -> str:
    return page.locator("#tabs .ds-rail output").first.inner_text()


def set_rail(page, position: int) -> None:
    slider = page.get_by_role("slider", name="Step").first
    slider.evaluate("(one, k) => { one.value = k; one.dispatchEvent(new Event('input')); }", position)


def test_something_is_there_before_the_first_click(visit):
    page = visit()
    assert frame(page, "x0").startswith("data:image/jpeg")
    assert page.locator("#strip td img").count() == 26 * 3
    assert page.locator("#nearest img").count() == 10
    for name in ("noise", "norm", "change", "clip"):
        page.wait_for_selector(f"#curve-{name} .scatterlayer .trace")
    assert page.locator("text=Done:").is_visible()


def test_generate_shows_every_step(page):
    run(page, "a fox zorblat", 12)
    assert step(page) == "Step 12 of 12"
    assert page.locator("#strip td img").count() == 13 * 3
    assert re.match(r"12 steps in \d+\.\d\d s", page.locator("#status").inner_text())
    page.wait_for_selector("#advice >> text=“zorblat”")


def test_it_streams_while_it_works(page, site, monkeypatch):
    monkeypatch.setattr(site.engine, "delay", 0.05)
    seen = set()
    page.expose_function("saw", lambda text: seen.add(text))
    page.evaluate(
        "new MutationObserver(() => saw(document.querySelector('#status').innerText))"
        ".observe(document.querySelector('#status'), {subtree: true, childList: true, characterData: true})"
    )
    run(page, "a fox", 30)
    steps = [text for text in seen if re.match(r"Step \d+ of 30 · \d+\.\d s, about \d+\.\d s left", text)]
    assert len(steps) >= 10


def test_scrubbing_moves_everything_and_asks_nothing_of_the_server(page):
    run(page, "a fox", 20)
    page.wait_for_selector("#curve-clip .scatterlayer .trace")
    page.wait_for_timeout(600)
    asked = asks(page)
    views = []
    for position in (0, 8, 12, 16, 20):
        set_rail(page, position)
        page.wait_for_function(f"document.querySelector('#tabs .ds-rail output').innerText === 'Step {position} of 20'")
        page.wait_for_timeout(120)
        marker = page.evaluate("document.querySelector('#curve-norm .ds-plot').data[1].x[0]")
        assert marker == position
        views.append((frame(page, "x0"), frame(page, "x"), frame(page, "eps"), page.locator("#story").inner_text()))
    assert all(len(set(column)) >= 4 for column in zip(*views, strict=True))
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#tabs .ds-rail output').innerText === 'Step 3 of 20'")
    assert page.locator("#strip td.is-current").count() == 3
    page.locator("#strip td[data-at='7'] img").first.click()
    page.wait_for_function("document.querySelector('#tabs .ds-rail output').innerText === 'Step 7 of 20'")
    page.locator("#tabs .ds-rail input").first.focus()
    page.keyboard.press(" ")
    page.wait_for_selector(".ds-play.is-playing")
    page.wait_for_function("document.querySelector('#tabs .ds-rail output').innerText === 'Step 20 of 20'")
    assert asked == []


def test_keys_typed_into_a_field_do_not_drive_the_rail(page):
    run(page, "a fox", 25)
    page.get_by_label("Prompt", exact=True).click()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.type(" x ")
    assert step(page) == "Step 25 of 25"


def test_a_click_on_a_curve_goes_there(page):
    page.wait_for_selector("#curve-noise .scatterlayer .trace")
    run(page, "a fox", 25)
    page.locator("#curve-noise").scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    spot = page.evaluate("""() => {
      const div = document.querySelector('#curve-noise .ds-plot'), box = div.getBoundingClientRect();
      const { xaxis, yaxis } = div._fullLayout, at = 9;
      return [box.x + xaxis._offset + xaxis.d2p(at), box.y + yaxis._offset + yaxis.d2p(div._fullData[1].y[at])];
    }""")
    page.mouse.move(*spot)
    page.wait_for_timeout(200)
    page.mouse.click(*spot)
    page.wait_for_function("document.querySelector('#tabs .ds-rail output').innerText === 'Step 9 of 25'")


def test_long_runs_show_an_even_choice_and_say_so(page, site, monkeypatch):
    monkeypatch.setattr(site.engine, "delay", 0.0)
    run(page, "a tree", 200)
    assert page.locator("#strip td img").count() == 31 * 3
    told = "The rail stops at 61 of the run's 201 states, the strip shows 31 of them, evenly chosen."
    assert told in page.locator("#strip").inner_text()
    assert page.get_by_role("slider", name="Step").first.get_attribute("max") == "60"


def test_stop_keeps_what_there_is_and_the_next_run_works(page, site, monkeypatch, wait):
    monkeypatch.setattr(site.engine, "delay", 0.05)
    setting(page, "Steps").fill("0")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.wait_for_selector("#status .is-error")  # a line, which the next one follows
    setting(page, "Steps").fill("400")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.wait_for_selector("#status >> text=/Step ([5-9]|[1-9]\\d+) of 400/")
    weight = "Number(getComputedStyle(document.querySelector('#stop')).fontWeight)"
    under_way = page.evaluate(weight)
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector("#status >> text=/Stopped after \\d+ of 400 steps/")
    assert page.evaluate(weight) < under_way, "it stands out while there is something to stop"
    page.wait_for_selector("text=what you see is the last predicted image")
    assert site.engine.running == 0
    assert site.service.queue.empty
    run(page, "a piano", 5)
    assert step(page) == "Step 5 of 5"


def test_a_closed_tab_ends_its_run(page, visit, site, monkeypatch, wait):
    monkeypatch.setattr(site.engine, "delay", 0.05)
    other = visit()
    setting(other, "Steps").fill("900")
    other.get_by_role("button", name="Generate", exact=True).click()
    wait(lambda: site.engine.running == 1)
    other.close()
    wait(lambda: site.engine.running == 0)
    assert site.service.queue.empty
    run(page, "a tree", 4)


def test_two_tabs_at_once_do_not_mix(page, visit, site, monkeypatch, wait):
    monkeypatch.setattr(site.engine, "delay", 0.05)
    pages = {"a fox": page, "a rocket": visit()}
    for prompt, one in pages.items():
        one.bring_to_front()
        one.get_by_label("Prompt", exact=True).fill(prompt)
        setting(one, "Steps").fill("60")
        one.get_by_label("Seed", exact=True).fill("7")
        one.get_by_label("Fix seed", exact=True).check()
    for one in pages.values():
        one.bring_to_front()
        one.get_by_role("button", name="Generate", exact=True).click()
    wait(lambda: site.engine.running == 2)
    for prompt, one in pages.items():
        one.bring_to_front()
        one.wait_for_selector(f".ds-card.is-current >> text={prompt} · seed 7")
        one.wait_for_function("!document.body.classList.contains('ds-running')")
        trace = site.engine.trace(Request(prompt, steps=60, seed=7))
        assert frame(one, "x0") == pictures.uri(site.engine.decode(trace.x[-1:])[0], reels.LARGE)
    page.get_by_label("Fix seed", exact=True).uncheck()


def test_a_second_generate_takes_the_place_of_the_first(page, site, monkeypatch, wait):
    monkeypatch.setattr(site.engine, "delay", 0.05)
    setting(page, "Steps").fill("300")
    page.get_by_role("button", name="Generate", exact=True).click()
    wait(lambda: site.engine.running == 1)
    run(page, "a rocket", 5)
    assert step(page) == "Step 5 of 5"
    assert site.engine.running == 0


def test_enter_in_the_prompt_generates(page):
    page.get_by_label("Prompt", exact=True).fill("a blue whale")
    page.get_by_label("Prompt", exact=True).press("Enter")
    page.wait_for_selector(".ds-card.is-current >> text=a blue whale")


def test_an_example_runs_at_a_click(page):
    page.get_by_role("button", name="a yellow taxi").click()
    page.wait_for_selector(".ds-card.is-current >> text=a yellow taxi")
    assert page.get_by_label("Prompt", exact=True).input_value() == "a yellow taxi"


def test_the_address_restores_the_run(page, visit):
    run(page, "a piano & <b>tree</b>", 9)
    assert page.locator(".ds-card.is-current b").count() == 0
    page.wait_for_function("new URLSearchParams(location.search).get('steps') === '9'")
    picture, told = frame(page, "x0"), urlparse(page.url).query
    again = visit("?" + told, ready=False)
    again.wait_for_selector(".ds-card.is-current >> text=a piano & <b>tree</b>")
    again.wait_for_function("!document.body.classList.contains('ds-running')")
    assert frame(again, "x0") == picture
    assert setting(again, "Steps").input_value() == "9"
    assert query(again) == query(page)


def test_rubbish_in_a_link_is_a_message_and_the_page_works(visit):
    page = visit("?prompt=x&steps=99999&guidance=nan&sampler=%3Cscript%3E")
    page.wait_for_selector("text=This link cannot be restored")
    assert page.locator(".ds-card.is-current").inner_text().startswith("a red apple")
    run(page, "a fox", 3)


@pytest.mark.parametrize(("button", "size", "ending"), [("Image (.png)", 512, ""), ("Native size", 8, r"\.native")])
def test_a_saved_picture_restores_its_settings(page, tmp_path, button, size, ending):
    run(page, "a slice of pizza", 8)
    picture = frame(page, "x0")
    assert page.inner_text(".ds-big [data-text=size]") == "8 × 8 pixels, enlarged"
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert re.fullmatch(rf"a-slice-of-pizza-\d+{ending}\.png", path.name)
    assert Image.open(path).size == (size, size)
    assert links.from_png(path)[1].steps == 8
    run(page, "a tree", 5)
    page.locator("#restore input[type=file]").set_input_files(path)
    page.wait_for_selector(".ds-card.is-current >> text=a slice of pizza")
    page.wait_for_function("!document.body.classList.contains('ds-running')")
    assert frame(page, "x0") == picture
    assert setting(page, "Steps").input_value() == "8"
    page.get_by_label("Fix seed", exact=True).uncheck()


def test_a_picture_dropped_anywhere_on_the_page_is_read(page, tmp_path, site):
    trace = site.engine.trace(Request("a tree", steps=6, seed=2))
    page.evaluate(
        """(bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], 'tree.png', { type: 'image/png' }));
      const drop = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
      document.querySelector('#strip').dispatchEvent(drop);
    }""",
        list(links.to_png(trace)),
    )
    page.wait_for_selector(".ds-card.is-current >> text=a tree · seed 2")


def test_another_file_is_refused_with_a_message(page, tmp_path):
    plain = tmp_path / "plain.png"
    Image.new("RGB", (9, 9)).save(plain)
    page.locator("#restore input[type=file]").set_input_files(plain)
    page.wait_for_selector("text=a PNG that was saved here")
    run(page, "a fox", 3)


def test_the_animation_and_the_trace_are_saved(page, tmp_path):
    run(page, "a whale", 10)
    files = {}
    for name in ("Animation", "Tensors (.npz)"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        files[name] = (download.value.suggested_filename, download.value.path().read_bytes())
    assert files["Animation"][0].endswith(".webp")
    assert Image.open(io.BytesIO(files["Animation"][1])).n_frames > 3
    assert Trace.load(io.BytesIO(files["Tensors (.npz)"][1])).request.steps == 10


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [("", "no prompt"), ("🦊🦊🦊", "🦊🦊🦊"), ("עץ ירוק", "עץ ירוק"), ("<img src=x onerror=alert(1)>", "<img src=x"),
     ("${1+1} {{7*7}} `x`", "${1+1} {{7*7}}")],
)  # fmt: skip
def test_odd_prompts_run_and_are_shown_as_text(page, prompt, shown):
    page.get_by_label("Prompt", exact=True).fill(prompt)
    setting(page, "Steps").fill("3")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.wait_for_function("text => document.querySelector('.ds-card.is-current')?.innerText.includes(text)", arg=shown)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("Steps", "0", "steps is 0"), ("Steps", "5000", "steps is 5000"), ("Steps", "", "steps is"),
     ("Seed", "-4", "seed is -4"),
     ("Seed", "1.5", "seed is 1.5"), ("Prompt", "x" * 10_000, "10000 characters long")],
)  # fmt: skip
def test_wrong_inputs_are_a_message(page, field, value, message):
    page.get_by_label("Fix seed", exact=True).check()
    setting(page, field).fill(value)
    page.get_by_role("button", name="Generate", exact=True).click()
    page.wait_for_selector(f"text={message}")
    setting(page, field).fill("7")
    ran(page)


def test_what_is_typed_while_a_run_begins_stays(page, site):
    """Generate sets what it changes, the seed, and nothing else: an answer may come after the next letters."""
    page.get_by_label("Fix seed", exact=True).uncheck()
    page.get_by_label("Prompt", exact=True).fill("a fox")
    setting(page, "Steps").fill("40")
    with page.expect_request("**/queue/join*"):
        page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_label("Prompt", exact=True).fill("a tree")
    setting(page, "Steps").fill("9")
    page.wait_for_selector("#status >> text=/40 steps in/")
    assert page.get_by_label("Prompt", exact=True).input_value() == "a tree"
    assert setting(page, "Steps").input_value() == "9"


def test_other_texts_are_compared(visit):
    page = visit()  # its own: the end of an earlier test's run would draw the curve anew
    page.wait_for_selector("#curve-clip .scatterlayer .trace")
    page.locator("#compare textarea, #compare input").fill("a cat, a boat")
    page.locator("#compare textarea, #compare input").press("Enter")
    page.wait_for_function("document.querySelector('#curve-clip .ds-plot').data?.[2].name === 'a boat'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_in_light_and_dark(visit, tmp_path, scheme):
    page = visit(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page.wait_for_selector("#curve-clip .scatterlayer .trace")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.querySelector('#curve-norm .xtitle')).fill")
    assert (brightness(ground) < 200) == (brightness(ink) > 380) == (scheme == "dark")
    for width, height in ((1440, 900), (820, 1100), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        plot = page.locator("#curve-norm .main-svg").first.bounding_box()
        assert plot["x"] + plot["width"] <= width
        picture = page.locator("#pictures [data-frame=x0]").bounding_box()
        assert picture["width"] >= min(320, width - 60)
        for name in ("Generate", "Trajectory", "Samplers", "Guidance", "CLIP", "2-D lab"):
            assert page.get_by_role("tab", name=name, exact=True).is_visible(), "none hides in a menu"
        page.screenshot(path=tmp_path / f"generate-{width}-{scheme}.png", full_page=True)
    prompt, button = page.locator("#prompt").bounding_box(), page.locator("#generate").bounding_box()
    assert prompt["y"] < button["y"] < picture["y"] < 844 / 2
    fold = page.get_by_role("button", name="Settings", exact=True)
    assert page.locator("#seed").is_hidden()
    fold.click()
    assert fold.get_attribute("aria-expanded") == "true"
    assert button["y"] < page.locator("#seed").bounding_box()["y"] < 844 / 2
    fold.click()
    assert page.locator("#seed").is_hidden()


def brightness(colour: str) -> int:
    return sum(map(int, re.findall(r"\d+", colour)[:3]))


def test_the_theme_button_recolours_the_plots(visit):
    page = visit(color_scheme="light")
    page.wait_for_selector("#curve-norm .xtitle")
    ink = "getComputedStyle(document.querySelector('#curve-norm .xtitle')).fill"
    before = page.evaluate(ink)
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function(f"{ink} !== '{before}'")
    page.reload()
    page.wait_for_selector("#nearest img")
    assert page.evaluate("document.body.classList.contains('dark')")


def test_what_is_typed_while_the_page_opens_stays(visit):
    page = visit(ready=False)
    page.wait_for_selector("#prompt textarea")
    page.fill("#prompt textarea", "a rocket")
    page.fill("#seed input", "77")
    page.wait_for_selector("#nearest img")
    asks(page)  # whatever opens the page has come to its end
    assert page.input_value("#prompt textarea") == "a rocket"
    assert page.input_value("#seed input") == "77"


def test_an_unknown_word_is_mended_at_a_click(page):
    page.get_by_label("Prompt", exact=True).fill("two rockets")
    page.get_by_role("button", name="Did you mean").click()
    page.wait_for_function("document.querySelector('#prompt textarea').value.endsWith('rocket')")
