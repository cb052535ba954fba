"""Prompts in five languages are written as class folders, and all recordings of one prompt are in one split."""

from pathlib import Path

import pytest

from headrace.fetch import DATASETS, fetch
from headrace.fetch.dataset_formats.dataset_written_as_audio import Sound
from headrace.fetch.datasets import spoken_languages


def test_limit_takes_sounds_of_each_class_in_turn(tmp_path: Path) -> None:
    dataset = spoken_languages.DATASET
    sounds = [Sound(label, str(number), b"RIFF") for label in ("ru", "en", "it") for number in range(4)]
    dataset.write({"train": sounds}, {"train": 5}, tmp_path)
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.wav"))
    assert written == [f"train/{name}.wav" for name in ("en/0", "en/1", "it/0", "it/1", "ru/0")]
    assert dataset.count({"train": 5}, tmp_path) == {"train": 5}


@pytest.mark.network
@pytest.mark.long
def test_recordings_of_one_prompt_are_in_one_split(tmp_path: Path) -> None:
    found = fetch("spoken-languages", tmp_path)
    assert found["splits"] == dict(DATASETS["spoken-languages"].splits)
    splits: dict[str, set[str]] = {}
    for path in tmp_path.rglob("*.wav"):
        splits.setdefault(path.stem, set()).add(path.relative_to(tmp_path).parts[0])
    assert {len(one) for one in splits.values()} == {1}
