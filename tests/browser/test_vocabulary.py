"""What the model can draw, opened from the sidebar, and its names in the prompt."""

import httpx


def test_things_are_shown_searched_and_drawn(visit):
    page = visit()
    page.get_by_role("button", name="What can it draw?").click()
    page.wait_for_selector("#vocabulary-things >> text=animals: 0 of 8 things")
    page.locator("#vocabulary-category label", has_text="things").click()
    page.wait_for_selector("#vocabulary-things >> text=things: 8 of 8 things")
    search = page.locator("#vocabulary-search input")
    search.press_sequentially("pian")
    page.wait_for_selector("#vocabulary-things >> text=By name: 1")
    page.locator("#vocabulary-things button", has_text="piano").first.click()
    page.wait_for_selector("#run >> text=a piano · seed")


def test_names_are_suggested_while_a_prompt_is_typed(page):
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("")
    prompt.press_sequentially("next to roc")
    page.wait_for_selector("#complete [role=option] >> text=a rocket")
    assert page.locator("#complete [role=option]").count() == 1
    prompt.press("Escape")
    assert page.locator("#complete").count() == 0
    prompt.press_sequentially("k")
    page.wait_for_selector("#complete")
    prompt.press("ArrowDown")
    assert prompt.get_attribute("aria-activedescendant") == "complete-0"
    before = page.locator("#status").inner_text()
    prompt.press("Enter")
    assert prompt.input_value() == "next to a rocket"
    assert page.locator("#status").inner_text() == before, "the key took the name, and began no run"
    prompt.press_sequentially(" and a pia")
    page.locator("#complete [role=option]", has_text="piano").click()
    assert prompt.input_value().endswith("and a piano")
    prompt.press_sequentially(" xyz")
    page.wait_for_timeout(300)
    assert page.locator("#complete").count() == 0


def test_the_names_of_a_model_that_is_not_loaded_are_none(site):
    assert httpx.get(f"{site.url}names?model=nothing").json() == []
    assert "a rocket" in httpx.get(f"{site.url}names?model=fake").json()
