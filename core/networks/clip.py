"""CLIP (arXiv 2103.00020): one space for texts and pictures. A transformers CLIPModel and its tokenizer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer


@dataclass(frozen=True)
class TextStates:
    """What the text encoder says of each token; padding is masked out."""

    states: torch.Tensor  # (B, L, D)
    mask: torch.Tensor  # (B, L) bool, True where there is a token


class Clip:
    """text and image give unit vectors of the shared space, (N, D) float32 numpy."""

    def __init__(self, model: CLIPModel, tokenizer: CLIPTokenizer):
        self.model, self.tokenizer = model.eval(), tokenizer

    @property
    def side(self) -> int:
        """Pixels a side of the pictures that the vision half reads."""
        return self.model.config.vision_config.image_size

    @property
    def temperature(self) -> float:
        """The learned factor that turns cosines into logits."""
        return float(self.model.logit_scale.exp())

    @torch.no_grad()
    def text(self, texts: list[str]) -> np.ndarray:
        return F.normalize(self._features(texts)[1], dim=-1).float().cpu().numpy()

    @torch.no_grad()
    def states(self, texts: list[str]) -> TextStates:
        """The encoder's last states: what cross-attention reads."""
        return self._features(texts)[0]

    @torch.no_grad()
    def image(self, pictures: list[Image.Image]) -> np.ndarray:
        size = (self.side, self.side)
        arrays = [np.asarray(p.convert("RGB").resize(size, Image.BICUBIC)) for p in pictures]
        pixels = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).float() / 127.5 - 1
        return F.normalize(self.pixels(pixels.to(self.model.device)), dim=-1).float().cpu().numpy()

    def pixels(self, pixels: torch.Tensor) -> torch.Tensor:
        """Pictures (B, 3, side, side) in [-1, 1] -> (B, D), not normalised."""
        return self.model.get_image_features(pixel_values=pixels).pooler_output

    def tokens(self, texts: list[str]) -> dict[str, torch.Tensor]:
        limit = self.model.config.text_config.max_position_embeddings
        batch = self.tokenizer(texts, padding=True, truncation=True, max_length=limit, return_tensors="pt")
        return {k: v.to(self.model.device) for k, v in batch.items()}

    def _features(self, texts: list[str]) -> tuple[TextStates, torch.Tensor]:
        batch = self.tokens(texts)
        out = self.model.text_model(**batch)
        states = TextStates(out.last_hidden_state, batch["attention_mask"].bool())
        return states, self.model.text_projection(out.pooler_output)


def small_clip(tokenizer: CLIPTokenizer, width: int, depth: int, side: int, patch: int, space: int) -> CLIPModel:
    """A CLIPModel of modest size with random weights; text and vision halves alike."""
    half = {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": depth,
        "num_attention_heads": width // 64,
        "projection_dim": space,
    }
    ids = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    text = {**half, **ids, "vocab_size": len(tokenizer), "max_position_embeddings": 40}
    vision = {**half, "image_size": side, "patch_size": patch}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=space)
    config._attn_implementation = "eager"  # faster here than the fused one: see dit.Attention
    return CLIPModel(config)
