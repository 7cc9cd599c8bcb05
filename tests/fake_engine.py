"""The engine for tests of the screens, over a model without a network: tiny latents, a few milliseconds a step."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import torch
from PIL import Image

from core.engine import Engine
from core.errors import RequestError
from core.guidance import Conditioning
from core.model import Asked, Model
from core.networks.gallery import Gallery
from core.schedule import cosine
from core.types import Request, Step
from core.vocabulary import Vocabulary

LABELS = (
    "a red apple",
    "a fox",
    "a yellow taxi",
    "a blue whale",
    "a slice of pizza",
    "a rocket",
    "a tree",
    "a piano",
)
WORDS = set(" ".join(LABELS).split())


class FakeClip:
    def text(self, texts: list[str]) -> np.ndarray:
        return np.stack([_unit(np.random.default_rng(_number(text)).standard_normal(16)) for text in texts])

    def image(self, pictures: list[Image.Image]) -> np.ndarray:
        small = [np.asarray(picture.convert("L").resize((4, 4)), float).ravel() - 127.3 for picture in pictures]
        return np.stack([_unit(row) for row in small])

    temperature = 20.0
    side = 4  # pixels it looks at
    length = 42  # tokens: here 40 words, and one before and one after them

    def unread(self, text: str) -> str:
        return " ".join(text.split()[self.length - 2 :])

    def patches(self, pictures: list[Image.Image]) -> np.ndarray:
        return self._cuts(pictures, [(x / 4, y / 4, 1 / 4) for y in range(4) for x in range(4)])

    def windows(self, pictures: list[Image.Image]) -> np.ndarray:
        return self._cuts(pictures, [(x / 8, y / 8, 1 / 2) for y in range(5) for x in range(5)])

    def _cuts(self, pictures: list[Image.Image], boxes: list[tuple[float, float, float]]) -> np.ndarray:
        side = round(len(boxes) ** 0.5)
        rows = [
            self.image([p.crop([round(s) for s in (x * p.width, y * p.height, (x + w) * p.width, (y + w) * p.height)])
                        for x, y, w in boxes])
            for p in pictures
        ]  # fmt: skip
        return np.stack(rows).reshape(len(pictures), side, side, -1)


class FakePrior:
    """Walks from noise to the embedding of the gallery picture that the text decides."""

    def __init__(self, gallery: np.ndarray):
        self.gallery = gallery

    def run(self, texts: list[str], seed: int = 0, steps: int = 5, **settings) -> Iterator[Step]:
        Request(seed=seed, steps=steps)
        end = torch.from_numpy(self.gallery[[_number(text) % len(self.gallery) for text in texts]])
        noise = torch.randn(len(self.gallery[0]), generator=torch.Generator().manual_seed(seed))
        for k in range(steps + 1):
            left = 1 - k / steps
            x = (1 - left) * end + left * noise
            yield Step(k, x) if k == 0 else Step(k, x, 0.0, 1 - left, left, end.clone())

    def sample(self, texts: list[str], seed: int = 0, **settings) -> np.ndarray:
        *_, last = self.run(texts, seed)
        return self.embeddings(last.x)

    def points(self, x: torch.Tensor) -> np.ndarray:
        return x.numpy()

    def embeddings(self, x: torch.Tensor) -> np.ndarray:
        return np.stack([_unit(row) for row in x.numpy()])


@dataclass(frozen=True, kw_only=True)
class FakeModel(Model):
    """Draws one of its gallery's pictures: an embedding's, or one that the prompt decides; without either, grey.

    A guidance of 4 goes all the way, 1 a quarter of it.
    """

    SHAPE: ClassVar = (4, 4, 4)

    pictures: np.ndarray  # (N, C, h, w) latents of what it can draw
    pace: SimpleNamespace  # delay: seconds that a network call takes
    parameters = 1000

    def condition(self, asked: Sequence[Asked]) -> Conditioning:
        return {"target": torch.stack([self._target(one) for one in asked])}

    def _target(self, one: Asked) -> torch.Tensor:
        latents = torch.from_numpy(self.pictures)
        if one.embedding is not None:
            return latents[int((self.gallery.clip @ np.array(one.embedding)).argmax())] / 4
        return latents[_number(one.prompt) % len(latents)] / 4 * bool(one.prompt)

    def predict(self, x: torch.Tensor, t: torch.Tensor, cond: Conditioning) -> torch.Tensor:
        time.sleep(self.pace.delay)
        alpha, sigma = self.schedule.at(t, like=x)
        return cond["target"] + 0.4 * sigma * (x - alpha * cond["target"])

    def decode(self, latents: torch.Tensor) -> np.ndarray:
        rgb = latents[:, :3].permute(0, 2, 3, 1).numpy()
        return (127.5 + 60 * rgb).clip(0, 255).astype(np.uint8).repeat(2, 1).repeat(2, 2)


FRAMES, BLOCKS = 6, 2


@dataclass(frozen=True, kw_only=True)
class FakeVideo(FakeModel):
    """The picture goes a latent's width to the right from each frame to the next."""

    SHAPE: ClassVar = (4, FRAMES, 4, 4)

    frames_attend: bool = True

    def predict(self, x: torch.Tensor, t: torch.Tensor, cond: Conditioning) -> torch.Tensor:
        moved = torch.stack([cond["target"].roll(frame, -1) for frame in range(FRAMES)], 2)
        return super().predict(x, t, {"target": moved})

    def decode(self, latents: torch.Tensor) -> np.ndarray:
        return np.stack([super(FakeVideo, self).decode(frame) for frame in latents.unbind(2)], 1)

    def frames(self, latents: torch.Tensor) -> np.ndarray:
        return self.decode(latents)

    def frame_attention(self, asked: Asked, x: torch.Tensor, t: torch.Tensor) -> np.ndarray:
        return np.full((len(x), BLOCKS, FRAMES, FRAMES), 1 / FRAMES, np.float32)


class FakeEngine(Engine):
    """The engine over a fake model; delay is the seconds that a network call takes."""

    def __init__(
        self, name: str = "fake", delay: float = 0.002, pictures: int = 40, made: type[FakeModel] = FakeModel, **lacks
    ):
        rng = np.random.default_rng(0)
        latents = rng.standard_normal((pictures, 4, 4, 4)).astype(np.float32)
        model = made(
            manifest={
                "name": name,
                "architecture": "none",
                "preset": "test",
                "files": {},
                "summary": "random pictures",
            },
            folder=Path("/nowhere"),
            latent_shape=made.SHAPE,
            schedule=cosine(),
            prediction="x0",
            clip=FakeClip(),
            vocabulary=Vocabulary(WORDS, LABELS, pairs=True),
            reads="There is no network: a picture is taken by the letters of the prompt.",
            space=16,
            pictures=latents,
            pace=SimpleNamespace(delay=delay),
        )
        thumbs = [
            Image.fromarray(picture).resize((64, 64)) for picture in FakeModel.decode(model, torch.from_numpy(latents))
        ]
        gallery = Gallery(
            latents=latents,
            labels=[LABELS[i % len(LABELS)] for i in range(pictures)],
            thumbs=np.stack(thumbs),
            clip=model.clip.image(thumbs).astype(np.float32),
            umap2=rng.standard_normal((pictures, 2)).astype(np.float32),
            umap3=rng.standard_normal((pictures, 3)).astype(np.float32),
        )
        self.running = 0  # runs whose generator is open
        super().__init__(replace(model, **{"gallery": gallery, "prior": FakePrior(gallery.clip)} | lacks))

    @property
    def delay(self) -> float:
        return self.model.pace.delay

    @delay.setter
    def delay(self, seconds: float) -> None:
        self.model.pace.delay = seconds

    def change(self, **parts) -> None:
        """Give its model other parts."""
        super().__init__(replace(self.model, **parts))

    @classmethod
    def of_videos(cls, name: str = "film", **settings) -> FakeEngine:
        return cls(name, made=FakeVideo, gallery=None, **settings)

    def run_many(self, requests: list[Request], after: Step | None = None) -> Iterator[Step]:
        for request in requests:
            if "forbidden" in request.prompt:
                raise RequestError("prompt", request.prompt, "anything else")
        return super().run_many(requests, after)

    def _steps(self, requests: list[Request], after: Step | None = None) -> Iterator[Step]:
        self.running += 1
        try:
            yield from super()._steps(requests, after)
        finally:
            self.running -= 1


def _unit(row: np.ndarray) -> np.ndarray:
    return (row / np.linalg.norm(row)).astype(np.float32)


def _number(text: str) -> int:
    return sum(ord(char) * (i + 1) for i, char in enumerate(text))
