"""What Gradio leaves to whoever serves its page to strangers."""

from __future__ import annotations

import hashlib
import json

import gradio as gr


def alike_everywhere(demo: gr.Blocks) -> None:
    """Let the page of every process be the same, to the byte, as long as its code is.

    So a page that was loaded from one process works with another: after a restart, or where several serve one address.
    """
    for block in demo.blocks.values():
        if isinstance(block, gr.State):
            block.delete_callback = bool  # as idle as Gradio's own, whose address in memory stands in /config
    config = json.dumps(demo.default_config.get_config(), default=str)
    demo.app_id = int.from_bytes(hashlib.sha256(config.encode()).digest()[:6], "big")  # else drawn by chance
