"""The model card: the README.md of a model's folder, made from its manifest and its eval.json."""

from __future__ import annotations

import json
from pathlib import Path

from core.training import card_unclip
from core.updates import SAMPLERS

CURVES = (("frechet", 3), ("clip", 3), ("diversity", 3))  # columns of the table, and their decimals


def write_card(folder: Path, manifest: dict, results: dict) -> None:
    concepts, settings, composed = results["concepts"], results["settings"], results.get("composition", {})
    table = "\n".join(f"| {name} | {value} | {top} |" for name, value, top in _rows(results))
    sizes = ", ".join(f"{name} {count / 1e6:.1f} M" for name, count in results["parameters"].items())
    data = "\n".join(f"- {d['what']}: {d['package']} ({d['licence']})" for d in manifest["data"])
    failed = ", ".join(concepts["never_right"]) or "none"
    (folder / "README.md").write_text(
        f"""\
# {manifest["name"]}

Text to picture at {manifest["size"]} px, small enough for two CPU cores. Trained from scratch by this project:
`python -m core train {manifest["name"]}`.{_parent(manifest)}

![64 fixed prompts, seed 0, nothing picked](samples.webp)

## Measured

`python -m core evaluate {manifest["name"]}` on {results["machine"]}; {settings["steps"]}-step
{settings["sampler"].upper()}, guidance {settings["guidance"]:g}, seeds {", ".join(map(str, settings["seeds"]))}.
A judge network, trained apart and never used to generate, names what each picture shows. The last column is what
it scores on real renderings of the same things.

| | model | real pictures |
|---|---|---|
{table}
{_binding(composed["binding"]) if composed else ""}
{_clip(results["zero_shot"], results["localisation"], concepts["count"]) if "zero_shot" in results else ""}
{_variety(results["variety"]) if "variety" in results else ""}
{card_unclip.section(manifest["name"], results["unclip"]) if "unclip" in results else ""}

Concepts that no seed got right: {failed}.
{_seen(folder)}{_curves(manifest["name"], results["curves"]) if "curves" in results else ""}
## Parts

Parameters: {sizes}. The network predicts v on a {manifest["schedule"]} schedule of 1000 steps, in latents of
{" x ".join(map(str, manifest["latent_shape"]))}.

## Data

{data}

Licences and notices stand in `assets/gallery`. The pictures are renderings of these sprites on plain backgrounds,
with their captions made by the same draw. The model knows nothing else of the world: it draws emoji-like things,
{"one or two" if composed else "one"} at a time, and shares the choices and stereotypes of the emoji set.
""",
        "utf-8",
    )


def write_overview(folder: Path) -> Path:
    """README.md of a folder of models: what evaluate measured of each of pictures; returns its path."""
    found = {p.parent.name: json.loads(p.read_text("utf-8")) for p in sorted(folder.glob("*/eval.json"))}
    columns = {
        name: {told: f"{value} ({real})" if real else value for told, value, real in _rows(results)}
        for name, results in found.items()
        if "concepts" in results  # videos are measured otherwise
    }
    told = dict.fromkeys(row for column in columns.values() for row in column)
    rows = "\n".join(f"| {row} | {' | '.join(column.get(row, '') for column in columns.values())} |" for row in told)
    path = folder / "README.md"
    path.write_text(
        f"""\
# The models, side by side

What `python -m core evaluate <model>` measured, over all the concepts that the model knows. In brackets is what its
judge scores on real renderings of the same things. Each model's own card stands in its folder.

| | {" | ".join(f"[{name}]({name}/README.md)" for name in columns)} |
|---|{"---|" * len(columns)}
{rows}
""",
        "utf-8",
    )
    return path


def _rows(results: dict) -> list[tuple[str, str, str]]:
    """What was measured: its name, the model's figure, and that of real renderings or nothing."""
    concepts, colours, composed = results["concepts"], results["colours"], results.get("composition", {})
    shares = [
        ("concept right, top 1", concepts["top1"], concepts["ceiling_top1"]),
        ("concept right, top 5", concepts["top5"], concepts["ceiling_top5"]),
        ("colour right, unseen pairs", colours["colour_right"], colours["ceiling_colour_right"]),
        ("concept right in those, top 1", colours["concept_top1"], colours["ceiling_concept_top1"]),
        *((f"{name}, unseen pairs", q["right"], q["ceiling"]) for name, q in composed.items()),
        ("CLIP text to image, R@1", results["clip"]["R@1"], None),
        ("CLIP text to image, R@5", results["clip"]["R@5"], None),
    ]
    if outside := results.get("outside"):
        shares += [("CLIP, words outside captions: their concept nearest", outside["top1"], None),
                   ("CLIP, words outside captions: among the nearest 5", outside["top5"], None)]  # fmt: skip
    if unclip := results.get("unclip"):
        kept = unclip["variations"]["any colour"]
        shares += [("a picture's embedding, drawn: concept kept", kept["concept"], kept["concept_ceiling"]),
                   ("a picture's embedding, drawn: colour kept", kept["colour"], kept["colour_ceiling"])]  # fmt: skip
    if unclip and "prior" in unclip:
        things = unclip["prior"]["things"]
        shares += [("prior, text to picture embedding, R@1", things["prior"]["R@1"], things["ceiling"]["R@1"]),
                   ("concept right by way of the prior, one seed", unclip["words"]["prior"], None)]  # fmt: skip
    rows = [(name, f"{value:.1%}", "" if top is None else f"{top:.1%}") for name, value, top in shares]
    rows.insert(0, ("concepts", str(concepts["count"]), ""))
    if variety := results.get("variety"):
        real = f"{variety['real']['diversity']:.3f}"
        for scale in ("1", "2", "4"):
            rows.append((f"diversity of one prompt's seeds, guidance {scale}",
                         f"{variety['guidance'][scale]['diversity']:.3f}", real))  # fmt: skip
        if style := variety.get("style"):
            rows.append(("style as asked for, told by CLIP", f"{style['right']:.1%}", f"{style['ceiling']:.1%}"))
    return [*rows, ("autoencoder, new scenes", f"{results['autoencoder']['psnr_db']:.1f} dB PSNR", "")]


def _parent(manifest: dict) -> str:
    if "parent" not in manifest:
        return ""
    text = f" The encoder is that of `{manifest['parent']}`; CLIP and the network were trained on from its weights."
    read, size = 8 * manifest["latent_shape"][-1], manifest["size"]
    if size > read:
        text += f"\nPictures are encoded at {read} px; the decoder was trained to draw them at {size}."
    return text


def _seen(folder: Path) -> str:
    """What somebody who looked at the pictures wrote down beside the model."""
    path = folder / "seen.md"
    return f"\n## Seen by eye\n\n{path.read_text('utf-8').strip()}\n" if path.exists() else ""


def _binding(asked: dict) -> str:
    """Where two coloured things go wrong."""
    told = [
        f"the {place} is the right thing in {thing['concept']:.1%} and of the right colour in {thing['colour']:.1%}"
        for place, thing in zip(("first", "second"), asked["things"], strict=True)
    ]
    return f"\nOf two coloured things, {told[0]};\n{told[1]}.\n"


def _variety(variety: dict) -> str:
    """What guidance trades: how the seeds of one prompt differ, against how well they fit it."""
    kinds = {f"guidance {scale}": row for scale, row in variety["guidance"].items()} | {"renderings": variety["real"]}
    rows = "\n".join(
        f"| {kind} | {row['diversity']:.3f} | {row['clip']:.3f} | {row['concept']:.1%} |" for kind, row in kinds.items()
    )
    return f"""\
Seeds and guidance: {variety["prompts"]} prompts "a {{concept}}" with {variety["seeds"]} seeds each, {variety["steps"]}
steps of DDIM. Diversity is 1 minus the mean cosine of two pictures of one prompt in CLIP's space.

| | diversity | CLIP score | concept right |
|---|---|---|---|
{rows}
"""


def _clip(zero_shot: dict, localisation: dict, concepts: int) -> str:
    """What CLIP makes of renderings it never saw."""
    plain, every = zero_shot["plain"], zero_shot["any scene"]
    words = {"name": "bare name", "phrase": "with its article", "templates": "averaged over templates"}
    rows = "\n".join(f"| {told} | {plain[kind]:.1%} | {every[kind]:.1%} |" for kind, told in words.items())
    return f"""\
CLIP names the concept, zero-shot, of {concepts} (chance {1 / concepts:.1%}): of {plain["count"]} large things in their
own colours on white, and of {every["count"]} scenes of any colour, place and background.

| label | plain | any scene |
|---|---|---|
{rows}

CLIP finds a named object of two side by side ({localisation["count"]} questions; the peak of the map lies in its box):
{localisation["windows"]:.1%} by a sliding window (chance {localisation["windows_chance"]:.0%}),
{localisation["patches"]:.1%} by the patches' values (chance {localisation["patches_chance"]:.0%})."""


def _curves(name: str, curves: dict) -> str:
    """Quality against steps as a table."""
    settings = curves["settings"]
    rows = ""
    for point in curves["points"]:
        cells = [f"{point[m][0]:.{d}f} ({point[m][1]:.{d}f} to {point[m][2]:.{d}f})" for m, d in CURVES]
        cells = [SAMPLERS[point["sampler"]].label, str(point["steps"]), *cells, f"{point['ms'][0]:.0f}"]
        rows += f"| {' | '.join(cells)} |\n"
    return f"""
## Quality against steps

`python -m core evaluate {name} --curves --pictures {settings["pictures"]}`: so many pictures a row, the same prompts
and seeds in all, guidance {settings["guidance"]:g}, judged in CLIP space
against {settings["renderings"]} held-out renderings, with 95 % bands. As many real renderings are
at a Fréchet distance of {curves["floor"][0]:.3f}: the floor. Time is milliseconds a picture, in batches of
{settings["batch"]}.

| sampler | steps | Fréchet distance | CLIP score | diversity | ms |
|---|---|---|---|---|---|
{rows}"""
