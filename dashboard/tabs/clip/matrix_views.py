"""What the similarity matrix says. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

import html

import numpy as np

from core.types import RequestError
from dashboard.tabs.clip.views import Picture

HEAD = (
    "Every text with every picture",
    "The cosine of every text's embedding with every picture's. Notice the diagonal, where text and picture belong "
    "together: contrastive training pulled it up and pushed everything else down.",
    "−½ (Σ log softmax<sub>pictures</sub>(τ cos)<sub>ii</sub> + Σ log softmax<sub>texts</sub>(τ cos)<sub>ii</sub>) / N",
    ("2103.00020", "Radford et al. 2021, figure 3"),
)
LABELS = ["cat", "dog", "red apple", "tomato", "airplane", "rocket", "guitar", "crown"]
TEXTS = ["a cat", "a dog", "an apple", "a tomato", "an airplane", "a rocket", "a guitar", "a crown"]
TEXTS_JOINED = "\n".join(TEXTS)
HINT = '<p class="ds-quiet">Click a cell to look at its text and picture.</p>'


def matched(cosines: np.ndarray) -> tuple[list[int], list[int]]:
    """An order of rows and columns with the best matching on the diagonal, the surest pair first; the rest follow."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-cosines)
    sure = np.argsort(-cosines[rows, columns], kind="stable")
    rows, columns = rows[sure].tolist(), columns[sure].tolist()
    return (
        rows + [i for i in range(cosines.shape[0]) if i not in rows],
        columns + [j for j in range(cosines.shape[1]) if j not in columns],
    )


def verdicts(cosines: np.ndarray, paired: np.ndarray, loss: float | None, temperature: float) -> list[str]:
    """Which matches are right."""
    marks = "A diamond marks each text's best picture, a dot each picture's best text"
    scale = f"The softmax multiplies the cosines by {temperature:.1f}, as CLIP learned (1 / its temperature)."
    if loss is None:
        return [
            f"{marks}. With as many texts as pictures, each with its own in order, it also says which are right.",
            scale,
        ]
    count = len(cosines)
    rows = sum(bool(paired[i, j]) for i, j in enumerate(cosines.argmax(1)))
    columns = sum(bool(paired[i, j]) for j, i in enumerate(cosines.argmax(0)))
    return [
        f"{rows} of {count} texts find their own picture, and {columns} of {count} pictures their own text, taking the "
        f"first text to mean the first picture and so on. The contrastive loss of this square is {loss:.2f} "
        f"(0 is perfect, {np.log(count):.2f} is chance).",
        f"{marks}: green where it is right, red where not. {scale}",
    ]


def cell(kept: tuple, index: object) -> str:
    """One cell, enlarged; index is the browser's [row, column]."""
    rows, columns, cosines, shares = kept
    if not isinstance(index, list) or [type(i) for i in index] != [int, int]:
        raise RequestError("cell", index, "a row and a column")
    i, j = index
    if not (0 <= i < len(rows) and 0 <= j < len(columns)):
        raise RequestError("cell", index, f"within {len(rows)} rows and {len(columns)} columns")
    picture: Picture = columns[j]
    return (
        f'<div class="ds-cell"><img src="{picture.uri(256)}" alt="{html.escape(picture.name)}"><div>'
        f"<p><b>{html.escape(rows[i])}</b></p><p>with {html.escape(picture.name)}</p>"
        f'<p class="ds-quiet">Cosine {cosines[i, j]:.3f}.<br>Of these pictures the text takes this one with '
        f"{shares[1][i, j]:.1%},<br>of these texts the picture takes this one with {shares[0][i, j]:.1%}.</p>"
        "</div></div>"
    )
