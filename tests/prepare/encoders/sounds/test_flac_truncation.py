"""FLAC files that end early are told from damaged ones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from headrace.config.sections.inputs.audio import Audio
from headrace.prepare.encoders.sounds.flac_truncation import describe_flac_truncation
from headrace.prepare.encoders.sounds.sound_decoder import decode_audio
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.sounds import encode_sound

RATE = 8000
SPEC = Audio(rate=RATE, seconds=1.0)


def noise(samples: int, channels: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, 0.1, (samples, channels)).astype(np.float32)


def rejection(data: bytes) -> RejectedRecordError:
    with pytest.raises(RejectedRecordError) as rejected:
        decode_audio(data, SPEC)
    return rejected.value


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("samples", [300, 3000, 24_000])
def test_flac_file_that_is_cut_anywhere_is_truncated(samples: int, channels: int, rate: int) -> None:
    """A sound of up to 4,096 samples is one frame."""
    data = encode_sound(noise(samples, channels), rate, "FLAC")
    assert describe_flac_truncation(data) is None
    for end in (len(data) - 1, len(data) - 10, len(data) * 2 // 3, len(data) // 3, 90):
        assert rejection(data[:end]).reason is Reason.TRUNCATED, end


def test_detail_counts_the_samples_of_whole_frames() -> None:
    data = encode_sound(noise(24_000), RATE, "FLAC")
    detail = rejection(data[: len(data) // 2]).detail
    assert detail == "the file ends early: at most 12,288 of 24,000 samples of each channel are there"


@pytest.mark.parametrize("samples", [3000, 24_000])
def test_flac_file_with_a_wrong_byte_is_damaged(samples: int) -> None:
    data = bytearray(encode_sound(noise(samples), RATE, "FLAC"))
    data[len(data) // 2] ^= 0x55
    assert rejection(bytes(data)).reason is Reason.DAMAGED


@pytest.mark.parametrize("data", [b"", b"fLaC", b"fLaC\0\0\0\x22" + bytes(34), b"RIFF" + bytes(60)])
def test_other_bytes_lack_nothing_of_flac(data: bytes) -> None:
    assert describe_flac_truncation(data) is None
