"""What the panels of the lower half of Samplers share: their request, Stop, and their curves as files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr

from core.types import Request
from dashboard import exports
from dashboard.shell import QUIET, Shell, guard


def asked_for(shell: Shell, values: dict) -> tuple[str, Request]:
    """The model and the request of the sidebar; RequestError where they are rubbish."""
    model, settings = shell.controls.read(values)
    return shell.service.check(model), Request(**settings)


def halt(shell: Shell) -> Callable:
    def stop(visit: gr.Request) -> None:
        shell.service.stop(visit.session_hash)

    return stop


def buttons(name: str, what: str) -> dict[str, gr.Button]:
    return {
        kind: gr.Button(f"{what} as {kind.upper()}", size="sm", min_width=0, elem_id=f"{name}-{kind}",
                        elem_classes=["ds-lane-quiet"])
        for kind in exports.KINDS
    }  # fmt: skip


def wire(files: dict[str, gr.Button], name: str, table: Callable, inputs, saved: gr.DownloadButton) -> None:
    """table(value of inputs) gives rows and what they are about."""
    for kind, button in files.items():

        @guard
        def write(value, kind=kind):
            """The file lives until Gradio has copied it; its copies are cleared by delete_cache."""
            with tempfile.TemporaryDirectory() as folder:
                (path := Path(folder) / f"{name}.{kind}").write_bytes(exports.table(*table(value), kind))
                yield str(path)

        button.click(write, inputs, saved, **QUIET).success(
            None, None, None, js="() => driftscope.saveFrom('#samplers-saved')"
        )
