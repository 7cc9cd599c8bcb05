"""The page's sheets and scripts: each is read, the one that all others override first."""

from dashboard import skin


def test_every_sheet_and_script_has_its_place():
    assert sorted(skin.SHEETS) == sorted(path.name for path in skin.STATIC.glob("*.css"))
    assert sorted(skin.SCRIPTS) == sorted(path.name for path in skin.STATIC.glob("*.js"))
    assert skin.SHEETS[0] == "page.css"
