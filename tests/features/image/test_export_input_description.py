"""The documentation and export.json say how other programs prepare images, to the same pixels as preparation."""

import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags, ImageOps
from PIL import Image as PillowModule

from headrace.bundle import Bundle
from headrace.config.configuration_model import Image
from headrace.contract import Column, Contract
from headrace.features.image.export_input_description import describe_input
from headrace.prepare.arrow_schema_and_columns import IDENTITY
from headrace.prepare.encoders.images.image_transcoding import decode
from headrace.prepare.encoders.images.resize import RESIZE
from headrace.targets.classification.label_encoder import COLUMN as LABEL
from tests.support.raw_images import encode_image

pytestmark = pytest.mark.tensorflow

PAGE = Path(__file__).parents[3] / "docs" / "explaining-and-exporting.md"
HEIGHT, WIDTH = 13, 18
SIZES = [(90, 31), (7, 5), (18, 13), (11, 60), (25, 13)]


def noise(mode: str, size: tuple[int, int]) -> PIL.Image.Image:
    """Return an image of noise; `size` is width and height."""
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 4), "uint8")
    return PIL.Image.fromarray(pixels).convert(mode)


def files(size: tuple[int, int], mode: str) -> list[bytes]:
    """Return files of every kind that needs a step: transparent, with a palette, grey, turned, or enlarged JPEG."""
    turned = PIL.Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    plain = [encode_image(noise(kind, size), "PNG") for kind in ("RGBA", "LA", "P", "L", "RGB")]
    jpeg = encode_image(noise(mode, size), "JPEG")
    grown = [jpeg] if size[0] <= WIDTH and size[1] <= HEIGHT else []
    return [*plain, *grown, encode_image(noise("RGB", size), "PNG", exif=turned)]


@pytest.fixture(scope="module")
def documented() -> Any:
    """Return the function of the page."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (block,) = (one for one in blocks if "def prepare" in one)
    names: dict[str, Any] = {}
    exec(block, names)
    return names["prepare"]


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("resize", RESIZE)
def test_documented_function_prepares_the_pixels_of_preparation(documented: Any, resize: str, mode: str) -> None:
    spec = Image.model_validate({"size": (HEIGHT, WIDTH), "mode": mode, "resize": resize})
    for size in SIZES:
        for file in files(size, mode):
            pixels = documented(io.BytesIO(file), mode, (HEIGHT, WIDTH), resize)
            assert np.array_equal(pixels, decode(file, spec)), (size, resize, mode)


def meaning(resize: str) -> str:
    """Return what export.json says about the input of a model whose images were resized by this method."""
    image = Column(role="input", codec="png", dtype="uint8", shape=(HEIGHT, WIDTH, 3))
    contract = Contract(columns={"path": IDENTITY, "label": LABEL, "image": image}, classes=("coat", "bag"))
    bundle = SimpleNamespace(contract=contract, origin=SimpleNamespace(settings={"image": {"resize": resize}}))
    return describe_input(cast(Bundle, bundle))


@pytest.mark.parametrize("resize", RESIZE)
def test_export_json_names_the_pillow_call_of_preparation(resize: str) -> None:
    text = meaning(resize)
    image = noise("RGB", (90, 31))
    names = {"image": image, "Image": PillowModule, "ImageOps": ImageOps, "scale": min(WIDTH / 90, HEIGHT / 31)}
    call = re.search(r"(?:ImageOps\.fit|image\.resize)\(.*?LANCZOS\)", text)
    assert call
    result = eval(call[0], names)
    if resize in ("fit", "pad"):
        place = re.search(r"pasted at (\(.*?\)) of a black 18 x 13 image", text)
        assert place
        assert f"scale = min({WIDTH} / image.width, {HEIGHT} / image.height)" in text
        black = PIL.Image.new("RGB", (WIDTH, HEIGHT))
        black.paste(result, eval(place[1], names | {"image": result}))
        result = black
    assert np.array_equal(np.asarray(result), np.asarray(RESIZE[resize](image, (WIDTH, HEIGHT))))
