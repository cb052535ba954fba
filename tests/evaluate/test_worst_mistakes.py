"""The worst mistakes are kept, worst first, with the image or text that the model saw."""

import base64
import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.configuration_model import Text
from headrace.contract import Column, Contract
from headrace.evaluate.mistake_renderer_interface import picture, renderer_for
from headrace.evaluate.worst_mistakes import Mistake, WorstMistakes
from headrace.features.text.contract_spec import TextSpec
from headrace.features.text.input_as_picture_or_text import MAX_CHARACTERS
from headrace.prepare.text.tokenizer import WordCount, bpe_tokenizer, load_tokenizer, save_tokenizer, word_tokenizer


def make_mistake(error: float, path: str = "a.png", shape: tuple[int, int, int] = (2, 3, 1)) -> Mistake:
    """Return a mistake on an image of this shape."""
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    return Mistake(error, path, {"label": "coat"}, pixels)


@given(st.lists(st.tuples(st.sampled_from([0.4, 0.5, 0.75, 0.99]), st.text("abc", max_size=3)), max_size=40))
def test_worst_mistakes_keep_the_largest_in_any_order(
    shown: list[tuple[float, str]],
) -> None:
    worst = WorstMistakes(5)
    for error, path in shown:
        worst.add(make_mistake(error, path))
    assert [(kept.error, kept.path) for kept in worst.worst_first()] == sorted(shown, reverse=True)[:5]


@given(st.lists(st.sampled_from([0.4, 0.5, 0.75, 0.99]), min_size=1, max_size=60), st.integers(1, 60))
def test_candidates_are_the_largest_errors_of_a_batch(errors: list[float], size: int) -> None:
    paths = np.array([f"{number}.png" for number in range(len(errors))])
    every, some = WorstMistakes(5), WorstMistakes(5)
    for begin in range(0, len(errors), size):
        batch, named = np.array(errors[begin : begin + size]), paths[begin : begin + size]
        looked_at = some.candidates(batch, named)
        assert len(looked_at) == min(5, len(batch))
        for number in looked_at:
            some.add(make_mistake(float(batch[number]), str(named[number])))
        for error, path in zip(batch.tolist(), named.tolist(), strict=True):
            every.add(make_mistake(error, path))
    assert [one.path for one in some.worst_first()] == [one.path for one in every.worst_first()]


def test_worst_mistakes_do_not_hold_the_batch_in_memory() -> None:
    batch, worst = np.zeros((256, 4, 4, 3), np.uint8), WorstMistakes(1)
    worst.add(Mistake(0.5, "a", {}, batch[3]))
    (kept,) = worst.worst_first()
    assert kept.input.base is None


@pytest.mark.parametrize("shape", [(4, 6, 1), (4, 6, 3)])
def test_image_mistake_is_described_with_its_image(shape: tuple[int, int, int]) -> None:
    wrong = make_mistake(0.75, "coat/7.png", shape)
    described = wrong.describe(picture)
    shown = PIL.Image.open(io.BytesIO(base64.b64decode(str(described.pop("png")))))
    assert np.array_equal(np.asarray(shown).reshape(shape), wrong.input)
    assert described == {"path": "coat/7.png", "label": "coat"}


def make_contract(tokenizer_json: str, form: Text, folder: Path) -> Contract:
    """Return a contract of texts with this tokenizer."""
    columns = {"tokens": Column(role="input", codec="tokens", dtype="uint16", shape=(None,))}
    spec = TextSpec(tokenizer=save_tokenizer(tokenizer_json, form, folder))
    return Contract(columns=columns, classes=("a", "b"), input_specs={"tokens": spec})


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_text_mistake_is_described_with_its_words(kind: str, tmp_path: Path) -> None:
    form = Text.model_validate({"tokens": {"kind": kind, "min_count": 1}})
    made = word_tokenizer([WordCount("good", 3), WordCount("film", 2)], form)
    if kind == "bpe":
        made = bpe_tokenizer(iter(["good film é"] * 9), form)
    about = make_contract(made, form, tmp_path)
    ids = load_tokenizer(tmp_path, TextSpec.of(about).tokenizer).encode("good film é", add_special_tokens=False).ids
    show = renderer_for(about, tmp_path)
    assert show(np.array([*ids, 0, 0]))["text"] == ("good film [?]" if kind == "word" else "good film é")
    text = show(np.array(ids * 200))["text"]
    assert text is not None
    assert len(text) == MAX_CHARACTERS
    assert text.endswith("…")
