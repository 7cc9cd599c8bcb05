"""Our reading of a CLIPModel against transformers' own, and against pictures whose truth is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertModel,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
)

import core
from core.meaning import phrase, without_gap
from core.networks import store
from core.networks.clip import Clip, load_clip, small_clip
from core.projection import trustworthiness
from core.training import clip_quality
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
    scaling = json.dumps({"image_mean": [0.4] * 3, "image_std": [0.25] * 3})
    (folder / "preprocessor_config.json").write_text(scaling, "utf-8")
    scaled = theirs(clip, pictures, mean=0.4, std=0.25).image_embeds.numpy()
    assert np.abs(load_clip(folder).image(pictures) - scaled).max() < 1e-5


def foreign(folder, tokenizer, patch: int, side: int):
    """A CLIP of OpenAI's layout with random weights, as transformers itself writes it: halves of different sizes."""
    ids = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    halves = {"intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {**halves, **ids, "hidden_size": 48, "vocab_size": len(tokenizer), "max_position_embeddings": 77}
    vision = {**halves, "hidden_size": 64, "image_size": side, "patch_size": patch}
    torch.manual_seed(patch)
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=40)).save_pretrained(folder)
    square = {"height": side, "width": side}
    scaling = CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size=square)  # OpenAI's mean and deviation
    CLIPProcessor(scaling, tokenizer).save_pretrained(folder)
    return folder


@torch.no_grad()
@pytest.mark.parametrize(("patch", "side"), [(14, 56), (16, 48), (32, 96)])
def test_a_clip_made_elsewhere_reads_pictures_and_texts_as_transformers_processor_does(clip, tmp_path, patch, side):
    folder = foreign(tmp_path, clip.tokenizer, patch, side)
    rng = np.random.default_rng(0)
    pictures = [
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in ((90, 71), (37, 83), (64, 64))
    ]
    texts = ["a cat", "a small dog " * 40, ""]
    options = {"padding": True, "truncation": True, "max_length": 77, "return_tensors": "pt"}
    batch = CLIPProcessor.from_pretrained(folder)(text=texts, images=pictures, **options)
    wanted = CLIPModel.from_pretrained(folder)(**batch)
    found = load_clip(folder)
    assert np.abs(found.prepare(pictures).numpy() - batch["pixel_values"].numpy()).max() < 1e-5
    assert np.abs(found.image(pictures) - wanted.image_embeds.numpy()).max() < 1e-5
    assert np.abs(found.text(texts) - wanted.text_embeds.numpy()).max() < 1e-5
    assert found.patches(pictures).shape == (3, side // patch, side // patch, 40)
    assert found.windows(pictures).shape == (3, 5, 5, 40)


def test_a_hub_id_is_read_from_the_local_cache(clip, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    cached = tmp_path / "models--somebody--small-clip"
    foreign(cached / "snapshots" / ("0" * 40), clip.tokenizer, 16, 48)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0" * 40, "utf-8")
    found = load_clip("somebody/small-clip")
    assert found.side == 48
    assert np.abs(found.text(TEXTS) - load_clip(cached / "snapshots" / ("0" * 40)).text(TEXTS)).max() < 1e-6


DAMAGES = {
    "missing": "no such folder, and no such hub id", "a file": "it is a file", "empty": "damaged",
    "cut": "damaged", "pickled": "its weights are pickled", "no weights": "it holds no weights",
    "no tokenizer": "it has no tokenizer", "no config": "config.json is missing", "not one": "config.json is missing",
    "another kind": "of a 'bert' model", "half": "damaged, or do not belong together",
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_clip_is_refused_in_words(folder, damage):
    source, weights, config = str(folder), folder / "model.safetensors", folder / "config.json"
    if damage == "missing":
        source = "somebody/has-no-such-clip"
    elif damage == "a file":
        source = str(config)
    elif damage == "empty":
        weights.write_bytes(b"")
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:20_000])
    elif damage == "half":
        left = {name: one for name, one in load_file(weights).items() if not name.startswith("vision_model")}
        save_file(left, weights, metadata={"format": "pt"})
    elif damage in ("pickled", "no weights"):
        if damage == "pickled":
            torch.save(CLIPModel.from_pretrained(folder).state_dict(), folder / "pytorch_model.bin")
        weights.unlink()
    elif damage == "no tokenizer":
        for file in folder.glob("*token*"):
            file.unlink()
    elif damage == "no config":
        config.unlink()
    elif damage == "another kind":
        half = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
        BertModel(BertConfig(vocab_size=300, **half)).save_pretrained(folder)
    else:
        config.write_text("[]", "utf-8")
    with pytest.raises(core.ModelError, match=rf"is no CLIP that can be used here: .*{DAMAGES[damage]}"):
        load_clip(source)


def test_the_gallery_brings_umaps_of_its_space_as_it_is_and_without_its_gap(trained):
    for name, least in ((trained, 0.6), ("starter", 0.85)):
        parts = store.load(name)
        texts = parts.clip.text([phrase(concept) for concept in parts.manifest["concepts"]])
        points = np.concatenate(without_gap(parts.gallery.clip, texts))
        for laid in (parts.gallery.clip_umap2, parts.gallery.clip_umap3):
            assert laid.shape[:2] == (2, len(points))
            assert trustworthiness(points, laid[1]) > least


def test_words_outside_captions_are_asked_for_by_their_concepts():
    class Told:  # every word lies by the concept that it is for, but a pony by the dog
        def text(self, texts):
            place = {f"a {name}": i for i, name in enumerate(("dog", "cat", "horse"))}
            place |= {"a hound": 0, "a poodle": 0, "a feline": 1, "a stallion": 2, "a pony": 0}
            return np.eye(4, dtype=np.float32)[[place.get(text, 3) for text in texts]]

    met = frozenset(("terrier", "kitten", "mare", "foal"))
    found = clip_quality.outside(Told(), ["dog", "cat", "horse"], met)
    assert found == {"count": 5, "top1": 0.8, "top5": 1.0}


def test_the_shipped_clip_finds_the_named_thing():
    """On renderings of two objects side by side; what it reaches stands in the model card."""
    from core.training.clip_quality import localisation
    from core.training.scenes import Scenes
    from core.training.sprites import named

    clip = load_clip(store.MODELS / "starter" / "clip")
    assert isinstance(clip.tokenizer, CLIPTokenizer)
    found = localisation(
        clip, Scenes(named(store.read_manifest(store.MODELS / "starter")["concepts"]), clip.side), pairs=60
    )
    assert found["windows"] > 0.9 > 0.3 > found["windows_chance"]
    assert found["patches"] > 2 * found["patches_chance"]


INVISIBLE = ["a {}dog", "a do{}g", "{}a dog", "a dog{}"]


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\u200e", "\u00ad", "\ufe0f"])
def test_signs_without_a_look_change_no_embedding(clip, sign):
    plain, *others = clip.text(["a dog", *(text.format(sign) for text in INVISIBLE)])
    assert all((other == plain).all() for other in others)


def test_texts_that_look_alike_have_one_embedding(clip):
    rows = clip.text(
        ['a "small" dog\'s cat', "a “small” dog’s cat", "ａ “small” ｄｏｇ's cat", 'a\u2028"small" dog\'s cat']
    )
    assert (rows == rows[0]).all()


LONG = "a red apple " + "and a cat " * 13


@pytest.mark.parametrize("end", ["a blue car", "a green frog", "🍎🍎", "pin\u0303ata"])
def test_what_is_too_long_to_be_read_is_told(end):
    clip = load_clip(store.MODELS / "broad" / "clip")
    unread = clip.unread(LONG + end)
    assert unread.startswith("and a cat") or unread.startswith("cat")
    assert unread.endswith(end.replace("n\u0303", "ñ"))
    read = (LONG + end).replace("n\u0303", "ñ").removesuffix(unread)
    assert clip.unread(read) == ""
    same = clip.text([LONG + end, read + unread.split()[0] + " something else"])
    whole_words = clip.unread(read + unread.split()[0]) == ""
    assert (same[0] == same[1]).all() != whole_words
    assert clip.unread("a red apple") == clip.unread("") == ""


def test_a_long_text_without_a_space_is_told_from_where_it_is_cut(clip):
    text = "红" * 60
    unread = clip.unread(text)
    assert 0 < len(unread) < len(text)
    assert text.endswith(unread)
