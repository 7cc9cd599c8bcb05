"""What is asked of the networks while pictures are drawn, each as a function from tensors to tensors.

They are the seam behind which the same arithmetic may be computed by something faster than PyTorch (fast.py). DiT.read
is not among them: measured, it takes OpenVINO as long as PyTorch, and it is asked once a run.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import CLIPModel

from core.networks.autoencoder import Autoencoder
from core.networks.dit import DiT


class Denoise(nn.Module):
    """x (B, C, H, W), times (B, P) and what DiT.read gives, in the order of DiT.names -> the prediction, as x."""

    def __init__(self, network: DiT):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, times: Tensor, *read: Tensor) -> Tensor:
        return self.network.denoise(x, times, dict(zip(self.network.names, read, strict=True)))


class Decode(nn.Module):
    """Latents (B, C, h, w) -> pictures (B, 3, H, W) in [-1, 1] and a little beyond."""

    def __init__(self, autoencoder: Autoencoder):
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latents: Tensor) -> Tensor:
        return self.autoencoder.decode(latents)


class Text(nn.Module):
    """Tokens (B, L) and which of them count (B, L) -> states (B, L, D), and embeddings (B, space), of any length."""

    def __init__(self, clip: CLIPModel):
        super().__init__()
        self.clip = clip

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        out = self.clip.text_model(input_ids=input_ids, attention_mask=attention_mask)
        return out.last_hidden_state, self.clip.text_projection(out.pooler_output)


class Look(nn.Module):
    """Prepared pictures (B, 3, side, side) -> embeddings (B, space), of any length."""

    def __init__(self, clip: CLIPModel):
        super().__init__()
        self.clip = clip

    def forward(self, pixels: Tensor) -> Tensor:
        return self.clip.get_image_features(pixel_values=pixels).pooler_output


def examples(network: DiT, autoencoder: Autoencoder, clip: CLIPModel) -> dict[str, tuple[nn.Module, tuple]]:
    """Every graph with something that it can be asked, two rows of each."""
    channels, side = network.into.in_features, network.side
    pixels = clip.config.vision_config.image_size
    tokens, x = torch.tensor([[1, 2, 3], [1, 2, 3]]), torch.randn(2, channels, side, side)
    mask, image = torch.ones_like(tokens), torch.zeros(2, network.image.in_features)
    text, decode = Text(clip), Decode(autoencoder)
    states, _ = text(tokens, mask)
    read = network.read({"states": states, "mask": mask.bool(), "image": image, "has_image": image[:, 0].bool()})
    return {
        "denoise": (Denoise(network), (x, network.times(torch.tensor([1, 2])), *read.values())),
        "decode": (decode, (x,)),
        "preview": (decode, (x,)),
        "text": (text, (tokens, mask)),
        "look": (Look(clip), (torch.randn(2, 3, pixels, pixels),)),
    }
