"""The `test` preset, trained from scratch once a session, and what it makes."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

import core
from core.__main__ import main
from core.networks import store
from core.networks.dit import DiT
from core.networks.manifest import sha256
from core.settings import read_png
from core.training import build, clip, composition, dit, loop, sweep
from core.training.evaluate import evaluate
from core.training.judge import Judge
from core.training.loop import Paused, Recipe
from core.training.presets import PRESETS
from core.training.preview import Preview
from core.training.recolour import COLOURS
from core.training.scenes import HANDED, POSITIONS, SMALL, Mix, Scene, Scenes, Thing, held_apart, held_out
from core.training.sprites import concepts, named
from core.training.words import Words


def test_scenes_never_draw_what_is_held_out():
    scenes = Scenes(concepts(40), 64)
    drawn = scenes.draw(np.random.default_rng(0), 4000)
    things = [s.thing for s in drawn]
    painted = [t for t in things if t.colour and t.colour != scenes.natural[t.sprite]]
    assert len(painted) > 400
    assert not any(held_out(t.colour, scenes.concepts[t.concept].name) for t in painted)
    every = [held_out(colour, c.name) for colour in COLOURS for c in concepts()]
    assert 0.08 < np.mean(every) < 0.12


def test_two_things_stand_where_the_caption_says():
    scenes = Scenes(concepts(40), 64, mix=Mix(pairs=0.5))
    drawn = scenes.draw(np.random.default_rng(0), 2000)
    pairs = [s for s in drawn if len(s.things) == 2]
    assert 900 < len(pairs) < 1100
    names = [concept.name for concept in scenes.concepts]
    assert not any(held_apart(*(names[t.concept] for t in s.things)) for s in pairs)
    assert all(len(s.things) == 1 for s in scenes.draw(np.random.default_rng(0), 200, alone=True))
    across = (("left of", 1), ("right of", -1), ("and", 1), ("next to", 1))
    for word, axis, sign in (*((word, 0, sign) for word, sign in across), ("above", 1, 1), ("below", 1, -1)):
        told = [s for s in pairs if f" {word} " in s.caption]
        assert len(told) > 60
        assert all(sign * (s.things[1].place[axis] - s.things[0].place[axis]) > 0.3 for s in told)


def test_two_things_are_both_in_the_picture():
    scenes = Scenes(concepts(40), 64)
    both = [Thing(0, 0, colour, POSITIONS[place], SMALL) for colour, place in (("red", "left"), ("blue", "right"))]
    pair, left, right = scenes.render([Scene(things, "") for things in (both, both[:1], both[1:])])
    assert torch.allclose(pair[..., :32], left[..., :32], atol=1e-5)
    assert torch.allclose(pair[..., 32:], right[..., 32:], atol=1e-5)


def test_composition_calls_a_picture_right_for_what_it_shows(trained):
    """Drawn by the scenes themselves, as asked, mirrored, and with the second thing left out."""
    scenes = Scenes(named(core.load(trained).manifest["concepts"]), 64)
    judge = store.weights(Judge(12), trained / "judge.safetensors")
    asked = composition.ask(scenes, np.random.default_rng(1), "two objects", 40)
    truth = scenes.render(asked)
    alone = scenes.render([replace(scene, things=scene.things[:1]) for scene in asked])
    shares = [composition.right(judge, shown, asked, "two objects").mean() for shown in (truth, truth.flip(-1), alone)]
    assert shares[0] > 0.8
    assert shares[1] > 0.5  # a mirrored thing is harder to name
    assert shares[2] == 0
    above = composition.ask(scenes, np.random.default_rng(1), "position", 40)
    turned = [replace(s, things=tuple(replace(t, place=o.place) for t, o in zip(s.things, s.things[::-1], strict=True)))
              for s in above]  # fmt: skip
    assert composition.right(judge, scenes.render(above), above, "position").mean() > 0.8
    assert composition.right(judge, scenes.render(turned), above, "position").mean() < 0.1


def test_composition_tells_which_of_two_things_is_wrong(trained, monkeypatch):
    """Where the second thing is always left out, the first is right and the second is not."""
    monkeypatch.setattr(composition, "COUNT", 24)
    scenes = Scenes(named(core.load(trained).manifest["concepts"]), 64)
    judge = store.weights(Judge(12), trained / "judge.safetensors")
    rng = np.random.default_rng([12, 0])
    asked = iter([composition.ask(scenes, rng, question, 24) for question in ("two objects", "binding", "position")])

    def first_alone(prompts: list[str]) -> torch.Tensor:
        drawn = next(asked)
        assert prompts == [scene.caption for scene in drawn]
        return scenes.render([replace(scene, things=scene.things[:1]) for scene in drawn])

    for question, found in composition.composition(first_alone, judge, scenes).items():
        first, second = found["things"]
        assert set(first) == ({"concept", "colour"} if question == "binding" else {"concept"})
        assert first["concept"] > 0.7
        assert first.get("colour", 1) > 3 / len(COLOURS), "well above chance, for so small a judge"
        assert second["concept"] < 0.3
        assert found["right"] == 0


def test_scenes_show_their_colour_and_background():
    scenes = Scenes(concepts(40), 64)
    apple = next(i for i, s in enumerate(scenes.sprites) if scenes.natural[i] == "orange")
    pictures = scenes.render([scenes.plain(apple, "blue"), scenes.plain(apple)])
    blue, own = (p[:, 24:40, 24:40].mean((1, 2)) for p in pictures)
    assert blue[2] > blue[0]  # more blue than red
    assert own[0] > own[2]
    assert torch.allclose(pictures[:, :, 0, 0], torch.ones(2, 3))  # the corner is the white background


def test_captions_and_prompts_of_evaluation_take_their_articles():
    scenes = Scenes([*named(["hourglass", "unicorn", "scissors"]), *concepts(8)], 64)
    drawn = scenes.draw(np.random.default_rng(0), 2000)
    assert any("on an orange background" in scene.caption for scene in drawn)
    wrong = re.compile(r"\b(?:a (?:orange|hourglass|apple|scissors)|an unicorn)\b")
    assert not [scene.caption for scene in drawn if wrong.search(scene.caption)]
    prompts = Preview(scenes, None, None, None).prompts
    assert "an hourglass" in prompts
    assert "a unicorn" in prompts
    assert not [prompt for prompt in prompts if wrong.search(prompt)]


def test_a_face_beside_a_whole_animal_is_called_a_face():
    scenes = Scenes(named(["cat", "lion", "heart"]), 64)
    cats = {scenes.sprites[s].label: scenes.called[s] for s in scenes.sprites_of[0]}
    assert cats == {"cat face": "cat face", "cat": "cat"}
    assert [scenes.called[s] for c in (1, 2) for s in scenes.sprites_of[c]] == ["lion"] + 6 * ["heart"]
    drawn = scenes.draw(np.random.default_rng(0), 300)
    told = [s.caption for s in drawn if scenes.sprites[s.thing.sprite].label == "cat face"]
    assert np.mean(["cat face" in caption for caption in told]) > 0.8


def test_timesteps_are_mostly_of_the_middle_and_of_both_ends():
    luck = np.random.default_rng(0).random(500)
    drawn = torch.stack([dit.timesteps(64, value) for value in luck])
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert (drawn.diff(dim=1) >= 0).all()
    shares = [((low <= drawn) & (drawn < low + 0.1)).float().mean().item() for low in (0.0, 0.45, 0.9)]
    expected = [7 / 8 * normal + 1 / 8 * 0.1 for normal in (0.0140, 0.1590, 0.0140)]  # of the logit's distribution
    assert shares == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(("seconds", "dtype"), [(2.0, torch.float32), (0.5, torch.bfloat16)])
def test_bf16_is_used_only_where_it_is_faster(monkeypatch, seconds, dtype):
    """Some processors lack it, and PyTorch emulates it; others have it and are slower with it."""
    monkeypatch.setattr(loop, "_seconds", lambda kind: [seconds if kind is torch.bfloat16 else 1.0])
    loop._bf16_pays.cache_clear()
    with loop.fast_precision("cpu"):
        assert (torch.eye(2) @ torch.eye(2)).dtype == dtype
    loop._bf16_pays.cache_clear()


def test_a_network_that_grows_draws_as_before_and_learns_with_all_of_it():
    torch.manual_seed(0)
    small, large = (DiT(width=64, depth=depth, outer_width=32) for depth in (1, 3))
    for parameter in small.parameters():
        torch.nn.init.normal_(parameter, std=0.1)  # so that its blocks do something
    dit.begin_with(large, small.state_dict())
    x, t = torch.randn(2, 16, 8, 8), torch.tensor([10.0, 900.0])
    cond = {"states": torch.randn(2, 5, 256), "mask": torch.ones(2, 5, dtype=torch.bool)}
    cond |= {"image": torch.randn(2, 256), "has_image": torch.tensor([True, False])}
    assert torch.equal(large(x, t, cond), small(x, t, cond))
    large(x, t, cond).square().mean().backward()
    assert large.inner[2].mlp[-1].weight.grad.abs().max() > 0
    with pytest.raises(RuntimeError, match="final"):
        dit.begin_with(large, {key: value for key, value in small.state_dict().items() if not key.startswith("final")})


def test_a_thing_is_turned_clockwise_mirrored_and_moved():
    scenes = Scenes(named(["fox"]), 64)
    upright = Thing(0, 0, place=(0.4, 0.5), size=0.7)
    ways = {"turn": replace(upright, turn=90.0), "mirror": replace(upright, mirrored=True)}
    ways |= {"both": replace(upright, turn=90.0, mirrored=True)}
    plain = scenes.render([Scene((replace(upright, place=(0.5, 0.5)),), "")])[0]
    shown = {name: scenes.render([Scene((replace(thing, place=(0.5, 0.5)),), "")])[0] for name, thing in ways.items()}
    assert (shown["turn"] - plain.rot90(-1, (1, 2))).abs().max() < 1e-3
    assert (shown["mirror"] - plain.flip(2)).abs().max() < 1e-3
    assert (shown["both"] - plain.flip(2).rot90(-1, (1, 2))).abs().max() < 1e-3
    centres = []
    for thing in (upright, ways["turn"]):
        ink = (1 - scenes.render([Scene((thing,), "")])[0].mean(0)).clamp(min=0)
        centres.append(float((ink.sum(0) * torch.arange(64)).sum() / ink.sum()))
    assert centres == pytest.approx([25.6, 25.6], abs=2.5)


def test_what_a_mirror_would_change_is_never_mirrored():
    for label in ("left-facing fist", "backhand index pointing right", "waxing crescent moon", "world map"):
        assert HANDED.search(label)
    for label in ("fox", "high-heeled shoe", "bright button"):
        assert not HANDED.search(label)


def test_every_concept_has_its_sprites_and_a_name_of_its_own():
    names = [c.name for c in concepts(more=True)]
    assert len(names) == len(set(names)) >= 1000
    assert names[: len(concepts())] == [c.name for c in concepts()]
    assert all(c.sprites for c in concepts(more=True))


def test_training_writes_curves_samples_and_a_model(trained, test_runs):
    for stage in ("autoencoder", "clip", "dit", "judge"):
        rows = list(csv.DictReader((test_runs / "test" / stage / "log.csv").open(encoding="utf-8")))
        assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert list((test_runs / "test" / "dit" / "samples").glob("*.png"))
    manifest = json.loads((trained / "manifest.json").read_text("utf-8"))
    assert manifest["files"].keys() >= {"dit.safetensors", "words.txt"}


def test_training_again_goes_on_from_the_checkpoints(trained, test_runs, tmp_path, capsys):
    before = sha256(trained / "dit.safetensors")
    copy, runs = shutil.copytree(trained, tmp_path / "test"), shutil.copytree(test_runs, tmp_path / "runs")
    build.train(PRESETS["test"], copy, runs=runs)
    assert "/450" not in capsys.readouterr().out  # nothing was left to train
    assert sha256(copy / "dit.safetensors") == before


def test_a_shipped_model_is_trained_on_from_its_weights(trained, tmp_path, capsys):
    before = store.load(trained).network.final.weight
    copy = shutil.copytree(trained, tmp_path / "model")
    build.train(PRESETS["test"].ending(steps=2), copy, runs=tmp_path / "runs")
    after = store.load(copy).network.final.weight
    assert 0 < (after - before).abs().max() < 0.05
    assert not (tmp_path / "runs" / "test" / "clip").exists()
    assert "dit 2/2" in capsys.readouterr().out


def test_a_training_pauses_when_its_minutes_are_over_and_goes_on(trained, tmp_path, capsys):
    copy = shutil.copytree(trained, tmp_path / "model")
    before = sha256(copy / "dit.safetensors")
    with pytest.raises(Paused, match="dit paused at step 1 of 3"):
        build.train(PRESETS["test"].ending(steps=3), copy, runs=tmp_path / "runs", minutes=1e-6)
    assert sha256(copy / "dit.safetensors") == before, "the model waits for the whole training"
    build.train(PRESETS["test"].ending(steps=3), copy, runs=tmp_path / "runs")
    rows = list(csv.DictReader((tmp_path / "runs" / "test" / "dit" / "log.csv").open(encoding="utf-8")))
    assert [row["step"] for row in rows] == ["3"]
    assert sha256(copy / "dit.safetensors") != before


def test_clip_learns_on_and_what_the_network_reads_is_held(trained, tmp_path):
    """Captions' states move far less when held; and the words that are distilled still come nearer to the teacher's."""
    scenes = Scenes(named(core.load(trained).manifest["concepts"]), 64)
    texts = [*(c.name for c in scenes.concepts), "kitten", "a small red fruit", "to run away"]
    vectors = np.random.default_rng(0).standard_normal((len(texts), 384)).astype(np.float32)
    known = Words(texts, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    recipe = Recipe(steps=25, batch=16, lr=1e-3, ema=0.5, warmup=5)
    captions = [s.caption for s in scenes.draw(np.random.default_rng(1), 40)]
    before, moved = store.load(trained).clip.states(captions).states, {}
    for hold in (False, True):
        begin, folder = store.load(trained).clip, tmp_path / str(hold)
        learned = clip.train(scenes, known, PRESETS["test"].clip, recipe, folder, 16, begin, hold)
        moved[hold] = float((learned.states(captions).states - before).square().mean())
        rows = list(csv.DictReader((folder / "log.csv").open(encoding="utf-8")))
        assert float(rows[-1]["cosine"]) < 1
    assert moved[True] < 0.6 * moved[False]


def test_a_preset_with_a_parent_keeps_its_autoencoder_and_learns_more_concepts(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MODELS", trained.parent)
    recipes = {name: replace(PRESETS["test"].recipes[name], steps=3) for name in ("clip", "dit", "judge")}
    child = replace(
        PRESETS["test"], name="child", parent=trained.name, concepts=20, mix=Mix(pairs=0.5), pool=300, recipes=recipes
    )
    folder = build.train(child, tmp_path / "child", runs=tmp_path / "runs")
    old, new = store.load(trained), store.load(folder)
    assert new.manifest["parent"] == trained.name
    assert len(new.manifest["concepts"]) == 20
    files = [part / "autoencoder.safetensors" for part in (trained, folder)]
    assert sha256(files[0]) == sha256(files[1])
    assert new.clip.tokenizer.get_vocab() == old.clip.tokenizer.get_vocab()
    assert 0 < (new.network.final.weight - old.network.final.weight).abs().max() < 0.05
    assert not (tmp_path / "runs" / "child" / "autoencoder").exists()


def test_a_preset_may_draw_larger_than_what_its_parent_encodes(trained, tmp_path, monkeypatch):
    """The encoder and so the latents stay; the decoder learns one more stage, and the pictures are twice as large."""
    monkeypatch.setattr(store, "MODELS", trained.parent)
    few = {name: replace(recipe, steps=2) for name, recipe in PRESETS["test"].recipes.items()}
    few["autoencoder"] = replace(few["autoencoder"], steps=60)
    child = replace(
        PRESETS["test"], name="larger", parent=trained.name, pool=300, recipes=few,
        autoencoder={"channels": 16, "widths": (16, 16, 32, 64)},
    )  # fmt: skip
    engine, old = core.load(build.train(child, tmp_path / "larger", runs=tmp_path / "runs")), core.load(trained)
    assert engine.manifest["size"] == 128
    assert np.abs(engine.gallery.latents - old.gallery.latents).max() < 0.05  # of float16 weights
    small, large = (each.decode(old.gallery.latents) for each in (old, engine))
    halved = large.reshape(len(large), 64, 2, 64, 2, 3).mean((2, 4))
    assert np.abs(halved - small).mean() < 12  # of 255
    assert engine.trace(core.Request("a red apple", steps=2)).image.size == (128, 128)


def test_a_sweep_measures_each_variant_as_its_row_says(trained, tmp_path, monkeypatch):
    engine = core.load(trained)
    monkeypatch.setattr(sweep.OwnEngine, "load", lambda name: engine)
    monkeypatch.setattr(sweep, "POOL", 200)
    monkeypatch.setattr(sweep, "TRIAL", 2)
    chosen = {name: sweep.VARIANTS[name] for name in ("predict the noise", "latents all of one variance")}
    table = sweep.sweep(0.02, tmp_path / "sweep.md", chosen).read_text("utf-8")
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith(("| predict", "| latents"))]
    assert [row[0].strip("| ") for row in rows] == list(chosen)
    assert all(int(row[2]) >= 1 and float(row[3]) > 0 for row in rows)


def test_latents_are_scaled_as_a_variant_says():
    spread = torch.tensor([0.5, 1.0, 2.0])[:, None, None]
    latents = spread * torch.randn(4000, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    whole = latents.square().mean()
    for scaling, power in (("half", 1), ("none", 2), ("full", 0)):
        scaled = latents * sweep._scale(latents, scaling)
        assert torch.allclose(scaled.square().mean(), whole, rtol=1e-3)
        ratio = scaled.std((0, 2, 3)) / spread.flatten() ** power
        assert torch.allclose(ratio, ratio.mean().expand(3), rtol=0.05)


def test_the_overview_sets_the_models_side_by_side(tmp_path):
    """A row that only one model has, composition, leaves the other's cell empty; a model of videos has no column."""
    from core.training.card import write_overview

    for name in ("starter", "broad", "motion"):
        (tmp_path / name).mkdir()
        shutil.copy(store.MODELS / name / "eval.json", tmp_path / name)
    rows = {cells[1]: cells[2:4] for line in write_overview(tmp_path).read_text("utf-8").splitlines()
            if len(cells := [cell.strip() for cell in line.split("|")]) == 5}  # fmt: skip
    results = [json.loads((store.MODELS / name / "eval.json").read_text("utf-8")) for name in ("broad", "starter")]
    assert rows["concepts"] == [str(found["concepts"]["count"]) for found in results]
    assert rows["binding, unseen pairs"][0].startswith(f"{results[0]['composition']['binding']['right']:.1%} (")
    assert rows["binding, unseen pairs"][1] == ""


def test_evaluate_measures_every_claim(trained, tmp_path, monkeypatch):
    model = shutil.copytree(trained, tmp_path / "test")
    monkeypatch.setattr(composition, "COUNT", 24)
    settings = {"pictures": 8, "guidance": 4.0, "batch": 8, "renderings": 24}
    band = {name: [0.5, 0.4, 0.6] for name in ("frechet", "clip", "diversity", "ms")}
    curves = {"settings": settings, "floor": [0.1, 0.1, 0.1], "points": [{"sampler": "heun", "steps": 4, **band}]}
    (model / "eval.json").write_text(json.dumps({"curves": curves, "concepts": "to be measured anew"}), "utf-8")
    results = json.loads(evaluate(model).read_text("utf-8"))
    assert results["curves"] == curves, "what --curves has measured stays"
    assert results["concepts"]["count"] == 12
    chance = 1 / 12
    assert results["concepts"]["top1"] > 2 * chance
    assert results["concepts"]["ceiling_top1"] > 0.9
    assert results["clip"]["R@5"] > 0.5
    assert results["outside"] is None, "of twelve concepts none is asked for in other words"
    for question in ("two objects", "binding", "position"):
        assert 0 <= results["composition"][question]["right"] <= results["composition"][question]["ceiling"] + 0.1
    assert results["autoencoder"]["psnr_db"] > 22
    card = (model / "README.md").read_text("utf-8")
    assert f"{results['concepts']['top1']:.1%}" in card
    second = results["composition"]["binding"]["things"][1]
    assert f"the second is the right thing in {second['concept']:.1%} and of the right colour in" in card
    assert "| Heun | 4 | 0.500 (0.400 to 0.600) |" in card


def test_the_command_line_generates(trained, tmp_path, capsys):
    out, trace = tmp_path / "apple.png", tmp_path / "apple.npz"
    words = ["generate", "a blorple", "--model", str(trained), "--steps", "4", "--seed", "1"]
    assert main([*words, "--out", str(out), "--trace", str(trace)]) == 0
    assert "“blorple” is not in the model's vocabulary" in capsys.readouterr().err
    kept = core.Trace.load(trace)
    assert kept.request == core.Request("a blorple", steps=4, seed=1)
    assert out.stat().st_size > 500
    assert read_png(out)["request"] == kept.request
    more = ["--spacing", "leading", "--branches", "2:9", "--steps", "5", "--out", str(out)]
    assert main([*words, *more]) == 0
    assert read_png(out)["request"] == core.Request("a blorple", steps=5, seed=1, spacing="leading", branches=((2, 9),))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["generate", "x", "--steps", "0"], "steps is 0"),
        (["generate", "x", "--guidance", "nan"], "guidance is nan"),
        (["generate", "x", "--sampler", "plms"], "sampler is 'plms'"),
        (["generate", "x", "--model", "nowhere"], "no model 'nowhere'"),
        (["train", "huge"], "preset is 'huge'"),
        (["train", "test", "--minutes", "0"], "minutes is 0"),
        (["train", "test", "--batch", "0"], "batch is 0"),
        (["train", "test", "--again", "clip"], "again is 'clip': it must be none for test"),
        (["train", "broad", "--again", "clip,dit"], "again is 'dit': it must be some of autoencoder, clip, judge"),
    ],
)
def test_the_command_line_refuses_in_words(words, named, capsys):
    assert main(words) == 2
    assert named in capsys.readouterr().err
