"""Rendering of windows on pages: none, a page names only the row of the source."""

from pathlib import Path

from headrace.contract import Contract
from headrace.evaluate.mistake_renderer_interface import Renderer, picture


def make_renderer(contract: Contract, folder: Path) -> Renderer:
    """Return a renderer without a picture, as windows have none."""
    return picture
