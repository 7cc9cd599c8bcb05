"""What the network makes of fixed prompts while it trains."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from core.guidance import as_denoiser, guide
from core.networks.autoencoder import Autoencoder
from core.networks.clip import Clip
from core.networks.store import Network
from core.sampler import sample
from core.schedule import Schedule
from core.training.loop import fast_precision
from core.training.scenes import Scenes
from core.training.sheets import contact_sheet


class Preview:
    """A contact sheet of fixed prompts, drawn while the network trains."""

    def __init__(self, scenes: Scenes, auto: Autoencoder, language: Clip, schedule: Schedule):
        self.auto, self.schedule, self.device = auto, schedule, scenes.device
        names = [c.name for c in scenes.concepts]
        prompts = [f"a {names[i]}" for i in np.linspace(0, len(names) - 1, 48).astype(int)]
        prompts += [f"a {colour} {names[i]}" for colour in ("red", "blue", "green", "black") for i in (0, 3, 7, 11)]
        self.language, self.prompts = language, prompts

    @torch.no_grad()
    def __call__(self, model: torch.nn.Module) -> Image.Image:
        network = Network(model)
        cond = network.condition(self.language, self.prompts + [""] * len(self.prompts))
        half = len(self.prompts)
        both = [{k: v[part].to(self.device) for k, v in cond.items()} for part in (slice(0, half), slice(half, None))]
        noise = torch.randn(half, *self._shape(model), generator=torch.Generator().manual_seed(0)).to(self.device)
        denoise = guide(as_denoiser(network, network.prediction, self.schedule), *both, 4.0)
        with fast_precision(self.device):
            *_, last = sample(denoise, noise, self.schedule, steps=20, spacing="trailing", clip=(-12.0, 12.0))
            return contact_sheet(self.auto.decode(last.x.float()), 16)

    @staticmethod
    def _shape(model) -> tuple[int, int, int]:
        return model.final.out_features, model.side, model.side
