"""Pictures in a grid."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image


def contact_sheet(pictures: torch.Tensor, columns: int) -> Image.Image:
    """(N, 3, S, S) in [-1, 1] -> one picture, columns wide; N must be a multiple of columns."""
    pixels = ((pictures.float().clamp(-1, 1) + 1) * 127.5).round().byte().cpu().numpy()
    n, _, side, _ = pixels.shape
    rows = pixels.reshape(n // columns, columns, 3, side, side).transpose(0, 3, 1, 4, 2)
    return Image.fromarray(np.ascontiguousarray(rows.reshape(n // columns * side, columns * side, 3)))
