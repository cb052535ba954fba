"""Keys of masks fit their task, their input and their source, or one sentence says what does not."""

from typing import Any

import pytest
from pydantic import ValidationError

from headrace.config import Configuration


def configuration(source: dict[str, Any] | None = None, **prepare: Any) -> Configuration:
    return Configuration.model_validate(
        {
            "data": {"source": {"path": "raw"} | (source or {}), "table": "table"},
            "prepare": {"task": "mask"} | prepare,
            "model": {"file": "unet"},
            "train": {"run": "run"},
        }
    )


def test_masks_need_no_section_and_names_of_values_may_be_colours() -> None:
    assert configuration().prepare.mask.ignore is None
    names = {0: "road", "#ff0000": "car"}
    assert configuration({"class_names": names}).data.source.class_names == {"0": "road", "#ff0000": "car"}


@pytest.mark.parametrize(
    ("source", "prepare", "message"),
    [
        (
            {},
            {"input": "text", "text": {}},
            "gives a class to each pixel of an image; expected `input: image`, not text",
        ),
        ({}, {"task": "classification", "mask": {"ignore": 255}}, "which classification does not have; remove it"),
        ({"kind": "archive"}, {}, "use `data.source.kind: folder` or `table`, not archive"),
        ({"class_names": {"road": "road"}}, {}, "names 'road'; expected values of masks, such as 0, or colours"),
        ({"class_names": {"#FF0000": "car"}}, {}, "names '#FF0000'"),
        ({"class_names": {0: "a", 255: "b"}}, {"mask": {"ignore": 255}}, "the value 255, which `prepare.mask.ignore`"),
        ({}, {"splits": {"method": "stratified"}}, "needs exactly one class per record, which mask does not have"),
        ({}, {"mask": {"ignore": -1}}, "greater than or equal to 0"),
    ],
)
def test_keys_that_do_not_fit_are_refused(source: dict[str, Any], prepare: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        configuration(source, **prepare)
