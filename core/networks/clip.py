"""CLIP (arXiv 2103.00020): one space for texts and pictures. A transformers CLIPModel and its tokenizer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import Tokenizer
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.utils import cached_file

from core.errors import ModelError
from core.networks.graphs import Look, Text
from core.text import plain

WINDOW, STRIDE = 1 / 2, 1 / 8  # of a picture's side: what Clip.windows looks through, and how far apart
BATCH = 64  # pictures at once

Colour = tuple[float, float, float]
HALF: Colour = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class TextStates:
    """What the text encoder says of each token; padding is masked out."""

    states: torch.Tensor  # (B, L, D)
    tokens: torch.Tensor  # (B, L) int64, their numbers in the vocabulary
    mask: torch.Tensor  # (B, L) bool, True where there is a token


class Clip:
    """text and image give unit vectors of the shared space, (N, D) float32 numpy.

    mean, std: of each colour, values in [0, 1]; the model reads (value - mean) / std. Ours read [-1, 1].
    """

    def __init__(
        self,
        model: CLIPModel,
        tokenizer: CLIPTokenizer,
        mean: Colour = HALF,
        std: Colour = HALF,
        computed: Mapping[str, Callable] | None = None,
    ):
        """computed: "text" and "look", where something else than the model itself computes its halves: graphs.py."""
        computed = computed or {"text": Text(model), "look": Look(model)}
        self._text, self._look = computed["text"], computed["look"]
        self.model, self.tokenizer = model.eval(), tokenizer
        self._mean, self._std = torch.tensor(mean)[:, None, None], torch.tensor(std)[:, None, None]  # (3, 1, 1)

    @property
    def side(self) -> int:
        """Pixels a side of the pictures that the vision half reads."""
        return self.model.config.vision_config.image_size

    @property
    def temperature(self) -> float:
        """The learned factor that turns cosines into logits."""
        return float(self.model.logit_scale.detach().exp())

    @torch.no_grad()
    def text(self, texts: list[str]) -> np.ndarray:
        return F.normalize(self._features(texts)[1], dim=-1).float().cpu().numpy()

    @torch.no_grad()
    def states(self, texts: list[str]) -> TextStates:
        """The encoder's last states: what cross-attention reads."""
        return self._features(texts)[0]

    @torch.no_grad()
    def read(self, texts: list[str]) -> tuple[TextStates, torch.Tensor]:
        """The encoder's last states, and the texts' unit vectors (N, D), of one pass."""
        states, features = self._features(texts)
        return states, F.normalize(features.float(), dim=-1)

    @torch.no_grad()
    def image(self, pictures: list[Image.Image]) -> np.ndarray:
        parts = [self.pixels(part) for part in self.prepare(pictures).split(BATCH)]
        return F.normalize(torch.cat(parts), dim=-1).float().cpu().numpy()

    def prepare(self, pictures: list[Image.Image]) -> torch.Tensor:
        """Pictures as the vision half reads them, (N, 3, side, side)."""
        arrays = [np.asarray(_square(picture.convert("RGB"), self.side)) for picture in pictures]
        pixels = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).float() / 255
        return ((pixels - self._mean) / self._std).to(self.model.device, self.model.dtype)

    def pixels(self, pixels: torch.Tensor) -> torch.Tensor:
        """Prepared pictures (B, 3, side, side) -> (B, D), not normalised."""
        return self._look(pixels)

    @torch.no_grad()
    def patches(self, pictures: list[Image.Image]) -> np.ndarray:
        """What each patch of the pictures says by itself, (N, h, w, D), unit length.

        The last layer's value path without its attention, residual and MLP (MaskCLIP, arXiv 2112.01071): trained
        for the class token alone, the layer's plain outputs at the patches no longer tell what lies where.
        """
        vision = self.model.vision_model
        last = vision.encoder.layers[-1]
        states = vision(pixel_values=self.prepare(pictures), output_hidden_states=True).hidden_states[-2]
        values = last.self_attn.out_proj(last.self_attn.v_proj(last.layer_norm1(states[:, 1:])))  # (N, h w, width)
        features = F.normalize(self.model.visual_projection(vision.post_layernorm(values)), dim=-1)
        count = self.side // self.model.config.vision_config.patch_size
        return features.unflatten(1, (count, count)).float().cpu().numpy()

    @torch.no_grad()
    def windows(self, pictures: list[Image.Image]) -> np.ndarray:
        """What a window says that slides over the pictures, (N, n, n, D), unit length; rows from top to bottom.

        The window is WINDOW of a side wide, moves by STRIDE of a side, and each cut of the picture goes through
        the whole vision half as a picture of its own: dearer than patches, and truer where the model was trained
        on pictures of one thing each.
        """
        whole, width = self.prepare(pictures), round(WINDOW * self.side)
        starts = [round(k * STRIDE * self.side) for k in range(round((1 - WINDOW) / STRIDE) + 1)]
        cuts = torch.stack([whole[..., y : y + width, x : x + width] for y in starts for x in starts], 1)
        cuts = F.interpolate(cuts.flatten(0, 1), size=self.side, mode="bicubic", align_corners=False)
        found = F.normalize(torch.cat([self.pixels(part) for part in cuts.split(BATCH)]), dim=-1)
        return found.unflatten(0, (len(pictures), len(starts), len(starts))).float().cpu().numpy()

    def tokens(self, texts: list[str]) -> dict[str, torch.Tensor]:
        texts = [plain(text) for text in texts]
        batch = self.tokenizer(texts, padding=True, truncation=True, max_length=self.length, return_tensors="pt")
        return {k: v.to(self.model.device) for k, v in batch.items()}

    @property
    def length(self) -> int:
        """Tokens that are read of a text, the one before it and the one after it included."""
        return self.model.config.text_config.max_position_embeddings

    def unread(self, text: str) -> str:
        """The end of a text that is left out because it is too long, from the first word that is not read whole."""
        text = plain(text)
        starts = [start for start, _ in self._whole.encode(text).offsets]
        if len(starts) <= self.length:
            return ""
        cut = starts[self.length - 1]  # the last token that is read is the one after the text
        before = re.findall(r"\S*$", text[:cut])[0]
        whole = before if before.lower() != before.upper() else ""  # scripts without capitals may have no spaces
        return text[cut - len(whole) :].strip()

    @cached_property
    def _whole(self) -> Tokenizer:
        """A tokenizer that cuts nothing off: of its own, since a shared one is changed by each call of tokens."""
        whole = Tokenizer.from_str(self.tokenizer.backend_tokenizer.to_str())
        whole.no_truncation()
        whole.no_padding()
        return whole

    def _features(self, texts: list[str]) -> tuple[TextStates, torch.Tensor]:
        batch = self.tokens(texts)
        states, embeddings = self._text(batch["input_ids"], batch["attention_mask"])
        return TextStates(states, batch["input_ids"], batch["attention_mask"].bool()), embeddings


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


def load_clip(source: str | Path) -> Clip:
    """A CLIPModel with its tokenizer: a folder of them, or a hub id that lies in the local cache.

    Nothing is downloaded and nothing unpickled: the weights must be safetensors. How pixels are scaled stands in
    preprocessor_config.json; without one they are scaled to [-1, 1]. Raises ModelError, which says what is wrong.
    """
    try:
        options = {"local_files_only": True}
        if _kind(cached_file(source, "config.json", **options)) != "clip":  # else transformers makes a large random one
            raise ValueError("it is another kind of model")
        model, told = CLIPModel.from_pretrained(
            source, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **options
        )
        if told["missing_keys"]:  # transformers makes random ones up
            raise ValueError("some weights are missing")
        tokenizer = CLIPTokenizer.from_pretrained(source, **options)
        if len(tokenizer) < 256:  # its bytes alone are more: transformers makes up an empty one where there is none
            raise ValueError("there is no tokenizer")
        clip = Clip(model.requires_grad_(False), tokenizer, *_scaling(source))
        clip.image([Image.new("RGB", (8, 8))])
        clip.text(["a"])
    except Exception as error:  # whatever transformers, safetensors and torch make of a folder that is something else
        raise ModelError(
            f"{str(source)[:80]!r} is no CLIP that can be used here: {_trouble(source)}. It must be a folder with a "
            "CLIPModel (config.json, model.safetensors) and its tokenizer, or a hub id that is in the local cache."
        ) from error
    return clip


def _square(picture: Image.Image, side: int) -> Image.Image:
    """The middle square, side pixels a side, cut as transformers' CLIPImageProcessor does: resize first, then crop."""
    width, height = picture.size
    size = (side, int(side * height / width)) if width <= height else (int(side * width / height), side)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return picture.resize(size, Image.Resampling.BICUBIC).crop((left, top, left + side, top + side))


def _scaling(source: str | Path) -> tuple[Colour, Colour]:
    """mean and std of a source's own preparation of pictures, or ours where it has none."""
    for name in ("preprocessor_config.json", "processor_config.json"):  # the second since transformers 5
        found = cached_file(source, name, _raise_exceptions_for_missing_entries=False, local_files_only=True)
        told = json.loads(Path(found).read_text("utf-8")) if found else {}
        told = told.get("image_processor", told)
        if "image_mean" in told:
            return tuple(told["image_mean"]), tuple(told["image_std"])
    return HALF, HALF


def _kind(config: str | Path) -> str:
    return json.loads(Path(config).read_text("utf-8"))["model_type"]


def _trouble(source: str | Path) -> str:
    """What keeps a source from being a CLIP, as far as its files tell."""
    folder = Path(source)
    if folder.is_file():
        return "it is a file, not a folder"
    try:
        if not folder.is_dir():
            folder = Path(cached_file(source, "config.json", local_files_only=True)).parent
    except Exception:  # whatever the hub's client says of a name that is none
        return "there is no such folder, and no such hub id in the local cache"
    try:
        kind = _kind(folder / "config.json")
    except (OSError, ValueError, KeyError, TypeError):
        return "its config.json is missing or names no kind of model"
    if kind != "clip":
        return f"its config.json is of a {str(kind)[:40]!r} model, not of a 'clip'"
    if not any(folder.glob("*.safetensors")):
        pickled = any(file.suffix in (".bin", ".pt", ".pth", ".ckpt") for file in folder.iterdir())
        return "its weights are pickled, which is never opened" if pickled else "it holds no weights"
    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        return "it has no tokenizer"
    return "its files are damaged, or do not belong together"
