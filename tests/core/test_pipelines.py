"""Pipelines of diffusers in tiny, with random weights: ours and diffusers' own call pass the same states."""

from __future__ import annotations

import dataclasses
import json
import shutil

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

import core
from core import hub
from core.loading import watched
from core.model import Place
from core.networks import store
from core.pipelines import colours
from tests import tiny_pipelines as tiny

FAMILIES = {
    "sd": (tiny.stable_diffusion, {}, {"width": 24, "height": 16}),
    "sd-v": (tiny.stable_diffusion, {"prediction": "v_prediction"}, {"width": 24, "height": 16}),
    "sd-zero-snr": (
        tiny.stable_diffusion, {"prediction": "v_prediction", "zero_snr": True}, {"width": 24, "height": 16},
    ),
    "sdxl": (tiny.stable_diffusion_xl, {}, {"width": 24, "height": 16}),
    "sd3": (tiny.stable_diffusion_3, {}, {"width": 24, "height": 16}),
    "flux": (tiny.flux, {}, {"width": 24, "height": 16}),
    "flux-schnell": (tiny.flux, {"distilled": False}, {"width": 24, "height": 16}),
    "pixart": (tiny.pixart, {}, {"width": 24, "height": 16}),
    "pixart-1024": (tiny.pixart, {"side": 128}, {"width": 24, "height": 16}),
    "pixart-sigma": (tiny.pixart, {"pipeline": "PixArtSigmaPipeline"}, {"width": 24, "height": 16}),
    "wan": (tiny.wan, {}, {"width": 32, "height": 16, "frames": 9}),
    "kandinsky": (tiny.kandinsky, {}, {"width": 24, "height": 16}),
    "kandinsky-decoder": (tiny.kandinsky, {"apart": True}, {"width": 24, "height": 16}),
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """saved(name): the folder of a pipeline, made once."""
    made = {}

    def get(name):
        if name not in made:
            build, options, _ = FAMILIES[name]
            made[name] = build(tmp_path_factory.mktemp(name) / name, **options)
        return made[name]

    return get


def asked(engine, **changes) -> core.Request:
    settings = engine.defaults.to_dict() | {"prompt": "a red apple", "negative_prompt": "a fox", "steps": 5, "seed": 3}
    return core.Request.from_dict(settings | changes)


def theirs(pipe, trace, **options):
    """The states and the pictures of diffusers' own call, from the trace's noise."""
    request, states = trace.request, []

    def keep(pipe, index, t, tensors):
        states.append(tensors["latents"].clone())
        return tensors

    size = {"width": request.width, "height": request.height}
    size |= {"num_frames": request.frames} if request.frames else {}
    usual = {"guidance_scale": request.guidance, "latents": torch.from_numpy(trace.x[:1]), "callback_on_step_end": keep}
    usual |= {"num_inference_steps": request.steps, "output_type": "np", **size}
    if isinstance(pipe, diffusers.KandinskyV22CombinedPipeline):  # hands the latents of one half to the other
        image, away = of_prior(pipe, request)
        out = pipe.decoder_pipe(image, away, **usual | options)
    else:
        others = OTHERS.get(type(pipe).__name__, lambda *_: {})(usual, request, states)
        out = pipe(request.prompt, negative_prompt=request.negative_prompt, **usual | others | options)
    drawn = out.frames[0] if hasattr(out, "frames") else out.images[0]
    states = [unpacked(state, trace.x[:1]) for state in states]
    return torch.cat(states).numpy(), (np.asarray(drawn) * 255).round().astype(np.uint8)


def of_prior(pipe, request):
    """The embeddings (1, D) that diffusers draws for prompt and negative prompt, each from noise of the seed."""
    scheduler = pipe.prior_scheduler
    signal = scheduler.alphas_cumprod.double()  # in float32 its last step, at t = 0, is wrong in the third digit
    scheduler.alphas_cumprod, scheduler.alphas = signal, signal / torch.cat([torch.ones(1), signal[:-1]])
    scheduler.betas = 1 - scheduler.alphas
    away = request.negative_prompt or None
    draws = [torch.Generator().manual_seed(request.seed) for _ in range(1 + bool(away))]
    return pipe.prior_pipe(request.prompt, negative_prompt=away, generator=draws, return_dict=False)


def of_flux(usual, request, states):
    told = request.distilled_guidance or 3.5
    x = usual["latents"]
    packed = diffusers.FluxPipeline._pack_latents(x, *x.shape)
    return {"latents": packed, "guidance_scale": told, "true_cfg_scale": request.guidance}


def of_pixart(usual, request, states):
    del usual["callback_on_step_end"]
    keep = lambda index, t, latents: states.append(latents.clone())  # noqa: E731
    return {"callback": keep, "use_resolution_binning": False, "clean_caption": False}


OTHERS = {"FluxPipeline": of_flux, "PixArtAlphaPipeline": of_pixart, "PixArtSigmaPipeline": of_pixart}


def unpacked(state, x):
    """FLUX hands its latents on as rows of 2 by 2 places."""
    if state.ndim == x.ndim:
        return state
    height, width = (2 * side for side in x.shape[-2:])  # the tiny autoencoder halves
    return diffusers.FluxPipeline._unpack_latents(state, height, width, 2)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_run_is_the_pipelines_own(saved, name):
    engine = core.load(saved(name), "cpu")
    assert engine.defaults.guidance == engine.model.GUIDANCE
    trace = engine.trace(asked(engine, guidance=engine.defaults.guidance + 1, **FAMILIES[name][2]))
    states, drawn = theirs(engine.model.pipe, trace)
    assert np.abs(states - trace.x[1:]).max() < 1e-5 * max(1, np.abs(states).max())
    mine = np.asarray(trace.image) if trace.frames is None else trace.frames
    assert mine.shape == drawn.shape
    assert np.abs(mine.astype(int) - drawn).max() <= 1
    assert np.isfinite(trace.eps_cond).all()
    assert np.abs(trace.eps_cond - trace.eps_uncond).max() > 1e-4, "the prompt plays a part"
    assert len(trace.weights) == 64


@pytest.mark.parametrize("name", ["sd", "sd-v", "sd-zero-snr", "sdxl"])
def test_guidance_is_rescaled_as_the_pipeline_does_it(saved, name):
    engine = core.load(saved(name), "cpu")
    size = FAMILIES[name][2]
    trace = engine.trace(asked(engine, guidance=9.0, guidance_rescale=0.7, **size))
    states, _ = theirs(engine.model.pipe, trace, guidance_rescale=0.7)
    assert np.abs(states - trace.x[1:]).max() < 1e-5 * max(1, np.abs(states).max())
    plain = engine.trace(asked(engine, guidance=9.0, **size))
    assert np.abs(plain.x[-1] - trace.x[-1]).max() > 1e-2


@pytest.mark.parametrize("name", ["sd", "wan"])
def test_what_such_a_model_lacks_is_none_and_the_rest_works(saved, name):
    engine = core.load(saved(name), "cpu")
    assert engine.clip is engine.gallery is engine.prior is engine.vocabulary is None
    assert not engine.model.attends
    assert engine.reads
    size = FAMILIES[name][2]
    branch = engine.trace(asked(engine, sampler="ddpm", branches=((3, 9),), **size))
    assert len(branch.x) == 6
    pair = list(engine.run_many([asked(engine, **size), asked(engine, seed=4, prompt="a fox", **size)]))
    alone = engine.trace(asked(engine, **size))
    assert np.abs(pair[-1].x[0].numpy() - alone.x[-1]).max() < 1e-4
    first = engine.preview(alone.x[-1:])
    assert first.shape == (1, size["height"], size["width"], 3)
    assert np.abs(first[0].astype(int) - np.asarray(alone.image)).max() <= 1
    for sampler in ("dpm++2m", "unipc", "heun", "lcm"):
        assert np.isfinite(engine.trace(asked(engine, sampler=sampler, steps=3, **size)).x).all()


def test_without_a_negative_prompt_kandinsky_leads_away_from_no_picture(saved):
    engine = core.load(saved("kandinsky"), "cpu")
    trace = engine.trace(asked(engine, negative_prompt="", width=24, height=16))
    states, _ = theirs(engine.model.pipe, trace)
    assert np.abs(states - trace.x[1:]).max() < 1e-5 * max(1, np.abs(states).max())


def test_kandinskys_prior_and_clip_are_those_of_every_model(saved):
    engine = core.load(saved("kandinsky"), "cpu")
    request = asked(engine, negative_prompt="", width=24, height=16)
    theirs, _ = of_prior(engine.model.pipe, request)
    (mine,) = engine.prior.sample([request.prompt], request.seed)
    assert np.abs(mine - torch.nn.functional.normalize(theirs)[0].numpy()).max() < 1e-5
    assert engine.space == len(mine)
    drawn = engine.trace(request)
    led = engine.trace(dataclasses.replace(request, prompt="", embedding=tuple(mine)))
    assert np.abs(led.x[-1] - drawn.x[-1]).max() > 1e-3, "its length is the usual one, not that of this embedding"
    length = engine.model.prior.network.length
    assert 0.5 < theirs.norm() / length < 2
    pictures = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    prepared = CLIPImageProcessorPil.from_pretrained(saved("kandinsky") / "prior_image_processor")
    seen = engine.model.pipe.prior_image_encoder(prepared(pictures, return_tensors="pt").pixel_values).image_embeds
    assert np.abs(engine.clip.image(pictures) - torch.nn.functional.normalize(seen).numpy()).max() < 1e-5
    told = engine.model.pipe.prior_pipe._encode_prompt(["a fox"], "cpu", 1, False)[0]
    assert np.abs(engine.clip.text(["a fox"]) - torch.nn.functional.normalize(told).numpy()).max() < 1e-5


def test_ddpm_with_dynamic_thresholding_is_diffusers_own_under_shared_noise(tmp_path):
    bounded = {"thresholding": True, "sample_max_value": 2.0, "variance_type": "fixed_small"}
    engine = core.load(tiny.kandinsky(tmp_path / "kandinsky", **bounded), "cpu")
    trace = engine.trace(asked(engine, width=24, height=16))
    assert trace.request.sampler == "ddpm"
    noise = torch.Generator().manual_seed(trace.request.seed)
    assert (torch.randn(trace.x[:1].shape, generator=noise).numpy() == trace.x[:1]).all()
    states, _ = theirs(engine.model.pipe, trace, generator=noise)
    assert np.abs(states - trace.x[1:]).max() < 1e-5 * max(1, np.abs(states).max())
    assert np.abs(trace.x0).max() <= 1


@pytest.mark.parametrize("damage", ["no prior", "another prior", "no colours"])
def test_a_decoder_without_its_prior_is_refused(saved, tmp_path, damage):
    folder = shutil.copytree(saved("kandinsky-decoder"), tmp_path / "decoder")
    prior = tmp_path / "prior"
    if damage != "no prior":
        shutil.copytree(saved("kandinsky-decoder").with_name("kandinsky-prior"), prior)
    if damage == "another prior":
        (prior / "prior" / "config.json").unlink()
    elif damage == "no colours":
        (prior / "image_processor" / "preprocessor_config.json").write_text('{"image_mean": ["evil"]}', "utf-8")
    told = {"no prior": "its folder, prior, beside it", "another prior": "prior/prior/config.json is missing"}
    with pytest.raises(core.ModelError, match=told.get(damage, "image_mean")):
        core.load(folder, "cpu")


def test_a_prior_alone_says_whose_it_is(saved):
    folder = saved("kandinsky-decoder").with_name("kandinsky-prior")
    with pytest.raises(core.ModelError, match="load the decoder"):
        core.load(folder, "cpu")
    assert "load the decoder" in hub.state(folder)


def test_a_glance_is_exact_where_the_autoencoder_is_linear():
    mixing = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1)))[0]

    def encode(pictures):
        small = torch.nn.functional.avg_pool2d(pictures, 8)
        return torch.einsum("nchw,dc->ndhw", torch.cat([small, small[:, :1] ** 2], 1), mixing)

    def decode(latents):
        colours_of = torch.einsum("ndhw,dc->nchw", latents, mixing)[:, :3]
        return (127.5 + 127.5 * colours_of).round().clamp(0, 255).movedim(1, -1).numpy().astype(np.uint8)

    by = colours.fitted(encode, decode)
    latents = encode(torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(2)) * 2 - 1)
    assert np.abs(colours.coloured(latents, by, 1).astype(int) - decode(latents)).max() <= 1


@pytest.mark.parametrize("name", ["sd", "sd3", "wan"])
def test_a_glance_has_nearly_the_colours_of_the_picture(saved, name, tmp_path, monkeypatch):
    monkeypatch.setattr(colours, "FOLDER", tmp_path / "colours")
    engine = core.load(saved(name), "cpu")
    pictures = torch.linspace(-1, 1, 16).view(1, 1, 1, 16) * torch.tensor([1.0, -1.0, 0.5]).view(1, 3, 1, 1)
    with torch.inference_mode():
        latents = engine.model.encode(pictures.expand(1, 3, 16, 16))
    near, real = engine.glance(latents).astype(float), engine.preview(latents).astype(float)
    assert near.shape == real.shape
    assert np.abs(near.mean((1, 2)) - real.mean((1, 2))).max() < 16, "random weights are far from a linear map"
    (kept,) = (tmp_path / "colours").iterdir()
    monkeypatch.setattr(colours, "fitted", None)
    assert (core.load(saved(name), "cpu").glance(latents) == near).all(), "it is kept by what it is made of"
    kept.write_bytes(b"damaged")
    monkeypatch.undo()
    monkeypatch.setattr(colours, "FOLDER", tmp_path / "colours")
    assert (core.load(saved(name), "cpu").glance(latents) == near).all()


@pytest.mark.parametrize(
    ("name", "size", "field"),
    [
        ("sd", {"width": 25}, "width"),
        ("sd", {"frames": 5}, "frames"),
        ("wan", {"frames": 8, "width": 32, "height": 16}, "frames"),
        ("wan", {"frames": 9, "width": 24, "height": 16}, "width"),
        ("sd", {"embedding": (1.0, 0.0)}, "embedding"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(saved, name, size, field):
    engine = core.load(saved(name), "cpu")
    with pytest.raises(core.RequestError) as caught:
        engine.run(asked(engine, **size))
    assert caught.value.field == field


def test_a_hub_id_in_the_local_cache_is_found(saved, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    base = tmp_path / "models--someone--tiny"
    snapshot = base / "snapshots" / "abc"
    shutil.copytree(saved("sd"), snapshot)
    file = snapshot / "unet" / "diffusion_pytorch_model.safetensors"
    blob = base / "blobs" / ("0a" * 32)
    blob.parent.mkdir()
    file.rename(blob)
    file.symlink_to(blob)
    engine = core.load("someone/tiny", "cpu")
    assert engine.manifest["kind"] == "diffusers"
    assert engine.model.fingerprint != core.load(saved("sd"), "cpu").model.fingerprint
    with pytest.raises(core.ModelError, match="hub id"):
        core.load("someone/else")


WEIGHTS = {
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "text_encoder": "model.safetensors",
}


@pytest.mark.parametrize("damage", ["missing", "truncated", "pickled", "no config", "no folder", "a link"])
@pytest.mark.parametrize("part", WEIGHTS)
def test_a_broken_folder_is_told_by_the_part(saved, tmp_path, part, damage):
    copy = shutil.copytree(saved("sd"), tmp_path / "sd")
    file = copy / part / WEIGHTS[part]
    if damage == "missing":
        file.unlink()
    elif damage == "truncated":
        file.write_bytes(file.read_bytes()[:-100])
    elif damage == "pickled":
        file.rename(file.with_suffix(".bin"))
    elif damage == "no config":
        (copy / part / "config.json").unlink()
    elif damage == "no folder":
        shutil.rmtree(copy / part)
    else:
        outside = tmp_path / "outside.safetensors"
        file.rename(outside)
        file.symlink_to(outside)
    with pytest.raises(core.ModelError, match=part) as caught:
        core.load(copy, "cpu")
    assert ("pickled" in str(caught.value)) == (damage == "pickled")
    assert str(tmp_path) not in str(caught.value), "no path of the server"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"_class_name": "LDMPipeline"}, "_class_name is 'LDMPipeline'"),
        ({"_class_name": 7}, "_class_name"),
        ({"_class_name": "UnCLIPPipeline"}, "sd is Karlo's DALL·E 2, whose sampler"),
        ({"unet": ["evil", "UNet"]}, "code of other places is never run"),
        ({"unet": ["diffusers", "os.system"]}, "unet"),
        ({"../unet": ["diffusers", "UNet2DConditionModel"]}, "no name of a part"),
        ({"unet": ["diffusers"]}, "unet"),
    ],
)
def test_an_index_that_asks_for_something_else_is_refused(saved, tmp_path, change, told):
    copy = shutil.copytree(saved("sd"), tmp_path / "sd")
    index = json.loads((copy / "model_index.json").read_text("utf-8"))
    (copy / "model_index.json").write_text(json.dumps(index | change), "utf-8")
    with pytest.raises(core.ModelError, match=told):
        core.load(copy, "cpu")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_an_index_that_is_no_json_is_refused(saved, tmp_path, text):
    copy = shutil.copytree(saved("sd"), tmp_path / "sd")
    (copy / "model_index.json").write_text(text, "utf-8")
    with pytest.raises(core.ModelError, match=r"model_index\.json"):
        core.load(copy, "cpu")


@pytest.mark.parametrize(
    ("name", "change"),
    [("sd", {"prediction_type": "colour"}), ("sd3", {"use_dynamic_shifting": True}), ("sd3", {"shift": -1})],
)
def test_a_scheduler_that_is_not_known_is_refused(saved, tmp_path, name, change):
    copy = shutil.copytree(saved(name), tmp_path / name)
    path = copy / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(core.ModelError):
        core.load(copy, "cpu")


def test_a_model_that_does_not_fit_into_memory_is_refused_before_it_is_loaded(saved, monkeypatch):
    monkeypatch.setattr(Place, "free", 1 << 20)
    with pytest.raises(core.ModelError, match="GiB of memory"):
        core.load(saved("sd"), "cpu")


def test_loading_is_told_part_by_part_and_ends_where_it_is_stopped(saved):
    told = []
    with watched(told.append):
        core.load(saved("sd"), "cpu")
    assert {now.part for now in told} == {"unet", "vae", "text_encoder", "tokenizer", "scheduler"}
    assert told[0].done == 0
    assert [now.done for now in told] == sorted(now.done for now in told)
    assert {now.total for now in told} == {core.about(saved("sd"), "cpu").disk}

    class EnoughError(Exception):
        pass

    def enough(now):
        told.append(now)
        if now.part == told[2].part:
            raise EnoughError

    del told[3:]
    with pytest.raises(EnoughError), watched(enough):
        core.load(saved("sd"), "cpu")
    assert len(told) == 6, "no part came after that"


@pytest.mark.parametrize("kind", ["AutoModel", "CLIPImageProcessor", "Nothing"])
def test_a_part_of_a_class_that_is_not_loaded_by_itself_is_refused(saved, tmp_path, kind):
    copy = shutil.copytree(saved("sd"), tmp_path / "sd")
    index = json.loads((copy / "model_index.json").read_text("utf-8"))
    (copy / "model_index.json").write_text(json.dumps(index | {"unet": ["transformers", kind]}), "utf-8")
    with pytest.raises(core.ModelError, match=f"sd/unet cannot be loaded as a {kind}"):
        core.load(copy, "cpu")


def test_a_folder_beside_the_models_is_one_of_them(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MODELS", tmp_path)
    (tmp_path / "mine").symlink_to(saved("wan"))
    assert core.models() == ["mine"]
    assert core.load("mine", "cpu").latent_shape == (16, 21, 60, 104)
