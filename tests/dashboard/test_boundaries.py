"""Who may import whom, looked at from outside: a fresh interpreter and the modules it ends up with."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOOK = "import sys; {imports}; bad = sorted({banned} & set(sys.modules)); sys.exit(', '.join(bad))"


def loaded(modules: list[str], banned: set[str]) -> str:
    code = LOOK.format(imports="; ".join(f"import {name}" for name in modules), banned=banned)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120)
    return done.stderr.strip()


def modules(folder: str) -> list[str]:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in files
        if file.stem != "__main__"
    ]


def test_core_imports_no_screen():
    assert loaded(modules("core"), {"gradio", "plotly", "dashboard"}) == ""


def test_figures_are_pure():
    assert (
        loaded(
            [*modules("dashboard/figures"), "dashboard.theme", "dashboard.markup", "dashboard.captions"],
            {"gradio", "torch"},
        )
        == ""
    )


def test_the_service_has_no_screen():
    names = ["service", "layers", "links", "judge", "pictures", "welcome"]
    assert loaded([f"dashboard.{name}" for name in names], {"gradio"}) == ""


def test_the_page_stands_before_torch_is_imported():
    build = "dashboard.app; page = dashboard.app; service = page.Service(None, None)"
    build += "; page.build(service, page.Welcome(service, None))"
    assert loaded([build], {"torch", "transformers", "umap"}) == ""


@pytest.mark.parametrize("banned", [{"json"}])
def test_the_look_itself_sees(banned):
    assert loaded(["json"], banned) == "json"
