"""Videos as files, and what the Video tab shows of one."""

import base64
import io
import sys
import zipfile

import av
import numpy as np
import pytest
from PIL import Image

from core.types import ModelError, Request, RequestError
from core.vocabulary import Vocabulary
from dashboard import advising, captions, videos
from dashboard.layers import Layers
from dashboard.service import Service
from dashboard.tabs.generate import panels
from dashboard.tabs.video import compare, views
from dashboard.tabs.video.footage import (
    completed,
    guessed,
    latest,
    measured,
    movement,
    path,
    reel,
    sliced,
    tinted,
    with_rest,
)
from dashboard.tabs.video.tab import filming
from tests.fake_engine import BLOCKS, FRAMES, FakeEngine, FakeVideo


@pytest.fixture(scope="module")
def frames():
    """Colours that change slowly over place and time, as those of videos do."""
    time, down, across = np.meshgrid(np.linspace(0, 0.8, 8), *[np.linspace(0, 1, 64)] * 2, indexing="ij")
    return (255 * np.stack([across, down, time], -1)).astype(np.uint8)


def test_an_mp4_plays_and_shows_the_frames(frames):
    with av.open(io.BytesIO(videos.encoded(frames, "mp4"))) as file:
        stream = file.streams.video[0]
        seen = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    assert len(seen) == videos.SECONDS * videos.RATE
    assert seen[0].shape == (512, 512, 3)
    for shown, drawn in zip(seen, videos.sized(frames), strict=False):
        assert np.abs(shown.astype(int) - np.asarray(drawn)).mean() < 6


def test_sides_that_are_odd_become_even(frames):
    with av.open(io.BytesIO(videos.encoded(frames[:, :33, :63], "mp4"))) as file:
        stream = file.streams.video[0]
        assert (stream.width % 2, stream.height % 2) == (0, 0)


@pytest.mark.parametrize("kind", ["webp", "gif"])
def test_an_animation_goes_through_all_frames_for_ever(frames, kind):
    image = Image.open(io.BytesIO(videos.encoded(frames, kind)))
    assert (image.format, image.n_frames, image.info.get("loop")) == (kind.upper(), len(frames), 0)


def test_frames_come_as_pngs_in_their_order(frames):
    with zipfile.ZipFile(io.BytesIO(videos.encoded(frames, "zip"))) as file:
        assert file.namelist() == [f"frame-{n:03}.png" for n in range(1, 9)]
        last = np.asarray(Image.open(io.BytesIO(file.read("frame-008.png"))))
    assert (last == np.asarray(videos.sized(frames)[-1])).all()


def test_without_an_encoder_it_says_what_to_install(frames, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(RequestError, match="pip install av"):
        videos.encoded(frames, "mp4")


def test_of_a_long_video_a_loop_shows_some_frames_the_ends_among_them():
    frames = np.arange(1025, dtype=np.uint16)[:, None, None, None]
    shown = videos.some(frames)[:, 0, 0, 0]
    assert len(shown) == videos.MOST
    assert (shown[0], shown[-1]) == (0, 1024)
    assert (videos.some(frames[:8]) == frames[:8]).all()


def test_a_strip_holds_the_frames_side_by_side(frames):
    data = videos.strip(frames, 32).partition(",")[2]
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert image.shape == (32, 8 * 32, 3)


@pytest.fixture(scope="module")
def service():
    film, engine = FakeEngine.of_videos(), FakeEngine()
    return Service(lambda name: film if name == "film" else engine, lambda: ["fake", "film"], videos=lambda: ["film"])


@pytest.fixture(scope="module")
def layer(service):
    *_, made = service.stream("film", Request("a fox <b>", steps=20, seed=3))
    return made


@pytest.fixture(scope="module")
def footage(service, layer):
    return completed(service, guessed(service, layer))


def test_every_frame_of_every_position_is_there(footage, layer):
    assert footage.x0.shape[:2] == footage.x.shape[:2] == (len(footage.at), FRAMES)
    assert footage.whole
    assert (footage.at[0], footage.at[-1]) == (0, 20)
    assert (footage.x0[-1] == layer.trace.frames).all()
    assert footage.attention.shape == (len(footage.at) - 1, BLOCKS, FRAMES, FRAMES)


def test_the_reel_has_a_picture_of_everything_at_every_position(footage):
    made = with_rest(reel(footage), footage)
    assert set(made.frames) == {"x0", "x", "slice", *(f"attention:{n}" for n in range(BLOCKS))}
    assert all(all(row) for row in made.frames.values())
    assert sum(len(uri) for row in made.frames.values() for uri in row) < 2_000_000


def test_a_slice_is_the_line_that_it_says(footage):
    frames = footage.x0[-1]
    assert (sliced(frames, "row", 3) == frames[:, 3]).all()
    assert (sliced(frames, "column", 2)[:, 1] == frames[1, :, 2]).all()


def test_shares_are_told_by_how_much_of_the_colour_there_is():
    tiles = tinted(np.array([[[0.0, 1.0]]]))
    assert tiles[0, 0, :, 3].tolist() == [0, 255]


def test_the_figures_move_with_the_rail(footage):
    way = path(footage).layout.meta["moves"][0]
    assert np.shape(way["x"]) == (len(footage.at), FRAMES)
    across, down = movement(footage).layout.meta["moves"]
    assert np.shape(across["y"]) == np.shape(down["y"]) == (len(footage.at), FRAMES)


def test_a_prompt_is_text_on_the_page(service, layer, footage):
    with service.turn("film") as engine:
        shown = views.told(layer.trace, measured(engine, layer.trace))
    assert "a fox &lt;b&gt;" in shown
    assert "<b>" not in shown
    assert shown.count("<dt") == 3


def test_a_model_whose_frames_cost_much_says_so(service, layer):
    class FirstOnly(FakeVideo):
        def frames(self, latents):
            return self.decode(latents)[:, :1]

    costly = Service(lambda name: FakeEngine(name, made=FirstOnly), lambda: ["film"])
    footage = guessed(costly, layer)
    assert (footage.frames, footage.whole) == (1, False)
    assert "its first frame stands for each step" in views.matrix(footage)
    assert "slice" not in reel(footage).frames
    assert views.line(footage) == ""


def test_the_video_in_view_or_the_last_one(service, layer):
    *_, picture = service.stream("fake", Request("a fox", steps=2))
    *_, newer = service.stream("film", Request("a tree", steps=2))
    layers = Layers().add(layer).add(newer).add(picture)
    assert latest(layers) is newer
    assert latest(layers.view(layer.id)) is layer
    assert latest(Layers().add(picture)) is None


@pytest.mark.parametrize("name", compare.COMPARISONS)
def test_a_comparison_changes_one_thing(name):
    base = Request("a fox", seed=5, negative_prompt="")
    rows = compare.COMPARISONS[name].variants(base, "moving to the left")
    assert len({title for title, _ in rows}) == len(rows) >= 2
    changed = [{f for f, value in request.to_dict().items() if value != base.to_dict()[f]} for _, request in rows]
    assert set().union(*changed) <= {
        "guidance": {"guidance"}, "samplers": {"sampler"}, "negative": {"negative_prompt"},
        "prompt": {"prompt", "guidance"}, "noise": {"shared_noise"}, "seeds": {"seed"},
    }[name]  # fmt: skip
    assert [request for _, request in rows].count(base) <= 1


def test_a_video_says_where_it_is_shown_whole_and_a_motion_where_one_can_be_made(layer):
    assert f"here its first frame, all {FRAMES} of them in the tab Video" in panels.named(layer)
    engine = FakeEngine()
    engine.change(vocabulary=Vocabulary(["a", "fox", "running"], ["fox"], pairs=False))
    assert "Make a video of it" in advising.told(engine, Request("a fox running"), videos=lambda: ["film"])
    assert "Make a video of it" not in advising.told(engine, Request("a fox running"))
    assert "Make a video of it" not in advising.told(engine, Request("a fox"), videos=lambda: ["film"])


def test_without_a_model_of_videos_it_says_where_to_get_one(service):
    assert filming(service, "fake") == filming(service, "film") == "film"
    pictures = Service(lambda name: FakeEngine(name), lambda: ["fake"])
    with pytest.raises(ModelError, match="core train motion"):
        filming(pictures, "fake")


def test_the_end_of_a_video_is_called_a_video(layer):
    trace = layer.trace
    assert captions.stage(trace, len(trace.x0)) == "Done: σ = 0, so xₜ is the final video."


def test_the_model_that_will_draw_says_what_it_never_learned():
    assert "“owl”" in views.by("film", Request("an owl"), ["No caption held “owl”."])
    assert "ds-advice" not in views.by("film", Request("a fox"), [])
