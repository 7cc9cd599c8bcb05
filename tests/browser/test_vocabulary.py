"""What the model can draw, opened from the sidebar."""


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
