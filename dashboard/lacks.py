"""What a model may lack, and the one sentence that a tab or a panel says in its place."""

from __future__ import annotations

from core.errors import RequestError

PARTS = {
    "clip": "brings no CLIP model to judge pictures by (“python -m dashboard --judge FOLDER” gives it one)",
    "space": "reads no embedding of a picture",
    "gallery": "brings no gallery of the pictures that it learned from",
    "vocabulary": "brings no list of the words that it learned",
    "attention": "has no cross-attention that can be looked at here",
}


def told(engine, part: str, what: str) -> str:
    """Plain text: why what is not shown."""
    return f"“{engine.name}” {PARTS[part]}, so {what}."


def need(engine, part: str, what: str) -> None:
    """RequestError where the model lacks the part."""
    if getattr(engine, part) is None:
        raise RequestError("model", engine.name, f"another one: it {PARTS[part]}, so {what}")
