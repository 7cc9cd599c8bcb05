"""What the page says of the shipped models: where runs begin, and where they end without their noise."""

import numpy as np
import pytest
import torch
from PIL import Image

import core
from core.measure import clip_score
from core.networks import store
from core.training.judge import COLOUR_NAMES, Judge, verdicts
from dashboard.tabs.guidance.views import EXAMPLE_GUIDANCE, EXAMPLES


def rms(latents: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(latents, dtype=np.float64))))


def noiseless(engine, prompt="", guidance=0.0):
    """Two runs of DDPM with no added noise, from two seeds."""
    asked = {"sampler": "ddpm-noiseless", "steps": 100, "guidance": guidance}
    return [engine.trace(core.Request(prompt=prompt, seed=seed, **asked)) for seed in (0, 1)]


@pytest.fixture(scope="module")
def learned():
    return core.load()


def test_an_exact_denoiser_starts_at_the_mean_and_ends_on_one_picture_whatever_the_seed():
    engine = core.load("exact")
    data = engine.gallery.latents
    one, other = noiseless(engine)
    assert rms(one.x0[0] - data.mean(0)) < 1e-2
    distances = [[rms(picture - trace.x[-1]) for picture in data] for trace in (one, other)]
    assert np.min(distances[0]) < 1e-2
    assert np.argmin(distances[0]) == np.argmin(distances[1])
    assert rms(one.x[-1] - data.mean(0)) > 0.3


def test_a_learned_one_starts_near_the_mean_and_ends_in_a_flat_picture_whatever_the_seed(learned):
    data = learned.gallery.latents
    usual = rms(data - data.mean(0))
    one, other = noiseless(learned)
    assert rms(one.x0[0] - data.mean(0)) < 0.6 * usual
    assert rms(one.x[-1] - data.mean(0)) < 0.75 * usual
    assert min(rms(picture - one.x[-1]) for picture in data) > 0.25 * usual
    assert rms(one.x[-1] - other.x[-1]) < 0.05 * usual
    assert np.asarray(one.image).reshape(-1, 3).std(0).max() < 8, "flat"


def test_with_a_prompt_it_ends_on_the_mean_of_what_fits_it_whatever_the_seed(learned):
    one, other = noiseless(learned, "a red apple", 1.0)
    assert rms(one.x[-1] - other.x[-1]) < 0.1
    assert np.asarray(one.image).reshape(-1, 3).std(0).max() > 30, "a picture"


def test_in_pure_noise_the_prompt_moves_the_predicted_image_and_not_the_predicted_noise(learned):
    data = learned.gallery.latents
    mean, usual = data.mean(0), rms(data - data.mean(0))
    guided = learned.trace(core.Request(prompt="a red apple", seed=1, guidance=4.0, steps=10))
    plain = learned.trace(core.Request(prompt="a red apple", seed=1, guidance=1.0, steps=10))
    push = guided.eps_cond[0] - guided.eps_uncond[0]
    assert rms(push) < 1e-3
    assert guided.sigma[0] / guided.alpha[0] * rms(push) > 0.5 * usual
    assert rms(plain.x0[0] - mean) < 1.2 * usual
    assert rms(guided.x0[0] - mean) > 1.7 * usual, "beyond any image"


@pytest.mark.parametrize(("prompt", "negative"), EXAMPLES)
def test_the_negative_prompts_that_are_shown_work(learned, prompt, negative):
    """Over seeds CLIP and the judge find less of what guidance leads away from, and the thing of the prompt is kept."""
    names = learned.manifest["concepts"]
    weights = learned.model.folder / "judge.safetensors"
    network = store.weights(Judge(len(names)), weights).to(memory_format=torch.channels_last)

    def seen(away):
        """CLIP's scores for both prompts, and the judge's thing and colour of each picture."""
        asked = [
            core.Request(prompt=prompt, negative_prompt=away, seed=seed, steps=12, guidance=EXAMPLE_GUIDANCE)
            for seed in range(4)
        ]
        *_, last = learned.run_many(asked)
        drawn = learned.decode(last.x)
        images = [Image.fromarray(picture) for picture in drawn]
        small = np.stack([np.asarray(one.resize((learned.clip.side,) * 2, Image.Resampling.BOX)) for one in images])
        things, colours = verdicts(network, torch.from_numpy(small).permute(0, 3, 1, 2) / 127.5 - 1)
        fits = clip_score(learned.clip.image(images), learned.clip.text([negative, prompt])).mean(0)
        return fits, [names[row[0]] for row in things], [COLOUR_NAMES[colour] for colour in colours]

    (_, colour, thing), (before, _, was), (after, kept, became) = negative.split(), seen(""), seen(negative)
    assert was.count(colour) - became.count(colour) >= 2
    assert became.count(colour) <= 1
    assert kept == [thing] * 4
    assert after[0] < before[0] - 0.08
    assert after[1] > before[1] - 0.12
