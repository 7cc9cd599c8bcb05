"""The autoencoder: pictures to latents eight times smaller in each direction, and back.

A linear projection of 8x8 patches, set to their principal components (closed form), carries most of the
picture; small convolutional nets, whose last layers begin at zero, learn what a linear map cannot.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 8


class ResBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        for weights in self.conv2.parameters():
            nn.init.zeros_(weights)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.silu(self.conv1(F.silu(self.norm(x)))))


class Autoencoder(nn.Module):
    """encode: (B, 3, S, S) in [-1, 1] -> (B, channels, S/8, S/8) with unit variance over all; decode: back.

    widths: of the decoder's stages, the finest first. Three draw pictures of the size that was encoded; each more
    draws them twice as large (enlarges), with edges as sharp as the latents leave to be guessed.
    Channels are only partly whitened: their spread goes with the square root of what they carry, so that in
    diffusion the coarse channels stand out of the noise first, as coarse detail does in pictures.
    """

    patch_mean: Tensor
    analysis: Tensor
    synthesis: Tensor
    shift: Tensor
    scale: Tensor

    def __init__(self, channels: int = 16, widths: tuple[int, ...] = (48, 96, 192)):
        super().__init__()
        *_, mid, coarse = widths
        self.enlarges = 2 ** (len(widths) - 3)
        self.register_buffer("patch_mean", torch.zeros(3 * PATCH**2))
        self.register_buffer("analysis", torch.zeros(channels, 3 * PATCH**2))  # patch -> latent
        self.register_buffer("synthesis", torch.zeros(3 * PATCH**2, channels))  # latent -> patch
        self.register_buffer("shift", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(()))
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4), nn.Conv2d(48, mid, 3, padding=1), ResBlock(mid),
            nn.PixelUnshuffle(2), nn.Conv2d(4 * mid, coarse, 1), ResBlock(coarse),
            nn.GroupNorm(8, coarse), nn.SiLU(), nn.Conv2d(coarse, channels, 3, padding=1),
        )  # fmt: skip
        stages = [nn.Conv2d(channels, coarse, 3, padding=1), ResBlock(coarse), ResBlock(coarse)]
        for wide, narrow in itertools.pairwise(widths[::-1]):
            stages += [nn.Conv2d(wide, 4 * narrow, 1), nn.PixelShuffle(2), ResBlock(narrow), ResBlock(narrow)]
        last = nn.Conv2d(widths[0], 12, 3, padding=1)
        self.decoder = nn.Sequential(*stages, nn.GroupNorm(8, widths[0]), nn.SiLU(), last, nn.PixelShuffle(2))
        for conv in (self.encoder[-1], last):
            for weights in conv.parameters():
                nn.init.zeros_(weights)

    @torch.no_grad()
    def set_components(self, pictures: Tensor) -> None:
        """Set the linear part to the principal components of the pictures' patches."""
        patches = F.pixel_unshuffle(pictures, PATCH).permute(0, 2, 3, 1).flatten(0, 2)  # (N, 192)
        self.patch_mean.copy_(patches.mean(0))
        centred = (patches - self.patch_mean).double()
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
        channels = len(self.shift)
        basis, std = vectors[:, -channels:].flip(1).float(), values[-channels:].flip(0).sqrt().float()
        gain = std**-0.5  # latent channel c then has standard deviation sqrt(std_c)
        gain = gain / (std * gain).square().mean().sqrt()
        self.analysis.copy_((basis * gain).T)
        self.synthesis.copy_(basis / gain)

    @torch.no_grad()
    def set_scale(self, pictures: Tensor) -> None:
        """Centre the latents of these pictures and give them unit variance over all channels."""
        latents = self.encode(pictures) * self.scale + self.shift[:, None, None]
        self.shift.copy_(latents.mean((0, 2, 3)))
        self.scale.copy_((latents - self.shift[:, None, None]).square().mean().sqrt())

    def encode(self, pictures: Tensor) -> Tensor:
        patches = F.pixel_unshuffle(pictures, PATCH) - self.patch_mean[:, None, None]  # (B, 192, S/8, S/8)
        linear = torch.einsum("cp,bphw->bchw", self.analysis, patches)
        return (linear + self.encoder(pictures) - self.shift[:, None, None]) / self.scale

    def decode(self, latents: Tensor) -> Tensor:
        latents = latents * self.scale + self.shift[:, None, None]
        patches = torch.einsum("pc,bchw->bphw", self.synthesis, latents) + self.patch_mean[:, None, None]
        plain = F.pixel_shuffle(patches, PATCH)
        if self.enlarges > 1:
            plain = F.interpolate(plain, scale_factor=self.enlarges, mode="bilinear")
        return plain + self.decoder(latents)
