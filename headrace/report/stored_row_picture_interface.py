"""Interface of input kinds that reports show as images."""

from typing import TYPE_CHECKING, Protocol

from headrace.contract import Column

if TYPE_CHECKING:
    from PIL.Image import Image


class StoredRowPictureInterface(Protocol):
    """The module `input_as_picture_or_text` of an input kind whose traits say that it has pictures."""

    def to_pil_image(self, payload: bytes, column: Column) -> "Image":
        """Return the stored input of a row as a picture."""
