"""Whether what moves in a video moves as it was asked to, told from the frames alone.

The middle frame's thing is moved in every way that training knows, each by little, more and much, and the way whose
frames come nearest to the video's is the answer. What looks the same turned (a ball) cannot be told from its turning,
so figures stand beside those of real clips.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from core.training.motions import MOTIONS
from core.training.scenes import Thing

REACHES = (0.0, 0.5, 1.0)
EDGE = 2  # pixels at the border that are taken for background
WHOLE = Thing(0, 0, size=0.5)  # moved so that ratios and differences of its places, sizes and turns can be read


def recognise(video: Tensor, motions: Sequence[str] = tuple(MOTIONS)) -> str:
    """The motion of a video (3, F, S, S) in [-1, 1], one of motions, which are rows of MOTIONS."""
    ground = _ground(video)
    things = video - ground[:, None, None, None]  # 0 where there is nothing
    errors = {name: min(_error(things, name, reach) for reach in REACHES) for name in motions}
    return min(errors, key=lambda name: errors[name])


def _ground(video: Tensor) -> Tensor:
    """The background's colour, (3,): the median along the borders."""
    rows, columns = video[..., [*range(EDGE), *range(-EDGE, 0)], :], video[..., [*range(EDGE), *range(-EDGE, 0)]]
    return torch.cat([rows.flatten(1), columns.flatten(1)], 1).median(1).values


def _error(things: Tensor, name: str, reach: float) -> float:
    """How far the video is from its middle frame's thing moved so."""
    frames = things.shape[1]
    middle, motion = frames // 2, MOTIONS[name]
    last = frames if motion.loops else frames - 1
    poses = [motion.at(WHOLE, frame / last, reach) for frame in range(frames)]
    here = poses[middle]
    here_at = torch.tensor(_centre(things[:, middle]))
    theta = []
    for pose in poses:  # of a frame's coordinates, in [-1, 1], those of the middle frame
        grow = torch.tensor(pose.size / here.size)
        turn = torch.tensor(float(pose.turn - here.turn)).deg2rad()
        back = torch.tensor([[turn.cos(), turn.sin()], [-turn.sin(), turn.cos()]]) / grow
        there = here_at + 2 * (torch.tensor(pose.place) - torch.tensor(here.place)).float()
        theta.append(torch.cat([back, (here_at - back @ there)[:, None]], 1))
    grid = F.affine_grid(torch.stack(theta), [frames, *things[:, 0].shape], align_corners=False)
    moved = F.grid_sample(things[:, middle].expand(frames, -1, -1, -1), grid, align_corners=False)
    return float((moved.transpose(0, 1) - things).square().mean())


def _centre(thing: Tensor) -> tuple[float, float]:
    """Where a thing (3, S, S) on nothing stands, in [-1, 1]."""
    weight = thing.abs().sum(0)
    at = (torch.arange(weight.shape[-1]) + 0.5) / weight.shape[-1] * 2 - 1
    total = weight.sum().clamp_min(1e-6)
    return float(weight.sum(0) @ at / total), float(weight.sum(1) @ at / total)
