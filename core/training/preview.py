"""What the network makes of fixed prompts while it trains."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.guidance import as_denoiser, guide
from core.meaning import phrase
from core.model import Asked
from core.networks.autoencoder import Autoencoder
from core.networks.clip import Clip
from core.networks.dit import DiT
from core.networks.latent import read
from core.networks.video import each_frame
from core.sampler import sample
from core.schedule import Schedule
from core.training.loop import fast_precision
from core.training.scenes import Scenes
from core.training.sheets import contact_sheet


class Preview:
    """Pictures from a network in training, and a contact sheet of fixed prompts.

    prediction: what it predicts; scale: (C, 1, 1) by which its latents differ from the autoencoder's.
    """

    STEPS, GUIDANCE = 20, 4.0

    def __init__(
        self,
        scenes: Scenes,
        auto: Autoencoder,
        language: Clip,
        schedule: Schedule,
        prediction: str = "v",
        scale: Tensor | float = 1.0,
    ):
        self.auto, self.schedule, self.device = auto, schedule, scenes.device
        self.language, self.prediction, self.scale = language, prediction, scale
        names = [c.name for c in scenes.concepts]
        some = [phrase(names[i]) for i in np.linspace(0, len(names) - 1, 48).astype(int)]
        painted = [phrase(f"{colour} {names[i]}") for colour in ("red", "blue", "green", "black") for i in (0, 7)]
        pairs = [f"{first} and {second}" for first, second in zip(some[:8], some[12:], strict=False)]
        self.prompts = [*some, *painted, *pairs]

    def __call__(self, model: DiT) -> Image.Image:
        return contact_sheet(self.draw(model, self.prompts), 16)

    @torch.no_grad()
    def draw(self, model: DiT, prompts: list[str]) -> Tensor:
        """One picture or video of each prompt, from the noise of seed 0: (N, 3, S, S) or (N, 3, F, S, S)."""
        half = len(prompts)
        cond = read(model, self.language, [Asked(prompt) for prompt in prompts] + [Asked()] * half)
        sides = (slice(0, half), slice(half, None))
        asked, nothing = ({k: v[side].to(self.device) for k, v in cond.items()} for side in sides)
        shape = half, *model.shape
        noise = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(self.device)

        def network(x: Tensor, t: Tensor, cond: dict[str, Tensor]) -> Tensor:
            return model.denoise(x, model.times(t), cond)

        denoise = guide(as_denoiser(network, self.prediction, self.schedule), asked, nothing, self.GUIDANCE)
        with fast_precision(self.device):
            *_, last = sample(denoise, noise, self.schedule, steps=self.STEPS, spacing="trailing", clip=(-12.0, 12.0))
            return each_frame(self.auto.decode, last.x.float() / self.scale).float()
