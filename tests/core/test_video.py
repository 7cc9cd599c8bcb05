"""Videos: the network that begins as that of pictures, clips whose motion is known, and a model folder made of both."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from core import __main__ as command_line
from core.engine import Engine
from core.model import Asked
from core.networks import store
from core.networks.latent import read
from core.networks.video import Temporal, VideoDiT, each_frame, middle
from core.training import animations, film_quality, films
from core.training.dit import begin_with, noise
from core.training.film_quality import combinations
from core.training.loop import Recipe
from core.training.motion_quality import recognise
from core.training.motions import CELL, FAST, MOTIONS, Clips, held_back
from core.training.own import OwnEngine
from core.training.scenes import Mix, Thing
from core.training.sprites import COLUMNS, SIZE, concepts
from core.types import Request, RequestError, Trace

FRAMES = 4


@pytest.fixture(scope="module")
def pictures():
    return store.load("starter")


@pytest.fixture(scope="module")
def clips():
    return Clips(concepts(12), 64, frames=8)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """The folder of a video model that has hardly learned anything."""
    folder = tmp_path_factory.mktemp("film")
    film = films.Film("film", 4, "starter", "starter", FRAMES, Mix(), 16, Recipe(steps=4, batch=4, lr=1e-3))
    return films.train(film, folder / "film", runs=folder / "runs")


def video_network(pictures):
    torch.manual_seed(0)
    shape = pictures.manifest["architecture"]["dit"] | {"frames": FRAMES}
    return VideoDiT(len(pictures.clip.tokenizer), **shape).eval()


def test_before_training_every_frame_is_what_the_network_of_pictures_draws(pictures):
    network = video_network(pictures)
    begin_with(network, pictures.network.state_dict())
    x, t = torch.randn(2, *network.shape, generator=torch.Generator().manual_seed(0)), torch.tensor([100, 700])
    asked = [Asked("a red apple"), Asked("a fox rising")]
    cond, of_pictures = (read(one, pictures.clip, asked) for one in (network, pictures.network))
    with torch.no_grad():
        video = network.denoise(x, network.times(t), cond)
        frames = [pictures.network.denoise(frame, network.times(t), of_pictures) for frame in x.unbind(2)]
    torch.testing.assert_close(video, torch.stack(frames, 2))


def test_a_position_attends_to_itself_in_the_other_frames_and_to_nothing_else():
    torch.manual_seed(0)
    layer = Temporal(32, 2, FRAMES)
    torch.nn.init.normal_(layer.attention.out.weight)
    x = torch.randn(2 * FRAMES, 9, 32)
    other = x.clone()
    other[1, 5] = torch.randn(32)  # the second frame of the first clip
    changed = (layer(x) - layer(other)).abs().amax(-1).unflatten(0, (2, FRAMES)) > 1e-6  # (clip, frame, position)
    assert changed[0, :, 5].all()
    changed[0, :, 5] = False
    assert not changed.any()


def test_a_word_may_act_on_each_frame_in_its_own_way(pictures):
    """The text encoder's states of left and right hardly differ; these embeddings do."""
    network = video_network(pictures)
    for parameter in (network.said.weight, network.paced):
        torch.nn.init.normal_(parameter, std=0.1)
    states, tokens = torch.zeros(1, 3, 256), torch.tensor([[5, 6, 7], [5, 8, 7]])
    cond = {"states": states.expand(2, 3, 256), "tokens": tokens, "mask": torch.tensor([[True, True, False]] * 2)}
    image = {"image": torch.zeros(2, network.image.in_features), "has_image": torch.zeros(2, dtype=torch.bool)}
    with torch.no_grad():
        found = network.read(cond | image)
        padded = network.read(cond | image | {"tokens": tokens + torch.tensor([0, 0, 1])})
    assert tuple(found) == network.names
    assert (found["kv0"][0] != found["kv0"][1]).any()
    assert (found["pace"][0] != found["pace"][1]).any()
    assert torch.equal(found["pace"], padded["pace"]), "what is hidden is not read"


def test_work_on_each_frame_keeps_their_order():
    x = torch.randn(2, 3, 5, 4, 4)
    doubled = each_frame(lambda pictures: torch.cat([pictures, -pictures], 1), x)
    torch.testing.assert_close(doubled, torch.cat([x, -x], 1))
    torch.testing.assert_close(middle(x), x[:, :, 2])


def track(pixels):
    """Where the thing of a clip (3, F, S, S) on white stands in each frame, and its area: x, y, area, (F,) each."""
    shade = (1 - pixels).abs().sum(0)  # (F, S, S)
    at = torch.linspace(0, 1, shade.shape[-1])
    area = shade.sum((1, 2))
    return (shade.sum(1) @ at) / area, (shade.sum(2) @ at) / area, area


@pytest.mark.parametrize(
    ("motion", "axis", "sign"),
    [("right", 0, 1), ("left", 0, -1), ("up", 1, -1), ("down", 1, 1), ("growing", 2, 1), ("shrinking", 2, -1),
     ("rolling right", 0, 1), ("rolling left", 0, -1)],
)  # fmt: skip
def test_a_thing_moves_as_its_caption_says(clips, motion, axis, sign):
    clip = clips.clip(Thing(0, clips.concept_of[0], size=0.5), motion, "white", "")
    steps = track(clips.render([clip])[0])[axis].diff() * sign
    assert (steps > -0.02).all()
    assert steps.sum() > 0.2


@pytest.mark.parametrize("motion", [name for name, row in MOTIONS.items() if row.loops])
def test_a_loop_would_go_on_with_its_first_frame(clips, motion):
    thing, row = Thing(0, 0, size=0.5), MOTIONS[motion]
    first, last = row.at(thing, 0.0, 0.5), row.at(thing, 1.0, 0.5)
    assert np.allclose(first.place, last.place)
    assert first.size == last.size
    assert np.isclose((first.turn - last.turn + 180) % 360, 180)


@pytest.mark.parametrize("reach", [0.2, 0.9])
def test_what_slides_keeps_to_the_grid(clips, reach):
    clip = clips.clip(Thing(0, 0), "right", "white", "", reach)
    cells = np.array([scene.thing.place[0] for scene in clip.frames]) / CELL
    assert np.allclose(cells, np.round(cells)), "each frame shows it on the grid of the latents"
    assert np.allclose(np.diff(cells), 1 if reach > FAST else [0, 1, 0, 1, 0, 1, 0])


def test_frames_share_noise_and_each_has_all_of_it():
    """Unit variance in every frame; from nothing to all of it shared, one video in five sharing none."""
    eps = noise(torch.Size((4000, 2, 3, 4, 4)), torch.Generator().manual_seed(0))
    assert (eps.var((0, 1, 3, 4)) - 1).abs().max() < 0.02
    share = (eps[:, :, 0] * eps[:, :, 2]).mean((1, 2, 3))  # of each video, within 0.18
    assert 0.38 < share.mean() < 0.42  # 0.8 of them 0.5 on average
    assert eps[share > 0.9].diff(dim=2).abs().mean() < 0.5
    still = noise(torch.Size((3, 2, 4, 4)), torch.Generator().manual_seed(0))
    assert (still == torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(0))).all()


def test_what_is_held_out_is_never_drawn_and_captions_name_the_motion(clips):
    drawn = clips.draw(np.random.default_rng(0), 400)
    names = [clips.concepts[clip.frames[0].thing.concept].name for clip in drawn]
    assert not any(held_back(name, clip.motion) for name, clip in zip(names, drawn, strict=True))
    said = [any(phrase in clip.caption for phrase in MOTIONS[clip.motion].phrases) for clip in drawn]
    assert 0.8 < np.mean(said) < 1
    assert {clip.motion for clip in drawn} == clips.able.keys()
    assert any(clip.caption.startswith(("a falling", "a rising", "a jumping", "a growing")) for clip in drawn)


def test_only_what_is_round_rolls_and_only_what_has_an_animation_is_animated():
    clips = Clips(concepts(120), 64, frames=8)
    rolling = {clips.concepts[i].name for i in clips.able["rolling left"]}
    assert "basketball" in rolling
    assert not rolling & {"fox", "bus"}
    assert len(clips.able["left"]) == 120
    assert "animated" not in clips.able


@pytest.fixture
def recorded(tmp_path):
    """A folder of packed animations: of the first concept's sprite alone, frame by frame in another gray."""
    code = concepts(12)[0].sprites[0].code
    for part in range(1, len(animations.PACKAGES) + 1):
        cells = [Image.new("RGBA", (SIZE, SIZE), (12 * i, 12 * i, 12 * i, 255)) for i in range(animations.FRAMES)]
        whole = Image.new("RGBA", (COLUMNS * SIZE, SIZE))
        for i, cell in enumerate(cells if part == 1 else []):
            whole.paste(cell, (i * SIZE, 0))
        whole.save(tmp_path / f"{part}.webp", lossless=True)
        (tmp_path / f"{part}.json").write_text(json.dumps([code] if part == 1 else []), "utf-8")
    return tmp_path


def test_an_animation_is_drawn_frame_by_frame_and_never_as_a_picture(recorded):
    clips = Clips(animations.with_animations(concepts(12), 8, recorded), 16, frames=8)
    assert clips.able["animated"] == [0]
    assert all(clips.sprites[sprite].frame is None for sprites in clips.sprites_of for sprite in sprites)
    (first,) = clips.moving(0, "animated")
    film = clips.render([clips.clip(Thing(first, 0), "animated", "white", "")])[0]
    grays = (film[0, :, 8, 8] + 1) * 127.5
    assert torch.allclose(grays, torch.arange(8) * 24.0, atol=2)  # every other of the sixteen


def test_an_animation_is_packed_evenly_over_its_loop_and_cut_alike(tmp_path):
    def film(name, frames):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True, duration=40)
        return animations._frames(tmp_path / name)

    pictures = [Image.new("RGBA", (64, 64)) for _ in range(32)]
    for i, picture in enumerate(pictures):
        picture.paste((255, 0, 0, 255), (i, 20, i + 20, 40))
    found = film("moves.webp", pictures)
    left = [np.asarray(one)[:, :, 3].max(0).argmax() for one in found]
    assert len(found) == animations.FRAMES
    assert np.allclose(np.diff(left), 126 / 50 * 2, atol=1)  # two pixels of a box 50 wide
    assert film("rests.webp", [pictures[0], pictures[0].copy()]) == []


def test_a_trained_folder_draws_videos_and_keeps_them(filmed, tmp_path):
    engine = Engine.load(filmed)
    trace = engine.trace(Request("a red apple moving up", seed=3, steps=4))
    assert engine.latent_shape == (16, FRAMES, 8, 8) == trace.x.shape[1:]
    assert trace.frames.shape == (FRAMES, 64, 64, 3)
    assert engine.gallery is None  # pictures are no points of its space
    assert (engine.decode(trace.x[-1:])[0] == trace.frames).all()
    assert (engine.preview(trace.x[-1:])[0] == trace.frames[0]).all()
    trace.save(tmp_path / "trace.npz")
    again = Trace.load(tmp_path / "trace.npz")
    assert (again.frames == trace.frames).all()
    assert (again.x == trace.x).all()
    both = list(engine.run_many([Request("a red apple", seed=s, steps=4) for s in (3, 4)]))[-1].x
    alone = list(engine.run(Request("a red apple", seed=3, steps=4)))[-1].x
    torch.testing.assert_close(both[:1], alone, atol=1e-3, rtol=1e-3)


def test_a_video_model_has_frames_of_its_own_number(filmed):
    with pytest.raises(RequestError, match="frames is 5"):
        Engine.load(filmed).trace(Request("a fox", steps=2, frames=5))


def test_the_shipped_model_moves_things_as_it_is_asked_to():
    """Of what the words of a caption decide alone: the same noise goes any of the four ways."""
    engine, ways = OwnEngine.load("motion", "cpu"), film_quality.DIRECTIONS
    asked = [replace(engine.defaults, prompt=f"a red apple {MOTIONS[way].phrases[0]}", seed=2) for way in ways]
    *_, last = engine.run_many(asked)
    films = torch.from_numpy(engine.decode(last.x)).permute(0, 4, 1, 2, 3) / 127.5 - 1
    assert [recognise(film, ways) for film in films] == list(ways)


def test_motion_is_told_from_the_frames_alone():
    clips = Clips(concepts(120), 64, frames=8)
    drawn = combinations(clips, tuple(MOTIONS), 2)
    told = [recognise(film) == clip.motion for film, clip in zip(clips.render(drawn), drawn, strict=True)]
    assert np.mean(told) >= 0.85  # a thing that looks the same turned may roll or spin
    assert recognise(torch.ones(3, 8, 64, 64)) in MOTIONS  # nothing is there: an answer, no error


def test_what_is_measured_was_held_out_and_real_clips_are_the_ceiling(filmed, monkeypatch):
    monkeypatch.setitem(film_quality.SETTINGS, "steps", 2)
    results = json.loads(film_quality.evaluate_film(filmed, each=1).read_text("utf-8"))
    assert results["settings"]["clips"] == len(results["motions"])
    assert results["motion"]["real"] > max(0.6, results["motion"]["model"])
    assert 0 < results["moving"]["real"] < 1
    card = (filmed / "README.md").read_text("utf-8")
    assert f"| the motion asked for | {results['motion']['model']:.1%} | {results['motion']['real']:.1%} |" in card


def test_it_is_trained_on_from_its_own_weights(filmed, tmp_path):
    film = films.Film("film", 4, "starter", "starter", FRAMES, Mix(), 16, Recipe(steps=2, batch=4, lr=1e-9))
    before = store.load(filmed).network.state_dict()
    films.train(film, filmed, runs=tmp_path)
    after = store.load(filmed).network.state_dict()
    assert all(torch.allclose(before[name], after[name], atol=1e-3) for name in before)


@pytest.mark.parametrize(("curves", "unclip"), [(True, False), (False, True)])
def test_what_measures_pictures_alone_is_refused_for_a_video_model(filmed, curves, unclip):
    asked = SimpleNamespace(model=str(filmed), curves=curves, unclip=unclip, pictures=None)
    with pytest.raises(RequestError, match="one of pictures"):
        command_line._evaluate(asked)
