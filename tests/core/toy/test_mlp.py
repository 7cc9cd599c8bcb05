import numpy as np
import pytest
import torch

from core.schedule import cosine, flow, linear
from core.toy import data, mlp
from core.toy.exact import timeless
from core.toy.experiment import Levels, World, errors
from core.types import RequestError

MOONS = data.make("moons", 300)


def trained(schedule, points=MOONS, **config):
    training = mlp.Training(points, schedule, mlp.Config(**{"steps": 800, "width": 32} | config))
    for _ in training.run():
        pass
    return training


@pytest.mark.parametrize(
    ("schedule", "kind"), [(linear(), "eps"), (linear(), "x0"), (linear(), "v"), (cosine(), "v"), (flow(), "v")],
    ids=lambda value: getattr(value, "name", value),
)  # fmt: skip
def test_the_live_network_comes_close_to_the_exact_score(schedule, kind):
    """Root mean square error of eps, whose own size is 1.41, where at least half of the state is noise."""
    world, training = World.of(MOONS, schedule), trained(schedule, kind=kind)
    levels = Levels.of(schedule, 21)
    found = errors(world, training.denoiser(), levels)
    noisy = levels.sigma > 0.5
    assert found[noisy].max() < 0.35
    assert found[noisy].mean() < 0.2
    fresh = errors(world, mlp.Training(MOONS, schedule, mlp.Config(kind=kind)).denoiser(), levels)
    assert found[noisy].mean() < 0.4 * fresh[noisy].mean()


def test_not_told_the_time_it_learns_one_averaged_field():
    schedule, place = linear(), torch.tensor([[1.0, 1.0], [-0.5, 0.8], [0.0, -1.5], [-2.5, 0.5]], dtype=torch.float64)
    training = trained(schedule, told_time=False, steps=1500)
    early, late = (training.denoiser()(place, torch.full((4,), k), {}) for k in (10, 900))
    assert torch.equal(early, late)
    truth = timeless(World.of(MOONS, schedule).mixture, schedule, place, torch.arange(0, 1000, 10))
    assert (early - truth).norm(dim=1).max() < 0.35


def test_it_stops_goes_on_and_ends_the_same():
    whole, parts = trained(linear(), steps=60), mlp.Training(MOONS, linear(), mlp.Config(steps=60, width=32))
    run = parts.run(pause=0)
    for _ in range(25):
        last = next(run)
    run.close()
    assert last.step == parts.step == 25
    assert not parts.finished
    rest = list(parts.run(pause=0))
    assert [one.step for one in rest] == list(range(26, 61))
    assert parts.finished
    assert list(parts.run()) == []
    x, t = torch.randn(5, 2, dtype=torch.float64), torch.full((5,), 100)
    assert torch.equal(whole.denoiser()(x, t, {}), parts.denoiser()(x, t, {}))


def test_it_learns_classes_and_leaves_torchs_own_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    training = trained(linear(), data.make("gaussians", 200))
    assert torch.equal(before, torch.get_rng_state())
    x, t = torch.zeros(5, 2, dtype=torch.float64), torch.full((5,), 200)
    pull = -training.denoiser()(x, t, {"label": torch.arange(5)})
    centres = np.stack([training.points.x[training.points.label == k].mean(0) for k in range(5)])
    along = torch.nn.functional.cosine_similarity(pull, torch.from_numpy(centres))
    assert along.min() > 0.9


def test_the_loss_falls_and_the_record_says_so():
    training = mlp.Training(MOONS, linear(), mlp.Config(steps=300, width=32))
    assert [one.step for one in training.run(pause=0)] == list(range(1, 301))
    steps, losses = zip(*training.history, strict=True)
    assert steps == tuple(range(10, 301, 10))
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:2])


@pytest.mark.parametrize(
    "wrong", [{"kind": "noise"}, {"width": 7}, {"steps": 0}, {"steps": 10**9}, {"steps": True}, {"rate": 1.0},
              {"rate": float("nan")}],
)  # fmt: skip
def test_bad_choices_are_refused(wrong):
    with pytest.raises(RequestError):
        mlp.Config(**wrong)
