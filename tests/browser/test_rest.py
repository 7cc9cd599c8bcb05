"""What an open page costs while nothing happens."""

from tests.browser.conftest import asks, run

COUNT = """
    window.drawn = 0;
    const frame = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (draw) => frame((now) => { window.drawn += 1; draw(now); });
"""
SECOND = """() => new Promise((resolve) => {
    const before = window.drawn;
    setTimeout(() => resolve(window.drawn - before), 1000);
})"""


def test_a_page_at_rest_asks_for_no_frames(visit):
    page = visit()
    page.add_init_script(COUNT)
    page.reload()
    page.wait_for_selector("#nearest img")
    drawn = [page.evaluate(SECOND)]
    while drawn[-1] and len(drawn) < 30:  # it may still be at work at first
        drawn.append(page.evaluate(SECOND))
    assert drawn[-1] == 0, drawn
    page.evaluate("requestAnimationFrame(() => {})")
    assert page.evaluate(SECOND) in (0, 1)
    assert page.evaluate("window.drawn") > 0, "others are given theirs"


def test_a_run_asks_little_of_the_page(visit):
    """Twenty-four million reads of what may change, a second of work for each fifth of them, were one run's once."""
    page = visit()
    session = page.context.new_cdp_session(page)
    session.send("Profiler.enable")
    session.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": False})
    run(page, "a tree")
    page.wait_for_selector("#nearest img")
    scripts = session.send("Profiler.takePreciseCoverage")["result"]
    calls = [one["ranges"][0]["count"] for script in scripts for one in script["functions"]]
    assert 1000 < max(calls) < 4_000_000


def test_a_run_asks_nothing_for_tabs_that_nobody_looks_at(visit):
    page = visit()
    tab = page.get_by_role("tab", name="Guidance", exact=True)
    tab.click()
    page.wait_for_selector("#guidance-run p")
    page.get_by_role("tab", name="Generate", exact=True).click()
    asked = asks(page)
    run(page, "a tree")
    page.wait_for_selector("#nearest img")
    page.wait_for_timeout(1500)
    events = [one for one in asked if "queue/join" in one]
    assert 0 < len(events) <= 3, events  # the run, what it adds to those that are held, and this tab
    tab.click()
    page.wait_for_selector("#guidance-run >> text=a tree")
