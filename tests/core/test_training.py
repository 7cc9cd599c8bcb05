"""The `test` preset, trained from scratch once a session, and what it makes."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch

import core
from core.__main__ import main
from core.networks import store
from core.training import build
from core.training.evaluate import evaluate
from core.training.presets import PRESETS
from core.training.recolour import COLOURS
from core.training.scenes import Scenes, held_out
from core.training.sprites import concepts


def test_scenes_never_draw_what_is_held_out():
    scenes = Scenes(concepts(40), 64)
    drawn = scenes.draw(np.random.default_rng(0), 4000)
    painted = [s for s in drawn if s.colour and s.colour != scenes.natural[s.sprite]]
    assert len(painted) > 400
    assert not any(held_out(s.colour, scenes.concepts[s.concept].name) for s in painted)
    every = [held_out(colour, c.name) for colour in COLOURS for c in concepts()]
    assert 0.08 < np.mean(every) < 0.12


def test_scenes_show_their_colour_and_background():
    scenes = Scenes(concepts(40), 64)
    apple = next(i for i, s in enumerate(scenes.sprites) if scenes.natural[i] == "orange")
    pictures = scenes.render([scenes.plain(apple, "blue"), scenes.plain(apple)])
    blue, own = (p[:, 24:40, 24:40].mean((1, 2)) for p in pictures)
    assert blue[2] > blue[0]  # more blue than red
    assert own[0] > own[2]
    assert torch.allclose(pictures[:, :, 0, 0], torch.ones(2, 3))  # the corner is the white background


def test_every_concept_has_its_sprites_and_a_name_of_its_own():
    names = [c.name for c in concepts()]
    assert len(names) == len(set(names)) >= 300
    assert all(c.sprites for c in concepts())


def test_training_writes_curves_samples_and_a_model(trained, test_runs):
    for stage in ("autoencoder", "clip", "dit", "judge"):
        rows = list(csv.DictReader((test_runs / "test" / stage / "log.csv").open()))
        assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert list((test_runs / "test" / "dit" / "samples").glob("*.png"))
    assert json.loads((trained / "manifest.json").read_text())["files"].keys() >= {"dit.safetensors", "words.txt"}


def test_training_again_goes_on_from_the_checkpoints(trained, test_runs, capsys):
    before = store.sha256(trained / "dit.safetensors")
    build.train(PRESETS["test"], trained, runs=test_runs)
    assert "/450" not in capsys.readouterr().out  # nothing was left to train
    assert store.sha256(trained / "dit.safetensors") == before


def test_a_shipped_model_is_trained_on_from_its_weights(trained, tmp_path, capsys):
    before = store.load(trained).network.model.final.weight
    import shutil

    copy = shutil.copytree(trained, tmp_path / "model")
    build.train(PRESETS["test"], copy, steps=2, runs=tmp_path / "runs")
    after = store.load(copy).network.model.final.weight
    assert 0 < (after - before).abs().max() < 0.05
    assert not (tmp_path / "runs" / "test" / "clip").exists()
    assert "dit 2/2" in capsys.readouterr().out


def test_evaluate_measures_every_claim(trained):
    settings = {"pictures": 8, "guidance": 4.0, "batch": 8, "renderings": 24}
    band = {name: [0.5, 0.4, 0.6] for name in ("frechet", "clip", "diversity", "ms")}
    curves = {"settings": settings, "floor": [0.1, 0.1, 0.1], "points": [{"sampler": "heun", "steps": 4, **band}]}
    (trained / "eval.json").write_text(json.dumps({"curves": curves, "concepts": "to be measured anew"}))
    results = json.loads(evaluate(trained).read_text())
    assert results["curves"] == curves, "what --curves has measured stays"
    assert results["concepts"]["count"] == 12
    chance = 1 / 12
    assert results["concepts"]["top1"] > 2 * chance
    assert results["concepts"]["ceiling_top1"] > 0.9
    assert results["clip"]["R@5"] > 0.5
    assert results["autoencoder"]["psnr_db"] > 22
    card = (trained / "README.md").read_text()
    assert f"{results['concepts']['top1']:.1%}" in card
    assert "| Heun | 4 | 0.500 (0.400 to 0.600) |" in card


def test_the_command_line_generates(trained, tmp_path, capsys):
    out, trace = tmp_path / "apple.png", tmp_path / "apple.npz"
    words = ["generate", "a blorple", "--model", str(trained), "--steps", "4", "--seed", "1"]
    assert main([*words, "--out", str(out), "--trace", str(trace)]) == 0
    assert "never met: blorple" in capsys.readouterr().err
    kept = core.Trace.load(trace)
    assert kept.request == core.Request("a blorple", steps=4, seed=1)
    assert out.stat().st_size > 500


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["generate", "x", "--steps", "0"], "steps is 0"),
        (["generate", "x", "--guidance", "nan"], "guidance is nan"),
        (["generate", "x", "--sampler", "euler"], "sampler is 'euler'"),
        (["generate", "x", "--model", "nowhere"], "no model 'nowhere'"),
        (["train", "huge"], "preset is 'huge'"),
    ],
)
def test_the_command_line_refuses_in_words(words, named, capsys):
    assert main(words) == 2
    assert named in capsys.readouterr().err
