"""The four methods to resize an image to (width, height); an image of that size is returned unchanged."""

from collections.abc import Callable

import PIL.Image
from PIL import ImageOps
from PIL.Image import Image as PillowImage
from PIL.Image import Resampling


def _crop(
    image: PillowImage, size: tuple[int, int], resample: Resampling = Resampling.LANCZOS, fill: int = 0
) -> PillowImage:
    return image if image.size == size else ImageOps.fit(image, size, resample)


def _fit(
    image: PillowImage, size: tuple[int, int], resample: Resampling = Resampling.LANCZOS, fill: int = 0
) -> PillowImage:
    if image.size == size:
        return image
    scale = min(size[0] / image.width, size[1] / image.height)
    # ImageOps.pad would round the short side of a long thin image to 0 and leave only black.
    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return _on_canvas(image.resize((width, height), resample), size, fill)


def _pad(
    image: PillowImage, size: tuple[int, int], resample: Resampling = Resampling.LANCZOS, fill: int = 0
) -> PillowImage:
    larger = image.width > size[0] or image.height > size[1]
    return _fit(image, size, resample, fill) if larger else _on_canvas(image, size, fill)


def _on_canvas(image: PillowImage, size: tuple[int, int], fill: int) -> PillowImage:
    canvas = PIL.Image.new(image.mode, size, fill)
    canvas.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return canvas


def _stretch(
    image: PillowImage, size: tuple[int, int], resample: Resampling = Resampling.LANCZOS, fill: int = 0
) -> PillowImage:
    return image if image.size == size else image.resize(size, resample)


# Masks are interpolated and filled in other ways than images.
RESIZE: dict[str, Callable[..., PillowImage]] = {
    "crop": _crop,
    "fit": _fit,
    "pad": _pad,
    "stretch": _stretch,
}

# The same for programs that have Pillow and not Headrace; `image` has the configured mode.
_ON_BLACK = (
    "pasted at (({width} - image.width) // 2, ({height} - image.height) // 2) of a black {width} x {height} image"
)
_SCALED = (
    "image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.LANCZOS) "
    "with scale = min({width} / image.width, {height} / image.height), "
)
PILLOW_CALLS = {
    "crop": "ImageOps.fit(image, ({width}, {height}), Image.Resampling.LANCZOS)",
    "fit": f"{_SCALED}{_ON_BLACK}",
    "pad": f"{_SCALED}but only if scale is below 1, {_ON_BLACK}",
    "stretch": "image.resize(({width}, {height}), Image.Resampling.LANCZOS)",
}
