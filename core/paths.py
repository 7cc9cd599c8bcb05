"""Where the models and the gallery lie: beside this package in a clone of the repository, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
INSTALLED = (HERE / "assets").is_dir()
ASSETS = HERE / "assets" if INSTALLED else HERE.parent / "assets"
CACHE = (Path.cwd() if INSTALLED else HERE.parent) / ".cache"  # of what trainings fetch and pack
