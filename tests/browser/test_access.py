"""What axe-core finds on every tab, in the light and in the dark: nothing of WCAG 2.1, levels A and AA."""

import pytest
from axe_playwright_python.sync_playwright import Axe

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
SEEN = {  # a tab, and what shows that it has something to look at
    "Generate": "#nearest img",
    "Tour": ".tour-page",
    "Trajectory": "#map .js-plotly-plot",
    "Samplers": "#lanes-clip .js-plotly-plot",
    "Guidance": "#arrows .js-plotly-plot",
    "CLIP": "#atlas .js-plotly-plot",
    "unCLIP": "#unclip-tabs",
    "Video": "#video-run",
    "2-D lab": "canvas",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_who_hears_the_page_or_has_no_mouse(visit, scheme):
    page, axe, found = visit(color_scheme=scheme), Axe(), []
    for tab, seen in SEEN.items():
        page.get_by_role("tab", name=tab, exact=True).click()
        page.locator(seen).locator("visible=true").first.wait_for()
        page.wait_for_timeout(300)  # what fades in has its colours then
        for one in axe.run(page, options=RULES).response["violations"]:
            found += [f"{tab}: {one['id']} {node['target']} {node['html'][:120]}" for node in one["nodes"]]
    assert found == []
