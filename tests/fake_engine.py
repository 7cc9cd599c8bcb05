"""An engine look-alike for tests of the screens: random tiny latents, no network, a few milliseconds a step."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image

from core.schedule import cosine
from core.types import Request, RequestError, Step, Trace
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


class FakeEngine:
    """Interpolates from noise to a picture that the prompt and seed decide; delay is the seconds a step takes."""

    latent_shape = (4, 4, 4)
    size = 8
    prediction = "eps"
    reads = "There is no network: a picture is taken by the letters of the prompt."

    def __init__(self, name: str = "fake", delay: float = 0.002, pictures: int = 40):
        self.name, self.delay, self.clip = name, delay, FakeClip()
        self.manifest = {"architecture": "none", "preset": "test", "summary": "random pictures, no network"}
        self.vocabulary, self.schedule = Vocabulary(WORDS, LABELS, pairs=True), cosine()
        self.running = 0  # runs whose generator is open
        rng = np.random.default_rng(0)
        latents = rng.standard_normal((pictures, *self.latent_shape)).astype(np.float32)
        thumbs = np.stack([np.asarray(Image.fromarray(self.decode(one[None])[0]).resize((64, 64))) for one in latents])
        self.gallery = SimpleNamespace(
            latents=latents,
            labels=[LABELS[i % len(LABELS)] for i in range(pictures)],
            thumbs=thumbs,
            clip=self.clip.image([Image.fromarray(thumb) for thumb in thumbs]).astype(np.float32),
            umap2=rng.standard_normal((pictures, 2)).astype(np.float32),
            umap3=rng.standard_normal((pictures, 3)).astype(np.float32),
        )

    def run(self, request: Request):
        return self.run_many([request])

    def run_many(self, requests: list[Request]):
        first = requests[0]
        for request in requests:
            if "forbidden" in request.prompt:
                raise RequestError("prompt", request.prompt, "anything else")
        return self._steps(requests, first.steps)

    def _steps(self, requests: list[Request], steps: int):
        self.running += 1
        try:
            latents = torch.from_numpy(self.gallery.latents)
            target = torch.stack([latents[_number(request.prompt) % len(latents)] for request in requests])
            noise = torch.stack([self._noise(request) for request in requests])
            yield Step(0, noise)
            for k in range(steps):
                time.sleep(self.delay)
                sigma, left = 1 - k / steps, 1 - (k + 1) / steps
                alpha = (1 - sigma**2) ** 0.5
                x0 = target + 0.4 * sigma**2 * noise
                yield Step(
                    k + 1, (1 - left**2) ** 0.5 * x0 + left * noise, 1000 * sigma - 1, alpha, sigma, x0,
                    noise + 0.5 * alpha * target, noise + 0.6 * alpha * target, noise - 0.1 * target,
                )  # fmt: skip
        finally:
            self.running -= 1

    def _noise(self, request: Request) -> torch.Tensor:
        rng = torch.Generator().manual_seed(request.seed)
        noise = torch.randn(self.latent_shape, generator=rng)
        for _, seed in request.branches:
            noise += 0.5 * torch.randn(self.latent_shape, generator=rng.manual_seed(seed))
        return noise

    def collect(self, request: Request, steps: list[Step], seconds: float, row: int = 0) -> Trace:
        stack = {
            name: np.stack([getattr(step, name)[row].numpy() for step in steps[1:]])
            for name in ("x0", "eps", "eps_cond", "eps_uncond")
        }
        numbers = {name: np.array([getattr(step, name) for step in steps[1:]]) for name in ("t", "alpha", "sigma")}
        x = np.stack([step.x[row].numpy() for step in steps])
        return Trace(
            request,
            self.name,
            x,
            **stack,
            **numbers,
            image=Image.fromarray(self.decode(x[-1:])[0]),
            seconds=seconds,
        )

    def trace(self, request: Request) -> Trace:
        began = time.perf_counter()
        return self.collect(request, list(self.run(request)), time.perf_counter() - began)

    def decode(self, latents) -> np.ndarray:
        rgb = np.asarray(latents)[:, :3].transpose(0, 2, 3, 1)
        return (127.5 + 60 * rgb).clip(0, 255).astype(np.uint8).repeat(2, 1).repeat(2, 2)


def _unit(row: np.ndarray) -> np.ndarray:
    return (row / np.linalg.norm(row)).astype(np.float32)


def _number(text: str) -> int:
    return sum(ord(char) * (i + 1) for i, char in enumerate(text))
