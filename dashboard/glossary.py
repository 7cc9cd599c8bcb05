"""The field's terms, each explained in one sentence wherever a panel's head or the tour uses it.

Imports neither gradio nor torch. What the browser does with them is in static/glossary.js.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from markupsafe import Markup, escape

TERMS = {  # as it is written within a sentence -> what it means
    "distribution": "How likely each possible picture (or point) is; to generate means to draw from it.",
    "sample": "One picture (or point) drawn from a distribution.",
    "latent": "The small array of numbers in which the model works; a decoder turns it into pixels.",
    "timestep": "Where a state stands between clean (0) and pure noise (the last timestep); it fixes the noise level.",
    "noise level": "How much noise a state holds: σ, beside the share α of the picture that is left.",
    "score": "The direction in which data become more likely fastest: the gradient of log p, minus the noise over σ.",
    "denoiser": "The network that is given a noisy state and its noise level and predicts the noise in it.",
    "schedule": "How much picture (α) and how much noise (σ) there is at each timestep.",
    "guidance": "Stretching what the prompt changes in each prediction by a scale, so that the picture fits it better.",
    "embedding": "A vector that stands for a picture or a text, so that things alike in meaning lie close together.",
    "sampler": "The rule that leads from one noise level to the next, from noise to a picture.",
    "seed": "The number from which the random noise is drawn: the same seed gives the same noise.",
    "variance": "How widely values are spread: their mean squared distance from the mean.",
    "cosine": "How far two vectors point the same way: 1 the same, 0 unrelated, −1 opposite.",
    "CLIP score": "The cosine between CLIP's embeddings of a picture and of a text: how well they fit.",
    "contrastive": "Learning by comparison: what belongs together is pulled together, everything else pushed apart.",
}
GERMAN = {
    "Verteilung": "Wie wahrscheinlich jedes mögliche Bild (oder jeder Punkt) ist; erzeugen heißt, daraus zu ziehen.",
    "Latent": "Das kleine Feld von Zahlen, in dem das Modell arbeitet; ein Decoder macht Pixel daraus.",
    "Zeitschritt": "Wo ein Zustand zwischen sauber (0) und reinem Rauschen steht; er legt den Rauschpegel fest.",
    "Rauschpegel": "Wie viel Rauschen ein Zustand enthält: σ, neben dem Anteil α des Bildes, der noch da ist.",
    "Score": "Die Richtung, in der die Daten am schnellsten wahrscheinlicher werden: der Gradient von log p.",
    "Entrauscher": "Das Netz, das zu einem verrauschten Zustand und seinem Rauschpegel das Rauschen vorhersagt.",
    "Schedule": "Wie viel Bild (α) und wie viel Rauschen (σ) es an jedem Zeitschritt gibt.",
    "Guidance": "Sie streckt, was der Prompt an jeder Vorhersage ändert, damit das Bild besser zu ihm passt.",
    "Embedding": "Ein Vektor für ein Bild oder einen Text; was sich im Inhalt gleicht, liegt nah beieinander.",
    "Sampler": "Die Regel, die von einem Rauschpegel zum nächsten führt, vom Rauschen zum Bild.",
    "Seed": "Die Zahl, aus der das zufällige Rauschen entsteht: derselbe Seed, dasselbe Rauschen.",
    "Varianz": "Wie weit Werte gestreut sind: ihr mittlerer quadratischer Abstand vom Mittelwert.",
    "Kosinus": "Wie sehr zwei Vektoren in dieselbe Richtung zeigen: 1 gleich, 0 unabhängig, −1 entgegengesetzt.",
    "kontrastiv": "Lernen durch Vergleich: Was zusammengehört, wird angenähert, alles andere entfernt.",
}
ENDINGS = r"(?:s|n|en|e|er)?"  # of the plural, and of German's cases
TAG = re.compile(r"(<[^>]*>|&[^;\s]*;)")
TERM = Markup('<abbr class="ds-term" tabindex="0" aria-describedby="ds-told-term" data-told="{}">{}</abbr>')


@lru_cache(maxsize=4)
def _words(terms: tuple[str, ...]) -> re.Pattern:
    """Any of the terms as a word of its own, the longest first."""
    listed = "|".join(sorted(map(re.escape, terms), key=len, reverse=True))
    return re.compile(rf"(?<![\w-])({listed}){ENDINGS}(?![\w-])", re.I)


def explained(text: str, seen: set[str] | None = None, terms: Mapping[str, str] = TERMS) -> Markup:
    """The text, escaped unless it is a Markup, with the first use of each term as something that explains it.

    seen: terms that were explained before; those of this text are added.
    """
    seen = set() if seen is None else seen
    known, words = {term.lower(): told for term, told in terms.items()}, _words(tuple(terms))

    def marked(found: re.Match) -> str:
        term = found[1].lower()
        if term in seen:
            return found[0]
        seen.add(term)
        return TERM.format(known[term], Markup(found[0]))

    parts = TAG.split(str(escape(text)))
    return Markup("".join(part if i % 2 else words.sub(marked, part) for i, part in enumerate(parts)))
