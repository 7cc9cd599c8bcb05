"""The card of a video model: the README.md of its folder, made from its manifest and its eval.json."""

from __future__ import annotations

from pathlib import Path

from core.training.films import PROMPTS


def write_film_card(folder: Path, manifest: dict, results: dict) -> None:
    settings, name, frames = results["settings"], manifest["name"], results["settings"]["frames"]
    rows = [
        ("the thing asked for, frame by frame (judge)", "concept", "{:.1%}"),
        ("the motion asked for", "motion", "{:.1%}"),
        ("cosine of neighbouring frames in CLIP", "consistency", "{:.3f}"),
        ("change from frame to frame, of the range", "moving", "{:.3f}"),
        ("change from the last frame to the first of what loops, over that from frame to frame", "closure", "{:.2f}"),
    ]
    table = "\n".join(
        f"| {what} | {form.format(results[key]['model'])} | {form.format(results[key]['real'])} |"
        for what, key, form in rows
    )
    motions = "\n".join(f"| {m} | {v['model']:.0%} | {v['real']:.0%} |" for m, v in results["motions"].items())
    scales = ", ".join(f"{share:.0%} at {scale}" for scale, share in results["guidance"].items())
    shares = ", ".join(
        f"{cosine:.3f} where they share {float(share):.0%}" for share, cosine in results["shared"].items()
    )
    data = "\n".join(f"- {d['what']}: {d['package']} ({d['licence']})" for d in manifest["data"])
    alive = _animated(results["animated"]) if results["animated"] else ""
    negative, apart, distance = results["negative"], results["no_prompt"], results["frechet"]
    (folder / "README.md").write_text(
        f"""\
# {name}

Text to video: {frames} frames of {manifest["size"]} px, small enough for two CPU cores. Trained on from
`{manifest["parent"]}` by this project: `python -m core train {name}`.

![{len(PROMPTS)} fixed prompts, seed 0, nothing picked](samples.webp)

Frame by frame, two prompts a row: {"; ".join(PROMPTS)}.

![The same, frame by frame](frames.webp)

## Measured

`python -m core evaluate {name}` on {results["machine"]}; {settings["clips"]} clips of things and motions that were
never together in training, {settings["steps"]}-step {settings["sampler"].upper()}, guidance {settings["guidance"]:g},
frames that share {settings["shared_noise"]:.0%} of their noise. The last column is what real clips score.

| | model | real clips |
|---|---|---|
{table}

| motion asked for and seen | model | real clips |
|---|---|---|
{motions}

Right direction (right, left, up or down) by scale of guidance: {scales}. Cosine of neighbouring frames of the same
clips by how much of the noise the frames share: {shares}.

Of things that are asked to fly, with no word of where to, {negative["without"]:.0%} rise; with "moving up" as the
negative prompt {negative["with"]:.0%} do. Without any prompt, neighbouring frames have a cosine of
{apart["clips"]:.3f} in CLIP's space; frames of different clips {apart["frames_drawn_apart"]:.3f}. Fréchet distance to
real clips in that space: {distance["frames"]:.3f} of frames, {distance["changes"]:.3f} of their changes.
{alive}
Parameters of the network: {results["parameters"] / 1e6:.1f} M.

## Data

{data}
""",
        "utf-8",
    )


def _animated(found: dict) -> str:
    moving, agree, named = found["moving"], found["consistency"], found["concept"]
    return f"""
Asked for {found["clips"]} things "animated" whose animation training never showed, it changes from frame to frame by
{moving["model"]:.3f} of the range (their real animations: {moving["real"]:.3f}; the same things asked to stand still:
{moving["still"]:.3f}), neighbouring frames have a cosine of {agree["model"]:.3f} ({agree["real"]:.3f}), and the thing
is right in {named["model"]:.1%} of the frames ({named["real"]:.1%}).
"""
