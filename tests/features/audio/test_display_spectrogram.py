"""Pictures and statistics of sounds show what is in them."""

import numpy as np
import pytest

from headrace.contract import Column, Contract
from headrace.features.audio.contract_spec import AudioSpec
from headrace.features.audio.display_spectrogram import MAX_FRAMES, spectrogram
from headrace.features.audio.drift_values import statistics
from headrace.features.audio.input_as_picture_or_text import make_renderer
from headrace.prepare.arrow_schema_and_columns import IDENTITY
from headrace.targets.classification.label_encoder import COLUMN as LABEL
from tests.support.sounds import RATE, tone

COLUMN = Column(role="input", codec="raw", dtype="int16", shape=(RATE,))
CONTRACT = Contract(columns={"audio": COLUMN}, classes=("low", "high"), input_specs={"audio": AudioSpec(rate=RATE)})


def samples(frequency: float, seconds: float = 1.0) -> np.ndarray:
    """Return a tone in 16-bit samples."""
    return np.rint(tone(frequency, seconds) * 32767).astype(np.int16)


@pytest.mark.parametrize("frequency", [250.0, 1000.0, 1750.0])
def test_brightest_row_is_the_frequency_of_a_tone(frequency: float) -> None:
    image = spectrogram(samples(frequency))[:, :, 0]
    from_below = image.shape[0] - 1 - int(image.mean(1).argmax())
    assert from_below / (image.shape[0] - 1) * RATE / 2 == pytest.approx(frequency, abs=20.0)


def test_long_sound_gives_a_picture_of_limited_width_and_a_short_one_at_least_a_column() -> None:
    assert 200 < spectrogram(samples(440.0, 60.0)).shape[1] <= MAX_FRAMES
    assert 100 < spectrogram(samples(440.0, 0.5)).shape[1] < 200
    assert spectrogram(samples(440.0, 0.01)).shape[1] == 1


def test_silence_and_sound_are_told_apart_in_time() -> None:
    sound = samples(440.0)
    sound[: RATE // 2] = 0
    columns = spectrogram(sound)[:, :, 0].max(0)
    assert columns[: len(columns) // 3].max() == 0
    assert columns[-len(columns) // 3 :].min() > 200


@pytest.mark.parametrize("size", [2000, 60_000, 500_000])
def test_no_sample_is_left_out_of_the_picture(size: int) -> None:
    for place in (40, size // 3, size // 2 + 333, size - 40):
        sound = np.zeros(size, np.int16)
        sound[place - 20 : place + 20] = 10_000
        columns = spectrogram(sound)[:, :, 0].max(0)
        assert columns.max() == 255
        assert columns.argmax() / len(columns) == pytest.approx(place / size, abs=0.1)
        assert np.count_nonzero(columns) <= max(3, 0.2 * len(columns))


def test_silence_is_black() -> None:
    assert spectrogram(np.zeros(RATE, np.int16)).max() == 0


def test_statistics_are_loudness_centroid_and_silence() -> None:
    low, high = (statistics(samples(pitch).tobytes(), CONTRACT) for pitch in (300.0, 1500.0))
    assert low["loudness"] == pytest.approx(10 * np.log10(0.3**2 / 2 + 0.05**2), abs=0.2)
    assert low["centroid"] < high["centroid"]
    quiet = statistics(np.zeros(RATE, np.int16).tobytes(), CONTRACT)
    assert quiet == {"loudness": -100.0, "centroid": 0.0, "silent": 1.0}
    assert low["silent"] < 0.05


def test_page_shows_a_sound_as_a_picture(tmp_path_factory: pytest.TempPathFactory) -> None:
    columns = {"path": IDENTITY, "label": LABEL, "audio": COLUMN}
    contract = Contract(columns=columns, classes=("a", "b"), input_specs={"audio": AudioSpec(rate=RATE)})
    shown = make_renderer(contract, tmp_path_factory.getbasetemp())(samples(440.0))
    assert shown["png"]
