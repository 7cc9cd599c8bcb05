"""The part of a model card that tells what becomes of CLIP embeddings of pictures; core.training.unclip measures it."""

from __future__ import annotations

KINDS = {"caption": "the caption's own embedding", "prior": "the prior's", "ceiling": "another rendering's"}


def section(name: str, found: dict) -> str:
    rows = "\n".join(_kept(kind, kept) for kind, kept in found["variations"].items() if kind != "count")
    return f"""\
### Pictures of an embedding

`python -m core evaluate {name} --unclip`: what is drawn of the CLIP embedding of one rendering of each concept, without
a prompt. In brackets is what the judge says of the renderings themselves; R@1 is how often CLIP finds the
rendering, among all of them, for the picture. Cosine is CLIP's, difference the root mean square of the pixels' values
in [0, 1]: of a picture and its rendering / of the two pictures / of renderings of unrelated things.

| renderings in | concept kept | colour kept | R@1 | cosine | difference |
|---|---|---|---|---|---|
{rows}
{_prior(found["prior"], found["words"]) if "prior" in found else ""}"""


def _kept(kind: str, kept: dict) -> str:
    shares = [
        f"{kept[what]:.1%} ({kept[f'{what}_ceiling']:.1%})" if what in kept else "" for what in ("concept", "colour")
    ]
    measures = [" / ".join(f"{value:.2f}" for value in kept[measure].values()) for measure in ("cosine", "pixels")]
    found = f"{kept['R@1']:.1%}"
    return f"| {' | '.join([kind, *shares, found, *measures])} |"


def _prior(prior: dict, words: dict) -> str:
    things, scenes = prior["things"], prior["scenes"]
    table = "\n".join(f"| {told} | {_cell(things, kind)} | {_cell(scenes, kind)} |" for kind, told in KINDS.items())
    return f"""
The prior draws the embedding of a picture for a caption. Below are the mean cosine to the embedding of a rendering of
that caption, and how often that rendering is the nearest of one for every concept (R@1), for "a {{concept}}" and for
captions of scenes. To renderings of other things the prior's have a cosine of {things["unrelated"]:.2f} and \
{scenes["unrelated"]:.2f}.

| | things | scenes |
|---|---|---|
{table}

"a {{concept}}" is drawn as the judge names it, from the same noise, in {words["text"]:.1%} from the text, in
{words["prior"]:.1%} from the embedding that the prior draws for it, in {words["both"]:.1%} from both, as DALL·E 2's
decoder may read them, and in {words["caption"]:.1%} from the text's own embedding in a picture's place: the modality
gap.
"""


def _cell(part: dict, kind: str) -> str:
    return f"{part[kind]['cosine']:.2f}, {part[kind]['R@1']:.1%}" if kind in part else ""
