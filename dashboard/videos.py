"""Videos for the page and as files: frames side by side in one picture, MP4, GIF, WebP and PNGs."""

from __future__ import annotations

import io
import zipfile
from fractions import Fraction

import numpy as np
from PIL import Image

from core.errors import RequestError
from dashboard import pictures

RATE = 8  # frames a second, of our own videos
SIDE = 512  # pixels of a file's frames, at most enlarged to this
SECONDS = 4  # a shorter video is repeated in an MP4 until it lasts so long: players stop at its end
MOST = 24  # frames of a loop on the page
KINDS = {"mp4": "Video (.mp4)", "webp": "Animated WebP", "gif": "GIF", "zip": "Frames (.zip)", "npz": "Tensors (.npz)"}
NO_ENCODER = "an encoder for MP4 on the server: `pip install av`"


def strip(frames: np.ndarray, side: int, quality: int = 85) -> str:
    """A data URI of all frames (F, h, w, 3) uint8 side by side, each scaled to the height `side`."""
    width = round(side * frames.shape[2] / frames.shape[1])
    scaled = [np.asarray(Image.fromarray(one).resize((width, side), Image.Resampling.LANCZOS)) for one in frames]
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(scaled, 1)).save(buffer, "JPEG", quality=quality)
    return pictures.jpeg_uri(buffer)


def some(frames: np.ndarray) -> np.ndarray:
    """At most MOST of the frames (F, h, w, 3), evenly chosen."""
    return frames[np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MOST)).round().astype(int))]


def sized(frames: np.ndarray) -> list[Image.Image]:
    """Frames as images, enlarged smoothly by a whole number of times as far as SIDE goes; even numbers of pixels."""
    times = max(1, SIDE // max(frames.shape[1:3]))
    height, width = (2 * max(1, times * length // 2) for length in frames.shape[1:3])
    return [Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS) for frame in frames]


def encoded(frames: np.ndarray, kind: str, rate: int = RATE) -> bytes:
    """A video (F, H, W, 3) uint8 as a file of one of KINDS but "npz", at rate frames a second.

    RequestError where the server has nothing to write an MP4 with.
    """
    images = sized(frames)
    return {"mp4": _mp4, "webp": _animated, "gif": _animated, "zip": _zip}[kind](images, kind, rate)


def _mp4(images: list[Image.Image], kind: str, rate: int) -> bytes:
    try:
        import av
    except ImportError as error:
        raise RequestError("kind", kind, NO_ENCODER) from error
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=Fraction(rate), options={"crf": "18", "preset": "medium"})
        stream.width, stream.height = images[0].size
        stream.pix_fmt = "yuv420p"  # what browsers and phones play
        for image in images * max(1, round(SECONDS * rate / len(images))):
            file.mux(stream.encode(av.VideoFrame.from_image(image)))
        file.mux(stream.encode())
    return buffer.getvalue()


def _animated(images: list[Image.Image], kind: str, rate: int) -> bytes:
    buffer, more = io.BytesIO(), {"webp": {"quality": 85, "method": 2}, "gif": {"disposal": 2}}[kind]
    images[0].save(buffer, kind.upper(), save_all=True, append_images=images[1:], duration=round(1000 / rate), loop=0,
                   **more)  # fmt: skip
    return buffer.getvalue()


def _zip(images: list[Image.Image], kind: str, rate: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:  # PNGs are packed already
        for number, image in enumerate(images, 1):
            image.save(one := io.BytesIO(), "PNG")
            file.writestr(f"frame-{number:03}.png", one.getvalue())
    return buffer.getvalue()
