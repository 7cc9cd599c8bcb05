"""What axe-core finds on every tab, in the light and in the dark: nothing of WCAG 2.1, levels A and AA.

Tabs are looked at once a run has filled them, their panels and views one by one, and everything that folds unfolded.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.tabs.lab.settings import VIEWS

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
FEW = {"resultTypes": ["violations"]}  # what is well takes as long to tell as to look at
RULES = FEW | {"runOnly": LEVELS, "rules": {"heading-order": {"enabled": True}}}
COLOURS = FEW | {"runOnly": ["color-contrast"]}  # the rule that another theme can break
ASKED = "?steps=6&scales=1,+4&seeds=0-1&away=red"  # a sweep and a pair, which run once Guidance is seen
SEEN = {  # a tab, and what shows that it has something to look at
    "Generate": ["#nearest img", "#curve-clip .js-plotly-plot"],
    "Tour": [".tour-page"],
    "Trajectory": ["#map .js-plotly-plot"],
    "Samplers": ["#lanes-clip .js-plotly-plot", ".ds-lane-open"],
    "Guidance": ["#arrows .js-plotly-plot", "#sweep-grid .is-done", "#pair-plot-1 .js-plotly-plot"],
    "CLIP": ["#atlas .js-plotly-plot"],
    "unCLIP": ["#unclip-tabs"],
    "Video": ["#video-run"],
    "2-D lab": ["canvas"],
}
PARTS = {  # what a tab is made of that shows one at a time, each by what is to be pressed, and what it then shows
    "CLIP": {
        "#clip-tabs [role=tab] >> text=Similarity": "#matrix .js-plotly-plot",
        "#clip-tabs [role=tab] >> text=Where": "#where-maps canvas",
        "#clip-tabs [role=tab] >> text=Arithmetic": "#sum-found .ds-bar",
        "#clip-tabs [role=tab] >> text=Zero-shot": "#labels-found .ds-bar",
    },
    "unCLIP": {
        "#unclip-tabs [role=tab] >> text=From words": "#unclip-words-run",
        "#unclip-tabs [role=tab] >> text=Interpolate": "#unclip-interpolate-run",
        "#unclip-tabs [role=tab] >> text=Edit by words": "#unclip-edit-run",
        "#unclip-tabs [role=tab] >> text=How much is in it": "#unclip-numbers-run",
    },
    "2-D lab": {
        f"#lab-view label >> text={name}": f".ds-lab[data-view={view}]" for view, name in VIEWS.items()
    },
    "Generate": {"#words-on input": "#words-status p", "#seeds-4": "#seeds img"},
    "Samplers": {"#rows-run": "#rows img"},
    "Video": {"#video-run": "#video-matrix img"},
}  # fmt: skip
UNFOLD = """() => {
    for (const fold of document.querySelectorAll('#tabs details, .tour-page details')) fold.open = true;
    for (const head of document.querySelectorAll('button.label-wrap:not(.open)')) if (head.offsetParent) head.click();
}"""
DARK = "(on) => document.body.classList.contains('dark') === on || document.querySelector('.ds-theme').click()"


@pytest.fixture(scope="module")
def opened(browser, site):
    """One page for all tabs, in the light."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.goto(site.url + ASKED)
    page.wait_for_selector("#nearest img")
    yield page
    context.close()


def seen(page, tab: str):
    """Every state of a tab, by name."""
    page.get_by_role("tab", name=tab, exact=True).click()
    for one in SEEN[tab]:
        page.locator(one).locator("visible=true").first.wait_for()
    yield ready(page, tab)
    for press, shown in PARTS.get(tab, {}).items():
        page.click(press)
        page.locator(shown).locator("visible=true").first.wait_for()
        yield ready(page, f"{tab}: {press}")


def ready(page, state: str) -> str:
    """Unfolded, and with its full colours: what another run is about to replace is faint."""
    page.evaluate(UNFOLD)
    page.wait_for_function("!document.body.classList.contains('ds-running')")
    return state


@pytest.mark.parametrize("tab", SEEN)
def test_nothing_stands_in_the_way_of_who_hears_the_page_or_has_no_mouse(opened, tab):
    page, axe, found, place = opened, Axe(), [], None
    for state in seen(page, tab):
        for dark, rules in ((False, RULES), (True, COLOURS)):
            page.evaluate(DARK, dark)
            page.wait_for_timeout(200)  # what unfolds has its colours then
            for one in axe.run(page, place, rules).response["violations"]:
                found += [f"{state}: {one['id']} {node['target']} {node['html'][:120]}" for node in one["nodes"]]
        page.evaluate(DARK, False)
        place = "#" + page.get_by_role("tab", name=tab, exact=True).get_attribute("aria-controls")  # the rest stays
    assert found == []


def test_nothing_jumps_while_a_phone_opens_the_page(visit):
    page = visit(viewport={"width": 390, "height": 844})
    moved = page.evaluate("""() => new Promise((tell) => {
        let sum = 0;
        new PerformanceObserver((list) => {
            for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => tell(sum), 300);
    })""")
    assert moved < 0.1
