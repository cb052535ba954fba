"""Masks are encoded as class indices with the geometry of their images, or rejected with a reason."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.Image import Transpose

from headrace.config.configuration_model import Prepare
from headrace.contract import IGNORED_PIXEL
from headrace.prepare.encoders.images.image_transcoding import decode
from headrace.prepare.encoders.images.resize import RESIZE
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources import RawRecord
from headrace.targets.mask.label_encoder import class_labels, encode_record

NAMES = {"0": "ground", "1": "road", "2": "sky"}
HEIGHT, WIDTH = 6, 8


def context(folder: Path, names: dict[str, str] | None = None, **changes: Any) -> PrepareContext:
    given = NAMES if names is None else names
    image = {"size": [HEIGHT, WIDTH], "codec": "raw", **changes.pop("image", {})}
    settings = Prepare.model_validate({"task": "mask", "image": image, **changes})
    classes = dict.fromkeys(given.values())
    labels = {name: number for number, name in enumerate(classes)}
    return PrepareContext(
        identity="a", root=str(folder), table=folder, labels=labels, settings=settings, class_names=given
    )


def file_bytes(image: Image.Image, kind: str = "png", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def photo(width: int = WIDTH, height: int = HEIGHT, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return file_bytes(Image.new("RGB", (width, height)), exif=exif)


def encoded(folder: Path, mask_file: bytes, photo_file: bytes | None = None, **changes: Any) -> np.ndarray:
    """Return the stored mask of a record as an array."""
    (folder / "mask.png").write_bytes(mask_file)
    used = context(folder, **changes)
    record = RawRecord("a.png", "mask.png", None, photo() if photo_file is None else photo_file)
    return np.frombuffer(encode_record(record, used), np.uint8).reshape(used.settings.image.size)


def numbers(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Return a mask of classes 0 to 2 that no turn or flip leaves as it is."""
    mask = np.zeros((height, width), np.uint8)
    mask[0, : width // 2], mask[-2:, -1] = 1, 2
    return mask


def rejection(folder: Path, mask_file: bytes, **changes: Any) -> str:
    with pytest.raises(RejectedRecordError) as found:
        encoded(folder, mask_file, **changes)
    assert found.value.reason == Reason.BAD_LABEL
    return found.value.detail


def test_numbers_and_palettes_are_the_same_classes(tmp_path: Path) -> None:
    mask = numbers()
    palette = Image.fromarray(mask)
    palette.putpalette([200, 10, 10, 3, 3, 3, 9, 9, 200])
    grey = Image.fromarray(np.stack([mask] * 3, -1))
    for image in (Image.fromarray(mask), palette, grey, Image.fromarray(mask.astype(np.uint16))):
        assert np.array_equal(encoded(tmp_path, file_bytes(image)), mask)
    assert np.array_equal(encoded(tmp_path, file_bytes(Image.fromarray(mask), "tiff")), mask)


def test_two_values_of_one_name_are_one_class(tmp_path: Path) -> None:
    names = {"0": "other", "1": "car", "2": "car"}
    assert np.array_equal(encoded(tmp_path, file_bytes(Image.fromarray(numbers())), names=names), numbers() > 0)


def test_black_and_white_are_two_classes(tmp_path: Path) -> None:
    white = Image.fromarray((numbers() > 0).astype(np.uint8) * 255)
    names = {"0": "0", "255": "255"}
    assert np.array_equal(encoded(tmp_path, file_bytes(white), names=names), numbers() > 0)
    (tmp_path / "mask.png").write_bytes(file_bytes(white))
    assert class_labels("mask.png", context(tmp_path, names={})) == ("0", "255")
    assert class_labels("mask.png", context(tmp_path, names={}, mask={"ignore": 255})) == ("0",)


def test_stated_colours_are_classes_and_others_rejected(tmp_path: Path) -> None:
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
    mask = file_bytes(Image.fromarray(colours[numbers()]))
    names = {"#000000": "ground", "#ff0000": "road", "#0000ff": "sky"}
    assert np.array_equal(encoded(tmp_path, mask, names=names), numbers())
    assert "#0000ff" in rejection(tmp_path, mask, names={"#000000": "ground", "#ff0000": "road"})
    assert "has colours" in rejection(tmp_path, mask)
    assert class_labels("mask.png", context(tmp_path, names={})) == ()


def test_ignored_value_is_no_class(tmp_path: Path) -> None:
    mask = numbers()
    mask[2] = 200
    found = encoded(tmp_path, file_bytes(Image.fromarray(mask)), mask={"ignore": 200})
    assert (found[2] == IGNORED_PIXEL).all()
    assert (found != IGNORED_PIXEL).sum() == (HEIGHT - 1) * WIDTH
    nothing = file_bytes(Image.new("L", (WIDTH, HEIGHT), 200))
    assert "no pixel of the mask has a class" in rejection(tmp_path, nothing, mask={"ignore": 200})


@pytest.mark.parametrize(
    ("mask", "detail"),
    [
        (b"", "the mask is an empty file"),
        (b"no image at all", "the mask is no image"),
        (file_bytes(Image.fromarray(numbers()))[:50], "the mask is damaged"),
        (file_bytes(Image.new("L", (WIDTH, HEIGHT)), "jpeg"), "the mask is a JPEG file"),
        (file_bytes(Image.new("L", (WIDTH + 1, HEIGHT))), "has 9 x 6 pixels, and its image 8 x 6"),
        (file_bytes(Image.new("L", (WIDTH, HEIGHT), 9)), "1 value that is no class (9); classes are: 0, 1, 2"),
        (file_bytes(Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 9))), "transparent pixels"),
        (file_bytes(Image.new("CMYK", (WIDTH, HEIGHT)), "tiff"), "pixels of the mode CMYK"),
        (file_bytes(Image.new("F", (WIDTH, HEIGHT)), "tiff"), "pixels of the mode F"),
    ],
)
def test_unusable_mask_is_rejected(tmp_path: Path, mask: bytes, detail: str) -> None:
    assert detail in rejection(tmp_path, mask)


def test_missing_mask_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(RejectedRecordError, match="there is no file 'mask.png'") as found:
        encode_record(RawRecord("a.png", "mask.png", None, photo()), context(tmp_path))
    assert found.value.reason == Reason.MISSING_FILE


@pytest.mark.parametrize("resize", RESIZE)
@pytest.mark.parametrize("size", [(24, 20), (10, 30), (5, 4)])
def test_mask_has_the_geometry_of_its_image(tmp_path: Path, resize: str, size: tuple[int, int]) -> None:
    """A photo of three bright squares has them where its mask has its classes."""
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height // 2, width // 4 : 3 * width // 4] = 1
    image = file_bytes(Image.fromarray(np.stack([mask * 255] * 3, -1)))
    found = encoded(tmp_path, file_bytes(Image.fromarray(mask)), image, image={"resize": resize, "size": [12, 16]})
    settings = context(tmp_path, image={"resize": resize, "size": [12, 16]}).settings.image
    bright = decode(image, settings)[..., 0] > 127
    inside = found != IGNORED_PIXEL
    # The squares have blurred edges.
    assert ((found == 1) == bright)[inside].mean() > 0.85
    assert not bright[~inside].any()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_mask_is_turned_as_its_image(tmp_path: Path, orientation: int) -> None:
    pixels = np.stack([numbers() * 120] * 3, -1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = file_bytes(Image.fromarray(pixels), exif=exif)
    turned = orientation >= 5
    settings = {"size": [WIDTH, HEIGHT] if turned else [HEIGHT, WIDTH]}
    upright = decode(image, context(tmp_path, image=settings).settings.image)[..., 0] // 120
    found = encoded(tmp_path, file_bytes(Image.fromarray(numbers())), image, image=settings)
    assert np.array_equal(found, upright)
    if turned:
        # A mask of the size of the upright image is upright already.
        other = encoded(tmp_path, file_bytes(Image.fromarray(upright)), image, image=settings)
        assert np.array_equal(other, upright)


def test_mask_with_an_orientation_of_its_own_is_turned_by_it(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    mask = file_bytes(Image.fromarray(numbers()), exif=exif)
    expected = np.asarray(Image.fromarray(numbers()).transpose(Transpose.ROTATE_180))
    assert np.array_equal(encoded(tmp_path, mask), expected)
    assert np.array_equal(encoded(tmp_path, mask, photo(orientation=3)), expected)
