"""The one training loop: AdamW, warm-up, a decay over the second half, an average of the weights, checkpoints.

A run lives in a folder: checkpoint.safetensors (weights, their average, the optimiser), log.csv (the curves),
samples/ (what the average makes). Started again, it goes on from the checkpoint. Batches depend on the step
alone, so a resumed run sees what an unbroken one would have seen.
"""

from __future__ import annotations

import copy
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from core import threads

Network = TypeVar("Network", bound=nn.Module)


class Paused(Exception):  # noqa: N818, no error
    """A training was ended by its clock; its checkpoint is written, and the same call goes on from there."""


@dataclass(frozen=True)
class Recipe:
    steps: int
    batch: int
    lr: float
    ema: float = 0.999
    weight_decay: float = 0.01
    warmup: int = 100
    ends: float = math.inf  # time.monotonic() at which to pause
    compiled: bool = False  # fuse the network's kernels: a minute at the start, then 1.4 times as fast on a CPU


def fast_precision(device: str):
    """bf16 autocast where the machine computes faster in it, else a context that changes nothing."""
    return torch.autocast(device, torch.bfloat16, enabled=_bf16_pays(device))


@lru_cache
def _bf16_pays(device: str) -> bool:
    """Measured on a CPU: some have the instructions and are slower with them, and PyTorch emulates what others lack."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    return min(_seconds(torch.bfloat16)) < 0.8 * min(_seconds(torch.float32))


def _seconds(dtype: torch.dtype) -> list[float]:
    """What a matrix product takes, a few times."""
    factor, took = torch.ones(512, 512, dtype=dtype), []
    for _ in range(5):
        began = time.perf_counter()
        factor @ factor
        took.append(time.perf_counter() - began)
    return took


def channels_last(model: Network) -> Network:
    """The model with its convolutions' weights in the order in which they are computed fastest."""
    return nn.utils.convert_conv2d_weight_memory_format(model, torch.channels_last)


def rate(step: int, recipe: Recipe) -> float:
    """The learning rate: linear warm-up, constant, then a cosine to zero over the second half."""
    late = max(0.0, 2 * step / recipe.steps - 1)
    return recipe.lr * min(1.0, (step + 1) / recipe.warmup) * (0.5 + 0.5 * math.cos(math.pi * late))


def fit(
    name: str,
    model: Network,
    loss: Callable[[Network, int], dict[str, torch.Tensor]],
    recipe: Recipe,
    folder: Path,
    sample: Callable[[Network], Image.Image] | None = None,
    save_every: float = 120,
) -> Network:
    """Train model in place of its checkpoint and return its average, in eval mode.

    loss(model, step) gives named terms, of which "loss" is minimised; save_every is in seconds.
    Raises Paused when the recipe's time has come.
    """
    folder.mkdir(parents=True, exist_ok=True)
    threads.use(threads.cores())
    device = next(model.parameters()).device.type
    average = copy.deepcopy(model).eval().requires_grad_(False)
    weights = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        weights, lr=recipe.lr, betas=(0.9, 0.98), weight_decay=recipe.weight_decay, fused=True
    )
    step = _restore(folder, model, average, optimiser)
    compiled = recipe.compiled and _can_compile(device)
    trained = cast(Network, torch.compile(model, dynamic=False)) if compiled else model
    saved = began = time.monotonic()
    first, summed = step, 0
    sums: dict[str, torch.Tensor] = {}
    while step < recipe.steps:
        for group in optimiser.param_groups:
            group["lr"] = rate(step, recipe)
        with fast_precision(device):
            terms = loss(trained, step)
        terms["loss"].backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        _average(average, model, min(recipe.ema, (1 + step) / (10 + step)))
        for key, value in terms.items():
            sums[key] = sums.get(key, 0) + value.detach()
        summed += 1
        if step % 50 == 0 or step == recipe.steps:
            means = {key: float(value) / summed for key, value in sums.items()}
            summed, sums = 0, {}
            seconds = time.monotonic() - began
            _log(folder / "log.csv", {"step": step, "seconds": round(seconds), **means})
            left = seconds / (step - first) * (recipe.steps - step)
            shown = "  ".join(f"{key} {value:.4f}" for key, value in means.items())
            print(f"{name} {step}/{recipe.steps}  {shown}  {left / 60:.0f} min left", flush=True)
        paused = time.monotonic() > recipe.ends and step < recipe.steps
        if time.monotonic() - saved > save_every or step == recipe.steps or paused:
            _save(folder, model, average, optimiser, step)
            if sample:
                (folder / "samples").mkdir(exist_ok=True)
                sample(average).save(folder / "samples" / f"{step:07d}.png")
            saved = time.monotonic()
        if paused:
            raise Paused(f"{name} paused at step {step} of {recipe.steps}: the same command goes on from there.")
    return average


def _can_compile(device: str) -> bool:
    return device == "cuda" or shutil.which("g++") is not None


@torch.no_grad()
def _average(average: nn.Module, model: nn.Module, decay: float) -> None:
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
    for mine, its in zip(average.buffers(), model.buffers(), strict=True):
        mine.copy_(its)


def _save(folder: Path, model: nn.Module, average: nn.Module, optimiser, step: int) -> None:
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    for i, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{i}.{k}": v for k, v in state.items()}
    part = folder / "checkpoint.part"
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, part, metadata={"step": str(step)})
    part.replace(folder / "checkpoint.safetensors")


def _restore(folder: Path, model: nn.Module, average: nn.Module, optimiser) -> int:
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        return 0
    parts: dict[str, dict] = {"model": {}, "average": {}, "optimiser": {}}
    with safe_open(path, "pt") as file:
        for key in file.keys():  # noqa: SIM118, a safe_open is no mapping
            kind, _, name = key.partition(".")
            parts[kind][name] = file.get_tensor(key)
        step = int(file.metadata()["step"])
    model.load_state_dict(parts["model"])
    average.load_state_dict(parts["average"])
    state: dict[int, dict] = {}
    for key, value in parts["optimiser"].items():
        i, _, name = key.partition(".")
        state.setdefault(int(i), {})[name] = value
    if state:
        optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    return step


def _log(path: Path, row: dict) -> None:
    new = not path.exists()
    with path.open("a", encoding="utf-8") as file:
        if new:
            file.write(",".join(row) + "\n")
        file.write(",".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in row.values()) + "\n")
