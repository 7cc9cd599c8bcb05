"""The engine on the trained `test` model, and on the closed-form one."""

from __future__ import annotations

import dataclasses
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import core
from core.engine import Engine
from core.networks import store
from core.networks.exact import exact, posterior_mean
from core.schedule import cosine

REQUEST = core.Request("a cat", seed=3, steps=6)


@pytest.fixture(scope="module")
def engine(trained):
    return core.load(trained)


def test_core_names_its_models_even_after_loading_one(engine):
    assert engine.name == "test"
    assert "exact" in core.models()


def test_timesteps_between_whole_ones_are_asked_for_too(engine):
    trace = engine.trace(dataclasses.replace(REQUEST, spacing="karras"))
    assert (trace.t % 1 > 0).any()
    assert np.isfinite(trace.x).all()


@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "dpm++2m"])
def test_the_same_request_gives_the_same_trace(engine, sampler):
    request = dataclasses.replace(REQUEST, sampler=sampler)
    a, b = engine.trace(request), engine.trace(request)
    for name in core.Trace.ARRAYS:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert a.image.tobytes() == b.image.tobytes()
    assert a.x.shape == (7, *engine.latent_shape)
    assert a.finished


def test_a_picture_does_not_depend_on_its_batch(engine):
    ddpm = dataclasses.replace(REQUEST, sampler="ddpm")
    requests = [ddpm, *(dataclasses.replace(ddpm, prompt=p, seed=s) for p, s in (("", 4), ("x", 5)))]
    *_, alone = engine.run(requests[0])
    *_, together = engine.run_many(requests)
    assert (alone.x[0] - together.x[0]).abs().max() < 1e-3


def test_a_batch_shares_its_sampler(engine):
    with pytest.raises(core.RequestError, match="steps is 7"):
        engine.run_many([REQUEST, dataclasses.replace(REQUEST, steps=7)])


def test_a_trace_too_large_to_keep_is_refused(engine, monkeypatch):
    monkeypatch.setattr(core.Trace, "MAX_BYTES", 1 << 16)
    with pytest.raises(core.RequestError, match="steps is 6"):
        engine.run(REQUEST)


def test_guidance_branches(engine):
    free = torch.from_numpy(engine.trace(dataclasses.replace(REQUEST, guidance=1.0)).x0).transpose(0, 1).flatten(1)
    low, high = (free.quantile(share, 1)[:, None, None] for share in (0.02, 0.98))  # so narrow that some is clamped
    narrow = Engine(dataclasses.replace(engine.model, bounds=(low, high)))
    trace = narrow.trace(dataclasses.replace(REQUEST, guidance=1.0))
    assert np.isnan(trace.eps_uncond).all()
    clamped = (trace.x0 <= low.numpy()) | (trace.x0 >= high.numpy())
    assert 0 < clamped.mean() < 0.1
    assert np.abs(trace.eps_cond - trace.eps)[~clamped].max() < 1e-5  # they differ only where x̂_0 was clamped
    off = engine.trace(dataclasses.replace(REQUEST, guidance=0.0, prompt="a dog"))
    same = engine.trace(dataclasses.replace(REQUEST, guidance=0.0, prompt="a cat"))
    assert np.abs(off.x - same.x).max() < 1e-5


def test_guidance_in_an_interval_of_noise_levels(engine):
    whole = engine.trace(dataclasses.replace(REQUEST, guidance_low=0.0, guidance_high=1.0))
    np.testing.assert_array_equal(whole.x, engine.trace(REQUEST).x)
    never = engine.trace(dataclasses.replace(REQUEST, guidance_high=0.0))
    np.testing.assert_array_equal(never.x, engine.trace(dataclasses.replace(REQUEST, guidance=1.0)).x)
    some = engine.trace(dataclasses.replace(REQUEST, guidance_high=float(whole.sigma[2])))
    assert np.isnan(some.eps_uncond[:2]).all()
    assert np.isfinite(some.eps_uncond[2:]).all()
    mixed = engine.run_many([dataclasses.replace(REQUEST, guidance_high=high) for high in (0.0, 1.0)])
    *_, last = mixed
    assert np.abs(last.x[0].numpy() - never.x[-1]).max() < 1e-3
    assert np.abs(last.x[1].numpy() - whole.x[-1]).max() < 1e-3


def test_a_negative_prompt_steers_and_an_equal_one_cancels(engine):
    plain = engine.trace(REQUEST)
    away = engine.trace(dataclasses.replace(REQUEST, negative_prompt="a dog"))
    assert np.abs(plain.x[-1] - away.x[-1]).max() > 1e-3
    equal = engine.trace(dataclasses.replace(REQUEST, negative_prompt="a cat", guidance=7.0))
    alone = engine.trace(dataclasses.replace(REQUEST, guidance=1.0))
    assert np.abs(equal.x[-1] - alone.x[-1]).max() < 1e-2


def test_a_branch_follows_its_parent_then_leaves(engine):
    parent = engine.trace(REQUEST)
    branch = engine.trace(dataclasses.replace(REQUEST, branches=((3, 9),)))
    np.testing.assert_array_equal(branch.x[:3], parent.x[:3])
    np.testing.assert_array_equal(branch.x0[:3], parent.x0[:3])
    assert len(branch.x) == len(parent.x)
    assert np.abs(branch.x[3] - parent.x[3]).max() > 0.1
    noise = (branch.x[3] - branch.alpha[3] * parent.x0[2]) / branch.sigma[3]
    assert abs(noise.mean()) < 0.15
    assert 0.9 < noise.std() < 1.1
    again = engine.trace(dataclasses.replace(REQUEST, branches=((3, 9), (5, 1))))
    np.testing.assert_array_equal(again.x[:5], branch.x[:5])
    assert np.abs(again.x[5] - branch.x[5]).max() > 0.1
    assert len(again.x) == len(parent.x)


def test_closing_a_run_ends_it_and_what_there_was_is_kept(engine):
    run = engine.run(REQUEST)
    steps = [next(run) for _ in range(4)]
    run.close()
    trace = engine.collect(REQUEST, steps, 0.1)
    assert len(trace.x0) == 3
    assert not trace.finished
    assert trace.image.size == (64, 64)
    with pytest.raises(core.RequestError, match="at least 1"):
        engine.collect(REQUEST, steps[:1], 0.1)


def test_noise_is_turned_towards_that_of_another_seed(engine):
    def noise(**asked):
        return next(engine.run(dataclasses.replace(REQUEST, **asked))).x.double()

    mine, other = noise(), noise(seed=9)
    torch.testing.assert_close(noise(variation_seed=9), mine, rtol=0, atol=0)
    torch.testing.assert_close(noise(variation_seed=9, variation_strength=1.0), other, rtol=0, atol=1e-6)
    third = noise(variation_seed=9, variation_strength=1 / 3)
    torch.testing.assert_close(third, 3**0.5 / 2 * mine + other / 2, rtol=0, atol=1e-6)
    half = noise(variation_seed=9, variation_strength=0.5)
    assert abs(half.std() - 1) < 0.1, "still noise of its proper strength"
    straight = noise(variation_seed=9, variation_strength=0.5, variation_way="straight")
    torch.testing.assert_close(straight, (mine + other) / 2, rtol=0, atol=1e-6)
    mixed = [dataclasses.replace(REQUEST, variation_seed=9, variation_strength=s) for s in (0.0, 0.5, 1.0)]
    first = next(engine.run_many(mixed)).x.double()
    torch.testing.assert_close(first, torch.cat([mine, half, other]), rtol=0, atol=1e-6)


def test_an_embedding_steers_beside_the_prompt_or_alone(engine):
    mine, other = (tuple(engine.gallery.clip[row].tolist()) for row in (0, -1))
    bare = dataclasses.replace(REQUEST, prompt="", guidance=2.0)
    asked = [bare, dataclasses.replace(bare, embedding=mine), dataclasses.replace(bare, embedding=other),
             dataclasses.replace(REQUEST, embedding=mine)]  # fmt: skip
    ends = [engine.trace(one).x[-1] for one in asked]
    apart = [np.abs(a - b).max() for i, a in enumerate(ends) for b in ends[:i]]
    assert min(apart) > 1e-3
    *_, together = engine.run_many(asked)
    assert np.abs(together.x.numpy() - np.stack(ends)).max() < 1e-2, "a batch may mix them"
    ignored = engine.trace(dataclasses.replace(bare, guidance=0.0, embedding=mine))
    assert np.abs(ignored.x - engine.trace(dataclasses.replace(bare, guidance=0.0)).x).max() < 1e-5


def test_an_embedding_of_another_space_is_refused_before_anything_runs(engine):
    with pytest.raises(core.RequestError, match=r"embedding is '2 numbers'.*64 numbers"):
        engine.run(dataclasses.replace(REQUEST, embedding=(0.6, 0.8)))


def test_an_embedding_is_kept_with_its_trace(engine, tmp_path):
    request = dataclasses.replace(REQUEST, embedding=tuple(engine.gallery.clip[0].tolist()))
    engine.trace(request).save(tmp_path / "a.npz")
    assert core.Trace.load(tmp_path / "a.npz").request == request


@pytest.mark.parametrize("prompt", ["", "🍎🍎", "تفاحة حمراء", "apple " * 160, "a\tcat\n", "zzqx"])
def test_any_prompt_gives_a_picture(engine, prompt):
    trace = engine.trace(dataclasses.replace(REQUEST, prompt=prompt, steps=2))
    assert trace.image.size == (64, 64)


def test_unknown_words_are_named_once_in_order(engine):
    name = engine.manifest["concepts"][0]
    assert engine.vocabulary.unknown(f"a Blorple {name} on a zint, blorple!") == ["blorple", "zint"]


def test_clip_agrees_with_transformers(engine):
    from transformers import CLIPImageProcessorPil

    clip = engine.clip
    picture = Image.fromarray(engine.gallery.thumbs[0])
    processor = CLIPImageProcessorPil(
        size={"height": 64, "width": 64}, do_center_crop=False, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    inputs = clip.tokenizer(["a cat", "a long red thing"], padding=True, return_tensors="pt")
    with torch.no_grad():
        theirs = clip.model(**inputs, **processor(picture, return_tensors="pt"))
    assert np.abs(clip.text(["a cat", "a long red thing"]) - theirs.text_embeds.numpy()).max() < 1e-5
    assert np.abs(clip.image([picture]) - theirs.image_embeds.numpy()).max() < 1e-5


@pytest.mark.parametrize("t", [900, 500, 20])
def test_the_exact_denoiser_is_the_posterior_mean(t):
    draw = torch.Generator().manual_seed(0)
    data = torch.randn(5, 2, 3, 3, generator=draw, dtype=torch.float64)
    schedule = cosine()
    alpha, sigma = schedule.at(torch.tensor(t))
    x = alpha * data[1:3] + sigma * torch.randn(2, 2, 3, 3, generator=draw, dtype=torch.float64)
    log_prior = torch.randn(2, 5, generator=draw, dtype=torch.float64).log_softmax(-1)
    mine = posterior_mean(data, x, *schedule.at(torch.full((2,), t)), log_prior)
    for i in range(2):
        far = (x[i] - alpha * data).square().sum((1, 2, 3))
        weights = log_prior[i].exp() * torch.exp(-(far - far.min()) / (2 * sigma**2))
        mean = (weights[:, None, None, None] * data).sum(0) / weights.sum()
        assert (mine[i] - mean).abs().max() < 1e-9


def test_the_exact_model_ends_on_a_picture_of_the_gallery(engine):
    memoriser = Engine(exact(engine.model, {"name": "exact", "of": "test"}, engine.model.folder))
    for seed in range(8):
        last = memoriser.trace(core.Request(engine.gallery.labels[0], steps=25, seed=seed)).x[-1]
        assert np.abs(engine.gallery.latents - last).max((1, 2, 3)).min() < 1e-2


def test_the_exact_model_ends_on_the_picture_whose_embedding_it_is_given(engine):
    sure = SimpleNamespace(temperature=1e4, text=engine.clip.text)  # of the one picture
    of = dataclasses.replace(engine.model, clip=sure)
    memoriser = Engine(exact(of, {"name": "exact", "of": "test"}, engine.model.folder))
    for row in (0, 5):
        embedding = tuple(engine.gallery.clip[row].tolist())
        last = memoriser.trace(core.Request(steps=25, guidance=1.0, embedding=embedding)).x[-1]
        assert np.abs(engine.gallery.latents[row] - last).max() < 1e-2


@pytest.mark.parametrize("damage", ["missing", "truncated", "altered"])
@pytest.mark.parametrize("file", ["dit.safetensors", "clip/model.safetensors", "gallery.npz"])
def test_a_damaged_model_is_refused_naming_the_file(trained, tmp_path, file, damage):
    copy = shutil.copytree(trained, tmp_path / "model")
    path = copy / file
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(core.ModelError, match=file):
        core.load(copy)


def test_a_rubbish_manifest_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("[]", "utf-8")
    with pytest.raises(core.ModelError, match=r"manifest\.json"):
        core.load(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"name": "x", "files": {}}), "utf-8")
    with pytest.raises(core.ModelError, match=r"manifest\.json lacks the field kind"):
        core.load(tmp_path)


def test_shipped_models_load_and_their_files_are_whole():
    for name in core.models():
        manifest = store.read_manifest(store.MODELS / name)
        store.check(store.MODELS / name, {"files": {}, **manifest})
    assert core.load().latent_shape == (16, 8, 8)
