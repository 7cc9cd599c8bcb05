"""python -m core generate | models | fetch | train | evaluate | sweep | prepare | bench"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import core
from core.advice import advice
from core.settings import parsed, png_info
from core.types import SPACINGS
from core.updates import SAMPLERS, sampler_named
from core.writing import writable, writable_folder

if TYPE_CHECKING:
    from core.engine import Engine


def main(arguments: list[str] | None = None) -> int:
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    args = _parser().parse_args(arguments)
    try:
        args.run(args)
    except (core.RequestError, core.ModelError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="Driftscope's engine on the command line.")
    commands = parser.add_subparsers(required=True, metavar="command")

    make = commands.add_parser("generate", help="a prompt to a picture")
    make.add_argument("prompt", type=utf8)
    make.add_argument("--model", help="a name, or a model's folder; default: the best there is")
    settings = make.add_argument_group("settings", "what is left out is as the model is meant to be run")
    for name, told in SETTINGS.items():
        settings.add_argument(f"--{name.replace('_', '-')}", type=utf8, default=argparse.SUPPRESS, help=told)
    make.add_argument("--out", type=Path, default=Path("picture.png"), help="a PNG carries its settings")
    make.add_argument("--trace", type=Path, help="keep every state and prediction in this npz file")
    _add_place(make)
    make.set_defaults(run=_generate)

    models = commands.add_parser("models", help="the models that can be loaded")
    models.set_defaults(run=_models)

    fetch = commands.add_parser("fetch", help="download a pipeline of diffusers from the hub; nothing else ever does")
    fetch.add_argument("name", metavar="owner/name", help="its id on the hub; only .safetensors weights are taken")
    fetch.set_defaults(run=_fetch)

    train = commands.add_parser("train", help="train a preset's stages, going on where an earlier run stopped")
    train.add_argument("preset", help="test, starter, broad, varied or base; motion or motion-base for videos")
    train.add_argument("--out", type=Path, help="the model's folder; default: assets/models/<preset>")
    train.add_argument("--steps", type=int, help="length of the last stage, instead of the preset's")
    train.add_argument("--batch", type=int, help="of the last stage, instead of the preset's: more for a GPU")
    train.add_argument("--rate", type=float, help="learning rate of the last stage, instead of the preset's")
    train.add_argument("--minutes", type=float, default=math.inf, help="pause after so many; run it again to go on")
    train.add_argument("--again", default="", help="train these of a shipped model on too, before its DiT: clip,judge")
    train.add_argument(
        "--prior", action="store_true", help="train only a prior for the model's CLIP: from captions to its pictures"
    )
    train.add_argument("--share", type=float, help="rehearse: this share of every length and batch, such as 0.01")
    train.set_defaults(run=_train)

    evaluate = commands.add_parser("evaluate", help="measure a model; writes its eval.json and model card")
    evaluate.add_argument("model")
    evaluate.add_argument(
        "--curves", action="store_true", help="measure quality against steps instead, for every sampler"
    )
    evaluate.add_argument(
        "--unclip", action="store_true", help="measure the prior and variations alone, of a model measured before"
    )
    evaluate.add_argument("--pictures", type=int, help="of each point of the curves; default: 128")
    evaluate.set_defaults(run=_evaluate)

    sweep = commands.add_parser("sweep", help="short trainings that differ in one thing each; writes their table")
    sweep.add_argument("--minutes", type=float, default=4.0, help="of each; default: 4")
    sweep.set_defaults(run=_sweep)

    prepare = commands.add_parser("prepare", help="make ready what computes faster than PyTorch; once for new weights")
    prepare.add_argument("--model", help="a name, or a model's folder; default: every model")
    prepare.set_defaults(run=_prepare)

    bench = commands.add_parser("bench", help="speed on this machine")
    bench.add_argument("--model")
    _add_place(bench)
    bench.add_argument("--busy", type=int, default=1, help="busy processes to measure beside; default: 1")
    bench.add_argument("--visitors", help="measure the dashboard's service instead, with so many at a time: 1,4,8,16")
    bench.add_argument("--replicas", help="and with so many replicas in Ray Serve, 0 being none: 0,1,2")
    bench.set_defaults(run=_bench)
    return parser


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or mps; auto is the best there is")
    command.add_argument("--dtype", default="auto", help="of the network: auto, float32, bfloat16 or float16")


def utf8(argument: str) -> str:
    """An argument as the UTF-8 that terminals send; Python reads it by the locale, which may be ASCII."""
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        return argument


SETTINGS = {  # fields of a Request that an option sets, and what is said of each
    "negative_prompt": "what guidance leads away from",
    "sampler": "; ".join(f"{name}: {row.title}" for name, row in SAMPLERS.items()),
    "steps": "predictions on the way",
    "guidance": "1 switches it off, 0 ignores the prompt",
    "guidance_low": "guide only where sigma is at least this",
    "guidance_high": "guide only where sigma is at most this",
    "guidance_rescale": "how far guidance is kept from making predictions larger, 0 to 1",
    "distilled_guidance": "the scale that a network is told that was distilled from a guided one",
    "eta": "fresh noise of DDIM: 0 is none, 1 as much as DDPM's",
    "spacing": f"of the timesteps: {', '.join(SPACINGS)}",
    "branches": "step:seed pairs, 3:9,7:11: new noise of a seed after a step",
    "seed": "of the noise",
    "width": "pixels, where the model leaves that open",
    "height": "pixels, where the model leaves that open",
    "frames": "of a video, where the model leaves that open",
    "shared_noise": "of a video: how much of the noise is the same in all frames, 0 to 1",
}
NAMED = {"sampler": sampler_named}  # how a setting is read, where not as in a link


def _generate(args: argparse.Namespace) -> None:
    asked = {name: getattr(args, name) for name in SETTINGS if hasattr(args, name)}
    read: dict[str, Any] = {
        name: NAMED[name](text) if name in NAMED else parsed(name, text) for name, text in asked.items()
    }
    writable("out", args.out, (".png", ".webp", ".jpg", ".jpeg"))  # before torch is imported
    if args.trace:
        writable("trace", args.trace)
        if args.trace.absolute() == args.out.absolute():
            raise core.RequestError("trace", str(args.trace), "another file than the picture's")
    request = replace(core.about(args.model).defaults, prompt=args.prompt, **read)
    engine = core.load(args.model, args.device, args.dtype)
    for told in advice(engine, request):
        print(told, file=sys.stderr)
    began, steps = time.perf_counter(), []
    for step in engine.run(request):
        steps.append(step)
        done = round(30 * step.index / request.steps)
        print(f"\r{'█' * done}{'░' * (30 - done)} {step.index}/{request.steps}", end="", file=sys.stderr, flush=True)
    trace = engine.collect(request, steps, time.perf_counter() - began)
    print(f"  {trace.seconds:.2f} s", file=sys.stderr)
    settings = png_info(trace.model, request, weights=trace.weights) if args.out.suffix.lower() == ".png" else None
    trace.image.save(args.out, pnginfo=settings)
    if args.trace:
        trace.save(args.trace)
    print(args.out)


def _models(args: argparse.Namespace) -> None:
    from core.hub import cached, state
    from core.networks.store import MODELS, read_manifest, survey

    found, broken = survey()
    for name in found:
        manifest = read_manifest(MODELS / name)
        print(f"{name:12} {manifest['kind']}: {manifest['summary']}")
    for name, folder in cached():
        print(f"{name:12} in the hub's cache, {state(folder)}")
    for error in broken:
        print(f"error: {error}", file=sys.stderr)


def _fetch(args: argparse.Namespace) -> None:
    from core.hub import fetch, state

    print(f"{args.name}: {state(fetch(args.name))}")


def _train(args: argparse.Namespace) -> None:
    if args.out:
        writable_folder("out", args.out)
    from core.networks import store
    from core.training import films
    from core.training.build import RUNS, train, train_prior
    from core.training.loop import Paused
    from core.training.presets import PRESETS

    known = PRESETS | films.FILMS
    if args.preset not in known:
        raise core.RequestError("preset", args.preset, f"one of {', '.join(known)}")
    preset = known[args.preset]
    if isinstance(preset, films.Film) and args.prior:
        raise core.RequestError("prior", True, f"left out: {args.preset} has none")
    if args.share is not None:
        if not 0 < args.share <= 1:
            raise core.RequestError("share", args.share, "a number above 0, at most 1")
        if args.out is None:
            raise core.RequestError("out", None, "a folder of its own for a rehearsal, such as runs/rehearsal/model")
        preset = preset.scaled(args.share)
    changes = {"steps": args.steps, "batch": args.batch, "lr": args.rate}
    for name, value in zip(("steps", "batch", "rate"), changes.values(), strict=True):
        if value is not None and not value > 0:
            raise core.RequestError(name, value, "a number above 0")
    preset = preset.ending(**{field: value for field, value in changes.items() if value is not None})
    again = frozenset(filter(None, args.again.split(",")))
    if unable := sorted(again - preset.again):
        allowed = f"some of {', '.join(sorted(preset.again))}" if preset.again else f"none for {preset.name}"
        raise core.RequestError("again", ",".join(unable), allowed)
    if not args.minutes > 0:
        raise core.RequestError("minutes", args.minutes, "a number above 0")
    writable_folder("runs", RUNS)
    if not args.out:
        writable_folder("out", store.MODELS / args.preset)
    try:
        if isinstance(preset, films.Film):
            print(films.train(preset, args.out, minutes=args.minutes))
        elif args.prior:
            print(train_prior(preset, args.out, minutes=args.minutes))
        else:
            print(train(preset, args.out, minutes=args.minutes, again=again))
    except Paused as pause:
        print(pause)


def _evaluate(args: argparse.Namespace) -> None:
    from core.networks import manifest, store

    folder = store.find(args.model)
    writable_folder("model", folder)
    if manifest.read(folder)["kind"] == "latent video":
        from core.training.film_quality import evaluate_film

        if args.curves or args.unclip:
            raise core.RequestError("model", args.model, "one of pictures: --curves and --unclip measure no video")
        print(evaluate_film(args.model))
        return
    if args.curves:
        from core.training.curves import PICTURES, evaluate_curves

        print(evaluate_curves(args.model, PICTURES if args.pictures is None else args.pictures))
        return
    from core.training.evaluate import evaluate, evaluate_unclip

    print(evaluate_unclip(args.model) if args.unclip else evaluate(args.model))


def _sweep(args: argparse.Namespace) -> None:
    if not args.minutes > 0:
        raise core.RequestError("minutes", args.minutes, "a number above 0")
    from core.networks import store

    writable_folder("models", store.MODELS)
    from core.training.sweep import sweep

    print(sweep(args.minutes))


def _prepare(args: argparse.Namespace) -> None:
    from core.networks.fast import CACHE

    writable_folder("cache", CACHE)
    for name in [args.model] if args.model else core.models():
        engine = core.load(name).hastened(convert=True)
        print(f"{engine.name}: {'ready' if engine.hasty else 'PyTorch computes it'}")


def _bench(args: argparse.Namespace) -> None:
    from core.bench import MAX_BUSY, MAX_REPLICAS, MAX_VISITORS, bench

    if not 0 <= args.busy <= MAX_BUSY:
        raise core.RequestError("busy", args.busy, f"a whole number from 0 to {MAX_BUSY}")

    def load(replicas: int = 0) -> Engine:
        several = (replicas, replicas) if replicas else None
        return core.load(args.model, args.device, args.dtype, replicas=several).hastened(convert=True)

    if args.visitors is None and args.replicas is None:
        bench(load(), args.busy)
        return
    visitors = _counts("visitors", args.visitors or "8", 1, MAX_VISITORS)
    replicas = _counts("replicas", args.replicas or "0", 0, MAX_REPLICAS)
    from dashboard.visitors import measure

    measure(load, visitors, replicas)


def _counts(name: str, text: str, least: int, most: int) -> list[int]:
    counts = text.split(",")
    if not all(re.fullmatch("[0-9]{1,4}", count) and least <= int(count) <= most for count in counts):
        raise core.RequestError(name, text, f"whole numbers from {least} to {most}, such as 1,4,8")
    return [int(count) for count in counts]


if __name__ == "__main__":
    sys.exit(main())
