"""The records that flow through Driftscope: Request -> Step… -> Trace.

Frozen, validated when made, and free of behaviour beyond saving and loading.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image

from core.errors import ModelError, RequestError
from core.text import plain
from core.updates import SAMPLERS
from core.version import VERSION

if TYPE_CHECKING:
    import torch

    from core.walk import Stop

__all__ = ["ModelError", "Request", "RequestError", "Step", "Trace"]  # the errors are core.errors's

MAX_PROMPT = 1000  # characters; far beyond what a text encoder reads
MAX_STEPS = 1000
MAX_GUIDANCE = 30.0
MAX_SEED = 2**32 - 1
MAX_BRANCHES = 16
MAX_SIDE, MAX_FRAMES = 4096, 1025  # of a picture in pixels, and of a video
MAX_SPACE = 4096  # numbers of an embedding; CLIP models have 512 to 1280
MAX_META = 1 << 20  # bytes of a trace's settings, far beyond what the longest prompts take
MAX_ENLARGED = 32  # sides of a picture over those of its latents
SPACINGS = ("leading", "trailing", "linspace", "karras")
WHOLE = ("seed", "steps", "variation_seed", "width", "height", "frames")  # fields that are whole numbers
OPEN = {  # fields that a model may leave open -> why another one wants them 0
    "width": "draws pictures of one size",
    "height": "draws pictures of one size",
    "frames": "draws single pictures",
    "shared_noise": "draws pictures, not videos",
    "distilled_guidance": "was not distilled with guidance",
}
WAYS = ("spherical", "straight")  # from the noise of one seed to that of another


@dataclass(frozen=True)
class Request:
    """What to generate, completely: the same request gives the same trace, bit for bit, on one machine.

    prompt, negative_prompt: kept as core.text.plain makes them.
    guidance: 1 switches classifier-free guidance off, 0 ignores the prompt; from 0 up to 1 it leads towards the
        negative prompt, above 1 away from it (arXiv 2207.12598).
    eta: 0 is DDIM, 1 is DDPM (arXiv 2010.02502, eq. 16); samplers that are not of that family ignore it.
    branches: pairs (k, seed), k rising: after step k the path leaves the run that the other fields describe.
        The prediction x̂_0 of step k is given new noise, drawn with the seed, at the noise level of x_k.
    guidance_low, guidance_high: the noise levels sigma between which guidance is on, 0 to 1 being all of them;
        elsewhere it counts as 1 (arXiv 2404.07724).
    guidance_rescale: how far the guided prediction is brought back to the size of the one with the prompt, 0 to 1
        (arXiv 2305.08891).
    distilled_guidance: of a network that was distilled from a guided one (FLUX.1 [dev]), the scale that it is told; it
        predicts once a step all the same. 0 is the model's own.
    embedding: a unit vector of the model's CLIP space, D numbers, that the picture is to have (arXiv 2204.06125): it
        may stand beside the prompt or alone. Kept in half precision, as a link carries it.
    variation_seed, variation_strength: how far the starting noise is turned towards that of another seed, 0 to 1:
        cos(s 90°) of the one and sin(s 90°) of the other, which is as normal as either. variation_way "straight" takes
        1 - s and s instead, noise that is too weak in between, for whoever wants to see why that is not done.
    shared_noise: of a video, how much of each frame's starting noise is the same in all of them, 0 to 1, in variance.
    width, height, frames: pixels and, of a video, pictures, where a model leaves them open; 0 is the model's own.
    """

    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    sampler: str = "ddim"
    steps: int = 25
    guidance: float = 4.0
    eta: float = 0.0
    spacing: str = "trailing"
    branches: tuple[tuple[int, int], ...] = ()
    guidance_low: float = 0.0
    guidance_high: float = 1.0
    embedding: tuple[float, ...] | None = None
    variation_seed: int = 0
    variation_strength: float = 0.0
    variation_way: str = "spherical"
    shared_noise: float = 0.0
    width: int = 0
    height: int = 0
    frames: int = 0
    guidance_rescale: float = 0.0
    distilled_guidance: float = 0.0

    def __post_init__(self):
        for name in ("prompt", "negative_prompt"):
            object.__setattr__(self, name, _checked_text(name, getattr(self, name)))
        for name in ("seed", "variation_seed"):
            _check_number(name, getattr(self, name), 0, MAX_SEED, whole=True)
        for name in ("variation_strength", "shared_noise", "guidance_rescale"):
            _check_number(name, getattr(self, name), 0, 1)
        _check_choice("variation_way", self.variation_way, WAYS)
        for name, most in (("width", MAX_SIDE), ("height", MAX_SIDE), ("frames", MAX_FRAMES)):
            _check_number(name, getattr(self, name), 0, most, whole=True)
        _check_choice("sampler", self.sampler, tuple(SAMPLERS))
        _check_number("steps", self.steps, 1, MAX_STEPS, whole=True)
        _check_number("guidance", self.guidance, 0, MAX_GUIDANCE)
        _check_number("distilled_guidance", self.distilled_guidance, 0, MAX_GUIDANCE)
        _check_number("guidance_high", self.guidance_high, 0, 1)
        _check_number("guidance_low", self.guidance_low, 0, self.guidance_high)
        _check_number("eta", self.eta, 0, 1)
        _check_choice("spacing", self.spacing, SPACINGS)
        _check_branches(self.branches, self.steps)
        if self.embedding is not None:
            object.__setattr__(self, "embedding", _half_unit("embedding", self.embedding))

    def scale_at(self, sigma: float) -> float:
        """The guidance scale in force at the noise level sigma."""
        return self.guidance if self.guidance_low <= sigma <= self.guidance_high else 1.0

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: object) -> Request:
        """A request from an untrusted mapping; unknown names are refused, missing ones take their default."""
        if not isinstance(values, dict):
            raise RequestError("settings", values, "a mapping of field names to values")
        known = {f.name for f in fields(cls)}
        for name in values:
            if name not in known:
                raise RequestError("settings", name, f"one of the fields {', '.join(sorted(known))}")
        wanted: dict[str, Any] = {
            name: int(value) if name in WHOLE and isinstance(value, float) and value.is_integer() else value
            for name, value in values.items()  # other programs' JSON has 25.0 for 25
        }
        if isinstance(pairs := wanted.get("branches"), list):  # JSON knows no tuples
            wanted["branches"] = tuple(tuple(p) if isinstance(p, list) else p for p in pairs)
        if isinstance(numbers := wanted.get("embedding"), list):
            wanted["embedding"] = tuple(numbers)
        return cls(**wanted)


@dataclass(frozen=True)
class Step:
    """One update of the sampler, for a batch of B pictures.

    Step k (1 … S) calls the network on x_{k-1} at timestep t, where the state is alpha x_0 + sigma eps, and
    moves to x. Step 0 carries the starting noise x alone, the rest is None.
    eps is the guided prediction; eps_cond and eps_uncond are its two branches, None where only one was asked
    for. noise is the z that was added, None where none was.
    past and drawn are what the walk goes on by beside x: the last stops behind it, and how many noises each sample's
    generator has given. Who holds a Step can have the rest of its run from any engine of the model.
    """

    index: int
    x: torch.Tensor  # (B, C, H, W), the state after the update
    t: float | None = None
    alpha: float | None = None
    sigma: float | None = None
    x0: torch.Tensor | None = None
    eps: torch.Tensor | None = None
    eps_cond: torch.Tensor | None = None
    eps_uncond: torch.Tensor | None = None
    noise: torch.Tensor | None = None
    past: tuple[Stop, ...] = ()
    drawn: int = 0


@dataclass(frozen=True)
class Trace:
    """Everything a run showed: S steps, S + 1 states, float32.

    Memory is (5 S + 1) C H W 4 bytes: 0.5 MB for 25 steps of an 8x8x16 latent, 20 MB for 1000. The engine
    refuses a request whose trace would pass MAX_BYTES.
    A run that was stopped early has fewer steps than its request asked for. At a step where guidance did not
    ask for a branch (the unconditional one at 1, the conditional one at 0) that branch is NaN.
    """

    MAX_BYTES = 1 << 30

    request: Request
    model: str
    x: np.ndarray  # (S+1, C, H, W), x[0] is the starting noise
    x0: np.ndarray  # (S, C, H, W), x0[k] was predicted from x[k]
    eps: np.ndarray  # (S, C, H, W), the guided prediction
    eps_cond: np.ndarray  # (S, C, H, W)
    eps_uncond: np.ndarray  # (S, C, H, W)
    t: np.ndarray  # (S,)
    alpha: np.ndarray  # (S,), of the state x[k]
    sigma: np.ndarray  # (S,)
    image: Image.Image  # of a video its first frame
    seconds: float
    frames: np.ndarray | None = None  # of a video, (F, H, W, 3) uint8
    weights: str = ""  # SHA-256 of the weights that drew it; empty where nobody recorded it

    ARRAYS = ("x", "x0", "eps", "eps_cond", "eps_uncond", "t", "alpha", "sigma")

    def __post_init__(self):
        object.__setattr__(self, "model", _checked_text("trace.model", self.model))
        _check_number("trace.seconds", self.seconds, 0, 1e9)
        if not re.fullmatch(r"[0-9a-f]{64}|", str(self.weights)):
            raise RequestError("trace.weights", self.weights, "a SHA-256 in hexadecimal digits, or empty")
        if self.x.ndim not in (4, 5) or not 0 < len(self.x) <= self.request.steps + 1:
            raise RequestError(
                "trace.x", self.x.shape, f"(S + 1, C, H, W) or (S + 1, C, F, H, W), S at most {self.request.steps}"
            )
        steps = len(self.x) - 1
        for name in self.ARRAYS:
            array = getattr(self, name)
            each = () if name in ("t", "alpha", "sigma") else self.x.shape[1:]
            shape = (steps + (name == "x"), *each)
            numbers = array.shape == shape and array.dtype.kind in "fiu"
            if numbers and name in ("eps_cond", "eps_uncond"):
                array = array[
                    ~np.isnan(array).all(axis=tuple(range(1, array.ndim)))
                ]  # but the steps that did without it
            if not numbers or not np.isfinite(array).all():
                raise RequestError(f"trace.{name}", (array.shape, array.dtype), f"finite numbers {shape}")

    @property
    def finished(self) -> bool:
        return len(self.x0) == self.request.steps

    @property
    def result(self) -> np.ndarray:
        """What the run came to, (C, H, W): its last state, or where it was stopped its last guess, if it has one."""
        return self.x[-1] if self.finished or not len(self.x0) else self.x0[-1]

    @property
    def guesses(self) -> np.ndarray:
        """x̂_0 at every state, (S+1, C, H, W): nothing is predicted from the last one, so the result stands there."""
        return np.concatenate([self.x0, self.result[None]])

    @property
    def predictions(self) -> int:
        """How often the network predicted: twice an evaluation where guidance needs it with the prompt and without."""
        both = np.array([self.request.scale_at(sigma) not in (0, 1) for sigma in self.sigma])
        return SAMPLERS[self.request.sampler].predictions(self.alpha, both, self.finished)

    @staticmethod
    def size(steps: int, shape: Sequence[int]) -> int:
        """Bytes of a trace of so many steps of latents (C, H, W) or (C, F, H, W)."""
        return (5 * steps + 1) * int(np.prod(shape)) * 4

    def save(self, path: str | Path | BinaryIO) -> None:
        """Write one npz file without pickled objects."""
        meta = {
            "request": self.request.to_dict(),
            "model": self.model,
            "seconds": self.seconds,
            "weights": self.weights,
            "version": VERSION,
        }
        arrays = {name: getattr(self, name) for name in self.ARRAYS}
        arrays |= {"image": np.asarray(self.image), "meta": np.array(json.dumps(meta))}
        if self.frames is not None:
            arrays["frames"] = self.frames
        if not isinstance(path, (str, Path)):
            np.savez_compressed(path, **arrays)
            return
        with open(path, "wb") as file:  # given a name, numpy writes to another one: it adds .npz
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: str | Path | BinaryIO) -> Trace:
        """Read what save wrote; a file that is not a trace raises RequestError, nothing is unpickled."""
        try:
            with np.load(path, allow_pickle=False) as file:
                unpacked = sum(entry.file_size for entry in file.zip.infolist())
                if file.zip.getinfo("meta.npy").file_size > MAX_META:
                    raise ValueError(f"its settings unpack to more than {MAX_META >> 20} MiB")
                meta = json.loads(str(file["meta"]))
                request = Request.from_dict(meta["request"])
                with file.zip.open("x.npy") as entry:
                    count, *shape = _shape(entry)
                side, pictures = max(shape[-2:]) * MAX_ENLARGED, 1
                if "frames" in file:
                    with file.zip.open("frames.npy") as entry:
                        pictures += _shape(entry)[0]
                need = 2 * cls.size(request.steps, shape) + 3 * pictures * side**2 + MAX_META  # float64, and pictures
                if count > request.steps + 1 or unpacked > min(need, cls.MAX_BYTES):
                    raise ValueError(f"it unpacks to more than {request.steps} steps of {shape} need")
                arrays = {name: file[name] for name in cls.ARRAYS}
                pixels, frames = file["image"], file.get("frames")
            if pixels.dtype != np.uint8 or pixels.shape[2:] != (3,) or pixels.size == 0:
                raise ValueError("its image is not one of 8-bit RGB")
            if len({larger / size for larger, size in zip(pixels.shape, shape[-2:], strict=False)}) > 1:
                raise ValueError(f"its image is {pixels.shape}, which latents of {shape} do not decode to")
            if frames is not None and (frames.dtype != np.uint8 or frames.shape[1:] != pixels.shape):
                raise ValueError("its frames are not 8-bit RGB of one size with its image")
            image, weights = Image.fromarray(pixels), meta.get("weights", "")
            return cls(request, meta["model"], **arrays, image=image, seconds=meta["seconds"], frames=frames,
                       weights=weights)  # fmt: skip
        except FileNotFoundError:
            raise
        except Exception as error:  # whatever zip, zlib, numpy and json make of a damaged or hostile file
            name = getattr(path, "name", path)
            told = str(error) if len(str(error)) <= 200 else f"{str(error)[:200]}…"  # zip's may hold half the file
            raise RequestError("trace", name, f"a file that Trace.save wrote ({told})") from error


def _shape(entry: BinaryIO) -> tuple[int, ...]:
    """The shape of the array in an npy file, by its header alone."""
    version = np.lib.format.read_magic(entry)
    header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    return header(entry)[0]


def _checked_text(name: str, value: object) -> str:
    """The text, plain."""
    if not isinstance(value, str):
        raise RequestError(name, value, "text")
    if len(value) > MAX_PROMPT or len(text := plain(value)) > MAX_PROMPT:
        raise RequestError(name, f"{len(value)} characters long", f"at most {MAX_PROMPT} characters")
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n":
            raise RequestError(name, value, f"free of control characters (it holds U+{ord(char):04X})")
    return text


def _check_number(name: str, value: object, low: float, high: float, whole: bool = False) -> None:
    kind = "a whole number" if whole else "a number"
    right = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool) and low <= value <= high
    if not right:  # as is NaN, which fails both comparisons
        raise RequestError(name, value, f"{kind} from {low} to {high}")


def _check_branches(value: object, steps: int) -> None:
    allowed = f"up to {MAX_BRANCHES} pairs of a step, rising from 1 to {steps - 1}, and a seed from 0 to {MAX_SEED}"
    if not isinstance(value, tuple) or len(value) > MAX_BRANCHES:
        raise RequestError("branches", value, allowed)
    low = 1
    for pair in value:
        whole = isinstance(pair, tuple) and [type(number) for number in pair] == [int, int]
        if not whole or not low <= pair[0] < steps or not 0 <= pair[1] <= MAX_SEED:
            raise RequestError("branches", pair, allowed)
        low = pair[0] + 1


def _half_unit(name: str, value: object) -> tuple[float, ...]:
    """A unit vector rounded to half precision; RequestError where it is none."""
    if not isinstance(value, tuple) or not 1 <= len(value) <= MAX_SPACE:
        told = f"{len(value)} numbers" if isinstance(value, tuple) else value
        raise RequestError(name, told, f"a tuple of 1 to {MAX_SPACE} numbers, or None")
    for number in value:
        real = isinstance(number, (int, float, np.floating, np.integer)) and not isinstance(number, bool)
        if not real or not abs(number) <= 1.01:  # NaN fails this too
            raise RequestError(name, number, "a tuple of numbers from -1 to 1")
    rounded = np.array(value, np.float16).astype(float)
    if not abs((length := math.hypot(*rounded)) - 1) <= 0.01:
        raise RequestError(name, f"{length:.4g} long", "a unit vector, 1 long")
    return tuple(rounded.tolist())


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise RequestError(name, value, f"one of {', '.join(choices)}")
