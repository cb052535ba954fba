"""The worst mistakes are kept, worst first, as pictures."""

import base64
import io

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.evaluate.mistakes import Mistake, WorstMistakes


def mistake(probability: float, path: str = "a.png", shape: tuple[int, int, int] = (2, 3, 1)) -> Mistake:
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    return Mistake(
        probability=probability, path=path, label=0, predicted=1, label_probability=1 - probability, pixels=pixels
    )


@given(st.lists(st.tuples(st.sampled_from([0.4, 0.5, 0.75, 0.99]), st.text("abc", max_size=3)), max_size=40))
def test_the_most_certain_mistakes_are_kept_in_order_whatever_the_order_they_came_in(
    shown: list[tuple[float, str]],
) -> None:
    worst = WorstMistakes(5)
    for probability, path in shown:
        worst.add(mistake(probability, path))
    assert [(kept.probability, kept.path) for kept in worst.worst_first()] == sorted(shown, reverse=True)[:5]


@pytest.mark.parametrize("shape", [(4, 6, 1), (4, 6, 3)])
def test_a_mistake_is_described_with_names_and_its_picture(shape: tuple[int, int, int]) -> None:
    wrong = mistake(0.75, "coat/7.png", shape)
    described = wrong.describe(("coat", "bag"))
    picture = PIL.Image.open(io.BytesIO(base64.b64decode(str(described.pop("png")))))
    assert np.array_equal(np.asarray(picture).reshape(shape), wrong.pixels)
    assert described == {
        "path": "coat/7.png",
        "label": "coat",
        "predicted": "bag",
        "probability": 0.75,
        "label_probability": 0.25,
    }
