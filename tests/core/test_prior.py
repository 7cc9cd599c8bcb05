"""The prior: its sampling against a closed form, and what training makes of captions and pictures."""

from __future__ import annotations

import dataclasses
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import core
from core.__main__ import main
from core.networks import store
from core.networks.manifest import sha256
from core.networks.prior import Prior, PriorNetwork
from core.schedule import cosine
from core.training import prior as training
from core.training.build import train_prior
from core.training.dit import Pool
from core.training.loop import Recipe
from core.training.presets import PRESETS

SPREAD = torch.tensor([2.0, 0.5, 1.0, 0.1])
MEANS = {"a cat": torch.tensor([1.0, 0.0, -1.0, 0.5]), "a dog": torch.tensor([-2.0, 1.0, 0.0, 0.5])}


class Texts:
    """A CLIP that says of a text which of MEANS it is: as its one token, and as its embedding."""

    def read(self, texts):
        rows = torch.tensor([[float(text == name) for name in MEANS] + [0.0, 0.0] for text in texts])
        return SimpleNamespace(states=rows[:, None], mask=torch.ones(len(texts), 1, dtype=torch.bool)), rows


class Gaussian:
    """The best possible network where embeddings are N(mean of the caption, SPREAD^2): E[x_0 | x_t] in closed form."""

    mean, std = torch.zeros(4), torch.ones(4)

    def read(self, cond):
        return {"mean": cond["caption"][:, :2] @ torch.stack(list(MEANS.values()))}

    def denoise(self, x, t, cond):
        alpha, sigma = cosine().at(t, like=x)
        gain = alpha * SPREAD**2 / (alpha**2 * SPREAD**2 + sigma**2)
        return cond["mean"] + gain * (x - alpha * cond["mean"])

    def restore(self, x):
        return x


@pytest.fixture(scope="module")
def gaussian():
    return Prior(Gaussian(), Texts(), cosine())


def last(prior, *args, **kwargs) -> torch.Tensor:
    *_, step = prior.run(*args, **kwargs)
    return step.x


def test_ddim_follows_the_flow_of_a_gaussian(gaussian):
    """x_0 = mean + (x_T - alpha_T mean) s / sqrt(alpha_T^2 s^2 + sigma_T^2): the exact end of the ODE."""
    found = last(gaussian, ["a cat", "a dog"], [3, 4], "ddim", 1000, 1.0)
    noise = torch.stack([torch.randn(4, generator=torch.Generator().manual_seed(seed)) for seed in (3, 4)])
    alpha, sigma = (float(level[-1]) for level in (cosine().alpha, cosine().sigma))
    mean = torch.stack(list(MEANS.values()))
    exact = mean + (noise - alpha * mean) * SPREAD / (alpha**2 * SPREAD**2 + sigma**2) ** 0.5
    assert (found - exact).abs().max() < 0.02
    coarse = last(gaussian, ["a cat", "a dog"], [3, 4], "ddim", 25, 1.0)
    assert (found - exact).abs().max() < (coarse - exact).abs().max() < 0.5


@pytest.mark.parametrize("sampler", ["ddim", "ddpm"])
def test_many_draws_have_the_mean_and_the_spread_of_the_gaussian(gaussian, sampler):
    found = last(gaussian, ["a cat"] * 4000, list(range(4000)), sampler, 200, 1.0)
    assert (found.mean(0) - MEANS["a cat"]).abs().max() < 0.1
    assert (found.std(0) / SPREAD - 1).abs().max() < 0.1


def test_guidance_moves_the_mean_as_far_as_it_says(gaussian):
    """Without a caption the mean is 0 here: both predictions differ by a constant, which guidance multiplies."""
    first = {
        g: next(s for s in gaussian.run(["a cat"], 0, "ddim", 25, g) if s.index == 1).x0[0] for g in (0.0, 1.0, 3.0)
    }
    torch.testing.assert_close(first[3.0] - first[0.0], 3 * (first[1.0] - first[0.0]), rtol=1e-4, atol=1e-5)


def test_sample_gives_unit_vectors_that_do_not_depend_on_the_batch(gaussian):
    both = gaussian.sample(["a cat", "a dog"], seed=5)
    assert both.shape == (2, 4)
    assert both.dtype == np.float32
    assert np.linalg.norm(both, axis=1) == pytest.approx([1, 1], abs=1e-6)
    assert gaussian.sample(["a dog"], seed=5)[0] == pytest.approx(both[1], abs=1e-6)
    assert np.array_equal(both, gaussian.sample(["a cat", "a dog"], seed=[5, 5]))
    assert not np.allclose(both, gaussian.sample(["a cat", "a dog"], seed=6))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"texts": []}, "texts is"),
        ({"texts": "a cat"}, "texts is 'a cat'"),
        ({"texts": [3]}, "prompt is 3"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": [1, 2]}, "seed is"),
        ({"seed": "1"}, "seed is '1'"),
        ({"steps": 0}, "steps is 0"),
        ({"guidance": float("nan")}, "guidance is nan"),
        ({"sampler": "euler"}, "sampler is 'euler'"),
    ],
)
def test_what_cannot_be_sampled_is_refused(gaussian, asked, named):
    with pytest.raises(core.RequestError, match=named.replace("[", "\\[")):
        gaussian.sample(**{"texts": ["a cat"], **asked})


def test_a_network_learns_the_gaussian_of_each_caption(tmp_path):
    rng, count = torch.Generator().manual_seed(0), 4096
    which = torch.randint(2, (count,), generator=rng)
    pictures = torch.stack(list(MEANS.values()))[which] + SPREAD * torch.randn(count, 4, generator=rng)
    texts = Texts().read(["", *(list(MEANS)[i] for i in which)])[1]
    tokens = torch.zeros(count + 1, dtype=torch.int)
    pool = Pool(torch.empty(count, 0), pictures, texts, texts, tokens, torch.arange(count + 2))
    shape = {"space": 4, "text": 4, "width": 64, "depth": 1}
    network = training.train(pool, cosine(), shape, Recipe(steps=600, batch=256, lr=3e-3, ema=0.99), tmp_path)
    prior = Prior(network, Texts(), cosine())
    for name, mean in MEANS.items():
        found = torch.from_numpy(prior.points(last(prior, [name] * 1000, list(range(1000)), "ddpm", 50, 1.0)))
        assert ((found.mean(0) - mean) / SPREAD).abs().max() < 0.35
        assert (found.std(0) / SPREAD).log().abs().max() < 0.35


def test_the_file_holds_the_standardisation_that_training_used():
    network = PriorNetwork(4, 4, 64, 1)
    network.std.fill_(0.1)
    network.mean.fill_(3.0)
    x = torch.randn(5, 4)
    torch.testing.assert_close(network.standardise(network.restore(x)), x)


@pytest.fixture(scope="module")
def folder(trained, test_runs, tmp_path_factory):
    """The `test` model with a prior of its own."""
    copy = tmp_path_factory.mktemp("prior") / "test"
    shutil.copytree(trained, copy)
    return train_prior(PRESETS["test"], copy, runs=test_runs)


def test_a_trained_prior_finds_the_picture_better_than_the_caption_does(folder):
    engine = core.load(folder)
    names = [f"a {name}" for name in engine.manifest["concepts"]]
    pictures = np.stack([
        engine.gallery.clip[[i for i, label in enumerate(engine.gallery.labels) if label == name[2:]]].mean(0)
        for name in names if name[2:] in engine.gallery.labels
    ])  # fmt: skip
    names = [name for name in names if name[2:] in engine.gallery.labels]
    assert len(names) > 6
    drawn, told = engine.prior.sample(names, seed=1), engine.clip.text(names)
    cosine_drawn, cosine_told = ((rows * pictures).sum(1).mean() for rows in (drawn, told))
    assert cosine_drawn > cosine_told, "the gap is crossed"
    assert ((drawn @ pictures.T).argmax(1) == np.arange(len(names))).mean() > 0.5


def test_a_prior_is_one_of_the_models_hashed_files(folder, tmp_path):
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["files"]["prior.safetensors"] == sha256(folder / "prior.safetensors")
    copy = tmp_path / "test"
    shutil.copytree(folder, copy)
    (copy / "prior.safetensors").write_bytes(b"something else")
    with pytest.raises(core.ModelError, match=r"prior\.safetensors is damaged"):
        core.load(copy)
    assert core.load(folder).prior.network.mean.shape == (core.load(folder).space,)


def test_a_prior_stays_with_its_clip_and_goes_with_it(folder, trained, test_runs, tmp_path, capsys):
    """Trained on, a model keeps its prior; with another CLIP it has none until one is trained for that."""
    from core.training import build

    manifest = store.read_manifest(folder)
    kept = {"architecture": {}, "files": {"clip/model.safetensors": manifest["files"]["clip/model.safetensors"]}}
    build._keep_prior(kept, manifest)
    assert kept["architecture"]["prior"] == manifest["architecture"]["prior"]
    assert kept["files"]["prior.safetensors"] == manifest["files"]["prior.safetensors"]
    other = {"architecture": {}, "files": {"clip/model.safetensors": "another"}}
    build._keep_prior(other, manifest)
    assert "prior" not in other["architecture"]
    assert core.load(trained).prior is None


def test_the_command_line_trains_a_prior(trained, test_runs, tmp_path, monkeypatch, capsys):
    copy = tmp_path / "test"
    shutil.copytree(trained, copy)
    monkeypatch.chdir(tmp_path)
    test = PRESETS["test"]
    recipe = dataclasses.replace(test.recipes["prior"], steps=3, batch=8)
    short = dataclasses.replace(test, pool=64, recipes=test.recipes | {"prior": recipe})
    monkeypatch.setitem(PRESETS, "test", short)
    assert main(["train", "test", "--prior", "--out", str(copy)]) == 0
    assert core.load(copy).prior.sample(["a cat"]).shape == (1, core.load(copy).space)
    assert main(["train", "test", "--prior", "--out", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
