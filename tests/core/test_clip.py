"""Our reading of a CLIPModel against transformers' own, and against pictures whose truth is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import CLIPModel, CLIPTokenizer

import core
from core.networks.clip import Clip, load_clip, small_clip
from core.training.clip import train_tokenizer

TEXTS = ["a cat", "a small dog on a blue background", ""]


@pytest.fixture(scope="module")
def clip():
    tokenizer = train_tokenizer(["a cat and a dog", "a small blue background"], 600)
    torch.manual_seed(0)
    return Clip(small_clip(tokenizer, width=64, depth=3, side=32, patch=8, space=48), tokenizer)


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)) for _ in range(3)]


@torch.no_grad()
def theirs(clip: Clip, pictures: list[Image.Image], mean=0.5, std=0.5):
    pixels = torch.from_numpy(np.stack([np.asarray(p) for p in pictures])).permute(0, 3, 1, 2).float() / 255
    batch = clip.tokenizer(TEXTS, padding=True, return_tensors="pt")
    return clip.model(**batch, pixel_values=(pixels - mean) / std)


def test_embeddings_and_logits_are_transformers_own(clip, pictures):
    out = theirs(clip, pictures)
    assert np.abs(clip.image(pictures) - out.image_embeds.numpy()).max() < 1e-5
    assert np.abs(clip.text(TEXTS) - out.text_embeds.numpy()).max() < 1e-5
    logits = clip.temperature * clip.image(pictures) @ clip.text(TEXTS).T
    assert np.abs(logits - out.logits_per_image.numpy()).max() < 1e-5


def test_a_picture_does_not_depend_on_how_many_there_are(clip, pictures):
    many = clip.image(pictures * 30)
    assert np.abs(many[:3] - clip.image(pictures)).max() < 1e-5
    assert len(many) == 90


@torch.no_grad()
def test_patches_are_the_value_path_of_the_last_layer(clip, pictures):
    vision = clip.model.vision_model
    seen = {}
    last = vision.encoder.layers[-1].self_attn
    hooks = [last.v_proj.register_forward_hook(lambda module, given, out: seen.update(v=out))]
    theirs(clip, pictures)
    for hook in hooks:
        hook.remove()
    wanted = clip.model.visual_projection(vision.post_layernorm(last.out_proj(seen["v"])))[:, 1:]
    found = clip.patches(pictures)
    assert found.shape == (3, 4, 4, 48)
    assert np.abs(found.reshape(3, 16, 48) - F.normalize(wanted, dim=-1).numpy()).max() < 1e-5


def test_windows_are_pictures_of_their_own(clip, pictures):
    found = clip.windows(pictures)
    assert found.shape == (3, 5, 5, 48)
    cut = clip.prepare(pictures)[:, :, 8:24, 12:28]  # the window in row 2, column 3
    with torch.no_grad():
        wanted = clip.pixels(F.interpolate(cut, size=32, mode="bicubic", align_corners=False))
    assert np.abs(found[:, 2, 3] - F.normalize(wanted, dim=-1).numpy()).max() < 1e-5


@pytest.fixture
def folder(clip, tmp_path):
    clip.model.save_pretrained(tmp_path / "clip")
    clip.tokenizer.save_pretrained(tmp_path / "clip")
    return tmp_path / "clip"


def test_any_folder_with_a_clip_model_is_a_drop_in(clip, folder, pictures):
    found = load_clip(folder)
    assert np.abs(found.image(pictures) - clip.image(pictures)).max() < 1e-5
    assert np.abs(found.text(TEXTS) - clip.text(TEXTS)).max() < 1e-5
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": [0.4] * 3, "image_std": [0.25] * 3}))
    scaled = theirs(clip, pictures, mean=0.4, std=0.25).image_embeds.numpy()
    assert np.abs(load_clip(folder).image(pictures) - scaled).max() < 1e-5


@pytest.mark.parametrize("damage", ["missing", "empty", "pickled", "no tokenizer", "not one"])
def test_what_is_no_clip_is_refused_in_words(folder, damage):
    source = str(folder)
    if damage == "missing":
        source = "somebody/has-no-such-clip"
    elif damage == "empty":
        (folder / "model.safetensors").write_bytes(b"")
    elif damage == "pickled":
        torch.save(CLIPModel.from_pretrained(folder).state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    elif damage == "no tokenizer":
        for file in folder.glob("*token*"):
            file.unlink()
    else:
        (folder / "config.json").write_text("[]")
    with pytest.raises(core.ModelError, match=r"is no CLIP that can be used here"):
        load_clip(source)


def test_the_shipped_clip_finds_the_named_thing():
    """On renderings of two objects side by side; what it reaches stands in the model card."""
    from core.networks.store import MODELS
    from core.training.clip_quality import localisation
    from core.training.scenes import Scenes
    from core.training.sprites import concepts

    clip = load_clip(MODELS / "starter" / "clip")
    assert isinstance(clip.tokenizer, CLIPTokenizer)
    found = localisation(clip, Scenes(concepts(), clip.side), pairs=60)
    assert found["windows"] > 0.9 > 0.3 > found["windows_chance"]
    assert found["patches"] > 2 * found["patches_chance"]
