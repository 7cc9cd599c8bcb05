"""Gradio's Blocks, in which what an event leaves alone costs nothing."""

from __future__ import annotations

from copy import copy

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.state_holder import SessionState

LEFT = gr.skip()


class Blocks(gr.Blocks):
    """Gradio makes every output that a handler leaves alone anew from its class, and describes it twice.

    Most of an event's work that was, and a run tells of itself in many events, each of one or two of its outputs.
    """

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list | dict, state: SessionState | None
    ) -> list:
        told = _told(block_fn.outputs, predictions)
        if told is None:
            return await super().postprocess_data(block_fn, predictions, state)
        few = copy(block_fn)
        few.outputs = [block_fn.outputs[place] for place in told]
        values = list(told.values())
        shown = await super().postprocess_data(few, values[0] if len(values) == 1 else values, state) if told else []
        found = dict(zip(told, shown, strict=True))
        return [found.get(i, None if one.stateful else dict(LEFT)) for i, one in enumerate(block_fn.outputs)]


def _told(outputs: list[Block], predictions: object) -> dict[int, object] | None:
    """What a handler says of some outputs, by their place among all; None where it answers in another way."""
    if _left(predictions):
        return {}
    if isinstance(predictions, dict) and predictions and all(isinstance(one, Block) for one in predictions):
        places = {one._id: i for i, one in enumerate(outputs)}
        if any(one._id not in places for one in predictions):
            return None
        said = [(places[one._id], value) for one, value in predictions.items()]
    elif isinstance(predictions, (list, tuple)) and len(predictions) == len(outputs) > 1:
        said = list(enumerate(predictions))
    else:
        return None
    return {place: value for place, value in said if not _left(value)}


def _left(value: object) -> bool:
    return isinstance(value, dict) and value == LEFT
