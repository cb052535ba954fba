"""The worst mistakes are kept, worst first, with what the model saw: pictures, or texts."""

import base64
import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.configuration import Text
from headrace.contract import Column, Contract
from headrace.evaluate.mistakes import MAX_CHARACTERS, Mistake, WorstMistakes, picture, show_for
from headrace.prepare.text.tokenizer import Counted, bpe_tokenizer, load_tokenizer, save_tokenizer, word_tokenizer


def mistake(error: float, path: str = "a.png", shape: tuple[int, int, int] = (2, 3, 1)) -> Mistake:
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    return Mistake(error, path, {"label": "coat"}, pixels)


@given(st.lists(st.tuples(st.sampled_from([0.4, 0.5, 0.75, 0.99]), st.text("abc", max_size=3)), max_size=40))
def test_the_greatest_mistakes_are_kept_in_order_whatever_the_order_they_came_in(
    shown: list[tuple[float, str]],
) -> None:
    worst = WorstMistakes(5)
    for error, path in shown:
        worst.add(mistake(error, path))
    assert [(kept.error, kept.path) for kept in worst.worst_first()] == sorted(shown, reverse=True)[:5]


@given(st.lists(st.sampled_from([0.4, 0.5, 0.75, 0.99]), min_size=1, max_size=60), st.integers(1, 60))
def test_of_each_batch_only_those_are_looked_at_that_may_have_to_be_kept(errors: list[float], size: int) -> None:
    paths = np.array([f"{number}.png" for number in range(len(errors))])
    every, some = WorstMistakes(5), WorstMistakes(5)
    for begin in range(0, len(errors), size):
        batch, named = np.array(errors[begin : begin + size]), paths[begin : begin + size]
        looked_at = some.candidates(batch, named)
        assert len(looked_at) == min(5, len(batch))
        for number in looked_at:
            some.add(mistake(float(batch[number]), str(named[number])))
        for error, path in zip(batch.tolist(), named.tolist(), strict=True):
            every.add(mistake(error, path))
    assert [one.path for one in some.worst_first()] == [one.path for one in every.worst_first()]


def test_what_is_kept_does_not_hold_the_batch_that_it_came_in() -> None:
    batch, worst = np.zeros((256, 4, 4, 3), np.uint8), WorstMistakes(1)
    worst.add(Mistake(0.5, "a", {}, batch[3]))
    (kept,) = worst.worst_first()
    assert kept.input.base is None


@pytest.mark.parametrize("shape", [(4, 6, 1), (4, 6, 3)])
def test_a_mistake_about_an_image_is_described_with_its_picture(shape: tuple[int, int, int]) -> None:
    wrong = mistake(0.75, "coat/7.png", shape)
    described = wrong.describe(picture)
    shown = PIL.Image.open(io.BytesIO(base64.b64decode(str(described.pop("png")))))
    assert np.array_equal(np.asarray(shown).reshape(shape), wrong.input)
    assert described == {"path": "coat/7.png", "label": "coat"}


def contract(tokenizer_json: str, form: Text, folder: Path) -> Contract:
    columns = {"tokens": Column(role="input", codec="tokens", dtype="uint16", shape=(None,))}
    return Contract(columns=columns, classes=("a", "b"), tokenizer=save_tokenizer(tokenizer_json, form, folder))


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_a_mistake_about_a_text_is_described_with_its_words(kind: str, tmp_path: Path) -> None:
    form = Text.model_validate({"tokens": {"kind": kind, "min_count": 1}})
    made = word_tokenizer([Counted("good", 3), Counted("film", 2)], form)
    if kind == "bpe":
        made = bpe_tokenizer(iter(["good film é"] * 9), form)
    about = contract(made, form, tmp_path)
    assert about.tokenizer
    ids = load_tokenizer(tmp_path, about.tokenizer).encode("good film é", add_special_tokens=False).ids
    show = show_for(about, tmp_path)
    assert show(np.array([*ids, 0, 0]))["text"] == ("good film [?]" if kind == "word" else "good film é")
    text = show(np.array(ids * 200))["text"]
    assert text is not None
    assert len(text) == MAX_CHARACTERS
    assert text.endswith("…")
