"""The animation of a run: both pictures of each step, its name, and how long each stays."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.types import Request
from dashboard import animation


def shown(data: bytes) -> tuple[list[np.ndarray], list[int]]:
    """Every frame, and for how many milliseconds it is seen."""
    image, frames, durations = Image.open(io.BytesIO(data)), [], []
    for i in range(image.n_frames):
        image.seek(i)
        image.load()
        frames.append(np.asarray(image.convert("RGB")))
        durations.append(image.info["duration"])
    return frames, durations


def places(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    side, left, right = animation.SIDE, animation.PAD, animation.PAD + animation.SIDE + animation.GAP
    return frame[left : left + side, left : left + side], frame[left : left + side, right : right + side]


def test_it_shows_the_noisy_latent_beside_the_predicted_image(layer):
    frames, durations = shown(animation.to_webp(layer))
    assert len(frames) == len(layer.film.x0) == 13
    assert sum(durations) == 12 * 231 + 1500
    assert animation.REST in (durations[-1], durations[-1] - 231)
    for frame, pair in zip((frames[0], frames[-1]), ((0, 0), (-1, -1)), strict=True):
        for place, film, at in zip(places(frame), (layer.film.x, layer.film.x0), pair, strict=True):
            wanted = Image.fromarray(film[at]).resize((animation.SIDE, animation.SIDE), Image.Resampling.LANCZOS)
            assert np.abs(place.astype(float) - np.asarray(wanted, float)).mean() < 6
    feet = [frame[animation.PAD + animation.SIDE :] for frame in (frames[0], frames[5])]
    assert not np.array_equal(*feet), "the step is told"


@pytest.mark.parametrize("prompt", ["", "红苹果", "a red apple and " * 30])
def test_any_name_fits(layer, prompt):
    named = replace(layer, trace=replace(layer.trace, request=Request(prompt, steps=12)))
    frames, _ = shown(animation.to_webp(named))
    assert frames[0].shape[1] == 2 * (animation.PAD + animation.SIDE) + animation.GAP
    assert frames[0].shape[0] < animation.SIDE + 130


def test_pictures_that_are_not_square_stay_so(layer):
    film = replace(layer.film, x=np.zeros((13, 8, 12, 3), np.uint8), x0=np.zeros((13, 8, 12, 3), np.uint8))
    frames, _ = shown(animation.to_webp(replace(layer, film=film)))
    dark = (frames[0] < 60).all(2)
    assert dark[animation.PAD + 85, animation.PAD : animation.PAD + 256].all()
    assert dark[: animation.PAD + 174, animation.PAD + 128].sum() in range(168, 174)  # 171 of them
