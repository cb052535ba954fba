"""The part of a contract that describes images; importable without an engine."""

from typing import Literal

from headrace.features.contract_spec import InputSpec, Statistics


class ImageSpec(InputSpec):
    """Images, whose statistics are those of their channels."""

    kind: Literal["image"] = "image"
    statistics: Statistics


SPEC = ImageSpec
