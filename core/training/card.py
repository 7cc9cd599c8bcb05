"""The model card: the README.md of a model's folder, made from its manifest and its eval.json."""

from __future__ import annotations

from pathlib import Path


def write_card(folder: Path, manifest: dict, results: dict) -> None:
    concepts, colours, settings = results["concepts"], results["colours"], results["settings"]
    rows = [
        (f"concept right, top 1, over {concepts['count']} concepts", concepts["top1"], concepts["ceiling_top1"]),
        ("concept right, top 5", concepts["top5"], concepts["ceiling_top5"]),
        (f"colour right, {colours['count']} unseen pairs", colours["colour_right"], colours["ceiling_colour_right"]),
        ("concept right in those, top 1", colours["concept_top1"], colours["ceiling_concept_top1"]),
        ("CLIP text to image, R@1", results["clip"]["R@1"], None),
        ("CLIP text to image, R@5", results["clip"]["R@5"], None),
    ]
    table = "\n".join(f"| {name} | {value:.1%} | {'' if top is None else f'{top:.1%}'} |" for name, value, top in rows)
    sizes = ", ".join(f"{name} {count / 1e6:.1f} M" for name, count in results["parameters"].items())
    data = "\n".join(f"- {d['what']}: {d['package']} ({d['licence']})" for d in manifest["data"])
    failed = ", ".join(concepts["never_right"]) or "none"
    (folder / "README.md").write_text(f"""\
# {manifest["name"]}

Text to picture at {manifest["size"]} px, small enough for two CPU cores. Trained from scratch by this project:
`python -m core train {manifest["name"]}`.

![64 fixed prompts, seed 0, nothing picked](samples.webp)

## Measured

`python -m core evaluate {manifest["name"]}` on {results["machine"]}; {settings["steps"]}-step
{settings["sampler"].upper()}, guidance {settings["guidance"]:g}, seeds {", ".join(map(str, settings["seeds"]))}.
A judge network, trained apart and never used to generate, names what each picture shows. The last column is what
it scores on real renderings of the same things.

| | model | real pictures |
|---|---|---|
{table}
| autoencoder, new scenes | {results["autoencoder"]["psnr_db"]:.1f} dB PSNR | |

Concepts that no seed got right: {failed}.

## Parts

Parameters: {sizes}. The network predicts v on a {manifest["schedule"]} schedule of 1000 steps, in latents of
{" x ".join(map(str, manifest["latent_shape"]))}.

## Data

{data}

Licences and notices stand in `assets/gallery`. The pictures are renderings of these sprites on plain backgrounds,
with their captions made by the same draw. The model knows nothing else of the world: it draws emoji-like things,
one at a time, and shares the choices and stereotypes of the emoji set.
""")
