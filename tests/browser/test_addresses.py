"""Seeds, steps of the history, and an address that is set when a run starts, in a browser."""

import re
from urllib.parse import urlparse

import pytest

from core.types import Request
from dashboard import links
from tests.browser.conftest import asks, query, setting

pytestmark = pytest.mark.browser


def generate(page) -> None:
    page.get_by_role("button", name="Generate", exact=True).click()


def test_a_seed_that_was_typed_or_drawn_is_used_until_it_is_let_go(visit):
    page = visit()
    seed, fixed = page.get_by_label("Seed", exact=True), page.get_by_label("Fix seed", exact=True)
    assert not fixed.is_checked()
    seed.fill("42")
    generate(page)
    page.wait_for_selector(".ds-card.is-current >> text=seed 42")
    assert fixed.is_checked()
    page.get_by_role("button", name="Random seed").click()
    page.wait_for_function("document.querySelector('#seed input').value !== '42'")
    drawn = seed.input_value()
    generate(page)
    page.wait_for_selector(f".ds-card.is-current >> text=seed {drawn}")
    fixed.uncheck()
    generate(page)
    page.wait_for_function(f"document.querySelector('#seed input').value !== '{drawn}'")


def test_the_address_asks_for_a_run_from_its_start_and_for_as_much_of_it_as_there_was(visit, site, monkeypatch):
    monkeypatch.setattr(site.engine, "delay", 0.05)
    page = visit()
    page.get_by_label("Prompt", exact=True).fill("a rocket")
    setting(page, "Steps").fill("300")
    generate(page)
    page.wait_for_function("new URLSearchParams(location.search).get('prompt') === 'a rocket'")
    page.wait_for_selector("body.ds-running")
    page.wait_for_selector("#status >> text=/Step ([5-9]|[1-9]\\d+) of 300/")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_selector("#status >> text=/Stopped after/")
    at = int(re.search(r"after (\d+) of", page.locator("#status").inner_text())[1])
    page.wait_for_function(f"new URLSearchParams(location.search).get('stopped') === '{at}'")
    picture = page.locator("#pictures [data-frame=x0]").get_attribute("src")
    again = visit("?" + urlparse(page.url).query)
    again.wait_for_selector(f"#status >> text=Stopped after {at} of 300 steps")
    assert again.locator("#pictures [data-frame=x0]").get_attribute("src") == picture
    assert not again.get_by_label("Fix seed", exact=True).is_checked(), "a link fixes nothing"


def test_a_picture_of_a_run_that_was_stopped_restores_as_much_of_it(visit, site, tmp_path):
    steps = list(site.engine.run(Request("a fox", steps=30, seed=5)))
    trace = site.engine.collect(Request("a fox", steps=30, seed=5), steps[:12], 0.1)
    (tmp_path / "stopped.png").write_bytes(links.to_png(trace))
    page = visit()
    page.locator("#restore input[type=file]").set_input_files(tmp_path / "stopped.png")
    page.wait_for_selector("#status >> text=Stopped after 11 of 30 steps")
    page.wait_for_function("new URLSearchParams(location.search).get('stopped') === '11'")


def test_a_panel_waits_for_the_one_that_the_address_names_and_then_tells_what_it_is_set_to(page):
    """Also where the page has no tab of that name yet, as while a slow one opens."""
    before = page.url
    fired = page.evaluate(
        """async () => {
          const panel = document.createElement('div'), fired = [];
          panel.setAttribute('role', 'tabpanel');
          panel.id = 'zz-one-tab';
          panel.innerHTML = '<div class="block" id="zz-opened"><div id="html-1"><span>x</span></div></div>';
          document.querySelector('#tabs').append(panel);
          const address = (name) => history.replaceState(history.state, '', `?zz=${name}`);
          const tell = () => driftscope.linkFields([['zz-x', 'a']], ['b'], 'zz-opened');
          address('two');
          let seen = false;
          driftscope.firstView(panel.querySelector('span'), () => { seen = true; });
          await new Promise((then) => setTimeout(then, 1000));
          tell();
          fired.push(seen, new URLSearchParams(location.search).get('zz-x'));
          address('one');
          await new Promise((then) => setTimeout(then, 1000));
          tell();
          fired.push(seen, new URLSearchParams(location.search).get('zz-x'));
          panel.remove();
          return fired;
        }"""
    )
    page.evaluate("(url) => history.replaceState(history.state, '', url)", before)
    assert fired == [False, None, True, "b"]


def test_tabs_are_steps_of_the_history_and_settings_are_not(visit):
    page = visit("?prompt=a+fox&seed=3&steps=5")
    for name in ("Guidance", "2-D lab"):
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_function(f"new URLSearchParams(location.search).get('tab') === '{name.lower().split()[-1]}'")
    page.evaluate("driftscope.link({ lately: 'set' })")
    for slug, name in (("guidance", "Guidance"), (None, "Generate")):
        page.go_back()
        page.wait_for_selector(f"#tabs > .tab-wrapper [role=tab][aria-selected=true] >> text={name}")
        assert query(page).get("tab", "generate") == (slug or "generate")
        assert query(page)["lately"] == "set", "what the page is set to stays in its address"
    page.go_forward()
    page.wait_for_selector("#tabs > .tab-wrapper [role=tab][aria-selected=true] >> text=Guidance")


def test_too_long_a_setting_stays_out_of_the_address_and_is_told(visit):
    page = visit()
    page.evaluate("driftscope.link({ prompts: '红'.repeat(6000), scales: '1, 2' })")
    page.wait_for_selector(".ds-say >> text=Too long for a link, so the address is without: prompts.")
    assert "prompts" not in query(page)
    assert query(page)["scales"] == "1, 2"
    assert len(page.url) <= 8000
    assert page.goto(page.url).status == 200


@pytest.mark.parametrize("works", [True, False])
def test_a_link_is_copied_another_way_or_shown_where_the_clipboard_is_closed(visit, works):
    page = visit()
    page.evaluate(
        """(works) => {
          Object.defineProperty(navigator, 'clipboard', { value: undefined });
          document.execCommand = () => { window.taken = document.activeElement.value; return works; };
        }""",
        works,
    )
    page.get_by_role("button", name="Copy link").click()
    if works:
        page.wait_for_selector("#copy-link >> text=Copied")
        assert page.evaluate("window.taken") == page.url
    else:
        assert page.locator(".ds-say input").input_value() == page.url
        page.get_by_role("button", name="Close", exact=True).click()
        assert page.locator(".ds-say").count() == 0


def test_what_is_to_be_known_of_a_request_stands_beside_it_in_every_tab(visit):
    page = visit()
    asks(page)  # whatever opens the page has come to its end
    page.get_by_label("Prompt", exact=True).fill("a fox zorblat <b>🍎</b>")
    page.wait_for_selector("#advice >> text=“zorblat”")
    page.get_by_role("tab", name="Samplers", exact=True).click()
    assert "“🍎”" in page.locator("#advice").inner_text()
    assert page.locator("#advice b").count() == 0
    page.get_by_label("Prompt", exact=True).fill("a fox")
    page.wait_for_function("document.querySelector('#advice').innerText.trim() === ''")


def test_a_spacing_that_begins_without_noise_is_told_before_the_run_and_mended_by_a_click(visit):
    page = visit("?prompt=a+fox&steps=1&spacing=leading")
    page.wait_for_selector("#advice >> text=1 step begins at t = 0")
    page.get_by_role("button", name="Use “trailing”").click()
    page.wait_for_function("document.querySelector('#advice').innerText.trim() === ''")
    generate(page)
    page.wait_for_function("!new URLSearchParams(location.search).has('spacing')")
