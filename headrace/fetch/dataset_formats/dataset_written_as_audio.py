"""Audio data sets, written as WAV files in a folder per class, below a folder per split."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from headrace.fetch.dataset_base import Dataset


class Sound(NamedTuple):
    """One recording: its class, its name without a suffix, and the bytes of its WAV file."""

    label: str
    name: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class SoundDataset(Dataset[Sequence[Sound]]):
    """An audio data set with classes and fixed splits."""

    def write(self, splits: Mapping[str, Sequence[Sound]], counts: Mapping[str, int], folder: Path) -> None:
        """Write SPLIT/CLASS/NAME.wav."""
        for split, count in counts.items():
            for name in self.classes:
                (folder / split / name).mkdir(parents=True, exist_ok=True)
            for sound in _balanced(splits[split], count):
                (folder / split / sound.label / f"{sound.name}.wav").write_bytes(sound.data)

    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """Return the number of WAV files in the class folders by split."""
        return {
            split: sum(1 for name in self.classes for _ in (folder / split / name).glob("*.wav")) for split in splits
        }


def _balanced(sounds: Sequence[Sound], count: int) -> list[Sound]:
    """Return the first `count` recordings when the classes take turns."""
    ranks: dict[str, int] = defaultdict(int)
    keyed = []
    for sound in sounds:
        keyed.append((ranks[sound.label], sound.label, sound))
        ranks[sound.label] += 1
    return [sound for _, _, sound in sorted(keyed, key=lambda one: one[:2])[:count]]
