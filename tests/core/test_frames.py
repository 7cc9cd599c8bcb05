"""What moves in a video, told from its frames; the noise that frames share; and which frames look at which."""

import numpy as np
import pytest
import torch

from core.frames import centroids, consistency, moving, slice_through
from core.model import Asked
from core.networks import store
from core.networks.motion import LatentVideo
from core.networks.video import VideoDiT
from core.probe import frame_attention
from core.types import Request, RequestError
from tests.fake_engine import FRAMES, FakeEngine


def square(places, side=40, size=8):
    """A blue square on white, its upper left corner at these (x, y), a frame each."""
    frames = np.full((len(places), side, side, 3), 255, np.uint8)
    for frame, (x, y) in zip(frames, places, strict=True):
        frame[y : y + size, x : x + size] = (0, 0, 255)
    return frames


def test_the_middle_of_the_thing_is_where_it_stands():
    found = centroids(square([(8, 16), (16, 16), (24, 8)]))
    np.testing.assert_allclose(found, [[0.3, 0.5], [0.5, 0.5], [0.7, 0.3]], atol=1e-9)


def test_where_nothing_stands_there_is_no_place():
    assert np.isnan(centroids(np.full((2, 20, 20, 3), 90, np.uint8))).all()


def test_what_stands_still_does_not_move():
    assert moving(square([(8, 8)] * 4)) == 0
    assert moving(square([(8, 8)])) == 0
    one, other = square([(0, 0), (20, 20)]) / 255
    assert np.isclose(moving(square([(0, 0), (20, 20)])), np.sqrt(np.mean((one - other) ** 2)))


def test_neighbouring_frames_alike_are_consistent():
    rows = np.eye(3)
    assert consistency(rows[[0, 0, 0]]) == 1
    assert consistency(rows[[0, 1, 1]]) == 0.5
    assert consistency(rows[:1]) == 1
    assert consistency(np.stack([rows[[0, 0, 0]], rows[[0, 1, 2]]])) == 0.5, "of many videos their mean"


@pytest.mark.parametrize(("way", "along"), [((4, 0), "row"), ((0, 4), "column")])
def test_the_slice_lies_along_the_way(way, along):
    name, number = slice_through(square([(8 + way[0] * n, 8 + way[1] * n) for n in range(5)]))
    assert name == along
    assert 8 <= number < 16, "through the thing"


@pytest.fixture(scope="module")
def film():
    return FakeEngine.of_videos()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_frames_share_as_much_of_the_starting_noise_as_is_asked(film, share):
    noise = np.concatenate(
        [film.trace(Request(seed=seed, steps=1, shared_noise=share)).x[0].reshape(4, FRAMES, -1) for seed in range(60)]
    )  # (N, F, places)
    np.testing.assert_allclose(np.var(noise), 1, atol=0.05)
    between = np.corrcoef(noise.transpose(1, 0, 2).reshape(FRAMES, -1))[np.triu_indices(FRAMES, 1)]
    np.testing.assert_allclose(between, share, atol=0.06)


def test_pictures_have_no_frames_that_could_share_noise():
    with pytest.raises(RequestError, match="it must be 0: fake draws pictures"):
        FakeEngine().trace(Request(shared_noise=0.5, steps=1))


def test_attention_over_the_frames_is_that_of_the_network():
    pictures = store.load("starter")
    shape = pictures.manifest["architecture"]["dit"] | {"frames": 4}
    torch.manual_seed(0)
    network = VideoDiT(len(pictures.clip.tokenizer), **shape).eval()
    parts = {name: getattr(pictures, name) for name in pictures.__dataclass_fields__}
    times = network.times(torch.arange(len(pictures.schedule)))
    model = LatentVideo(**parts | {"network": network, "times": times.detach(), "gallery": None})
    channels, *sides = pictures.latent_shape
    x, t = torch.randn(3, channels, 4, *sides), torch.tensor([900, 500, 100])
    with torch.no_grad():
        found = model.frame_attention(Asked("a fox"), x, t)
    blocks = sum(1 for _ in network._blocks())
    assert found.shape == (3, blocks, 4, 4)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 1e-4, "each state has its own"


def test_a_model_whose_frames_do_not_tell_is_refused_in_words(film):
    trace = film.trace(Request("a fox", steps=3))
    assert frame_attention(film, trace, np.array([0, 2])).shape[0] == 2
    with pytest.raises(RequestError, match="steps is"):
        frame_attention(film, trace, np.array([3]))
    silent = FakeEngine.of_videos(frames_attend=False)
    with pytest.raises(RequestError, match="whose frames attend"):
        frame_attention(silent, trace, np.array([0]))
