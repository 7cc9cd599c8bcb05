"""The names of the tabs in other languages, by Gradio's own way: the browser's language chooses."""

from __future__ import annotations

import gradio as gr

GERMAN = {
    "Tour": "Rundgang",
    "Generate": "Erzeugen",
    "Trajectory": "Pfad",
    "Samplers": "Sampler",
    "Guidance": "Guidance",
    "CLIP": "CLIP",
    "unCLIP": "unCLIP",
    "Video": "Video",
    "2-D lab": "2-D-Labor",
}
KEY = "tab {}"  # Gradio's own words have short keys
TITLES = gr.I18n(
    en={KEY.format(title): title for title in GERMAN},
    de={KEY.format(title): german for title, german in GERMAN.items()},
)


def title(english: str):
    """A tab's title, for the browser to say."""
    return TITLES(KEY.format(english))
