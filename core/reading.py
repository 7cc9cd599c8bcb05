"""How a network read a prompt: the record that core.probe makes. Without torch, so that screens can know it too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

START, END = "⟨start⟩", "⟨end⟩"  # written so that no word of a prompt is taken for them
PICTURE, NO_PICTURE = "⟨picture⟩", "⟨no picture⟩"


@dataclass(frozen=True)
class Reading:
    """Cross-attention of one prompt at P states, mean over the heads.

    The tokens are the prompt's pieces between the start and the end token that the text encoder adds, and last the
    network's own tokens for a CLIP embedding of a picture, or for none. Over them each place's shares sum to 1.
    """

    tokens: list[str]  # (M,)
    maps: list[np.ndarray]  # one a block, (P, M, n, n) float32, n the places a side in that block

    def mean(self, side: int) -> np.ndarray:
        """Over the blocks, (P, M, side, side), the coarser ones enlarged by repeating their places."""
        return np.mean(self.enlarged(side), axis=0)

    def enlarged(self, side: int) -> list[np.ndarray]:
        """Each block's maps at one size, (P, M, side, side)."""
        return [enlarge(block, side) for block in self.maps]

    def shares(self) -> np.ndarray:
        """Of all attention, what each token gets at each state, (P, M): the mean over blocks and places."""
        return np.mean([block.mean((2, 3)) for block in self.maps], axis=0)


def enlarge(maps: np.ndarray, side: int) -> np.ndarray:
    """(…, n, n) -> (…, side, side), n a divisor of side."""
    times = side // maps.shape[-1]
    return maps.repeat(times, -1).repeat(times, -2)
