"""MP3 files are read to their end, with a count of frames in their header or without, alone or joined."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.sections.inputs.audio import Audio
from headrace.prepare.encoders.sounds.mp3_frame_counting import is_mpeg, with_frame_count
from headrace.prepare.encoders.sounds.sound_decoder import decode_audio
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.sounds import encode_sound, tone

SECONDS = 4.0
ALL_RATES = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


def mp3(rate: int = 16_000, channels: int = 1) -> bytes:
    """Return a sound that is loud at its start and then quiet, so that its frames differ in size."""
    wave = tone(440.0, SECONDS, rate) * np.repeat([1.0, 0.0, 0.01, 0.0], rate)
    return encode_sound(np.stack([wave] * channels, 1).astype(np.float32), rate, "MP3", "MPEG_LAYER_III")


def without_count(data: bytes) -> bytes:
    """Return an MP3 file without its first frame, which has the number of the others."""
    starts = [place for place in range(1, 3000) if is_mpeg(data[place : place + 4]) and data[place:][:2] == data[:2]]
    assert any(name in data[: starts[0]] for name in (b"Xing", b"Info"))
    return data[starts[0] :]


def tag(content: bytes) -> bytes:
    """Return an ID3 tag."""
    size = len(content)
    return b"ID3\3\0\0" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127)) + content


def seconds(data: bytes) -> float:
    """Return the length of a decoded sound."""
    return decode_audio(data, Audio(seconds=60.0, rate=16_000)).seconds


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", ALL_RATES)
def test_sound_without_a_count_is_read_to_its_end(rate: int, channels: int) -> None:
    data = mp3(rate, channels)
    assert seconds(data) == SECONDS
    assert seconds(without_count(data)) == pytest.approx(SECONDS, abs=4 * 1152 / rate)


def test_samples_of_a_sound_without_a_count_are_those_of_the_original() -> None:
    data = mp3()
    whole = soundfile.read(io.BytesIO(data))[0]
    counted = soundfile.read(io.BytesIO(with_frame_count(without_count(data))))[0]
    lag = int(np.correlate(counted[:4000], whole[:2000], "valid").argmax())
    common = min(len(counted) - lag, len(whole))
    assert common > 0.99 * len(whole)
    assert counted[lag : lag + common] == pytest.approx(whole[:common], abs=1e-4)


def test_count_of_a_file_is_trusted_if_no_frames_follow() -> None:
    assert with_frame_count(mp3()) == mp3()
    assert with_frame_count(tag(bytes(100)) + mp3() + b"TAG" + bytes(125)).startswith(tag(bytes(100)))


@pytest.mark.parametrize("between", [b"", tag(b"\xff\xfb\x90\0" * 500), b"TAG" + bytes(125)])
def test_joined_files_are_read_to_the_end(between: bytes) -> None:
    assert seconds(mp3() + between + mp3()) == pytest.approx(2 * SECONDS, abs=0.3)


def test_limits_hold_for_what_the_header_does_not_count() -> None:
    with pytest.raises(RejectedRecordError) as rejected:
        decode_audio(mp3() * 3, Audio(max_seconds=2.5 * SECONDS))
    assert rejected.value.reason is Reason.TOO_LONG


def test_sound_that_cannot_be_decoded_is_damaged_and_not_of_an_unknown_format() -> None:
    data = bytearray(mp3())
    data[100:] = bytes(len(data) - 100)
    with pytest.raises(RejectedRecordError) as rejected:
        decode_audio(bytes(data), Audio())
    assert rejected.value.reason in (Reason.DAMAGED, Reason.TRUNCATED)


@given(data=st.lists(st.sampled_from((b"\xff\xfb\x90\0", b"ID3", b"\xff", b"\0" * 50, b"\x7f" * 9)), max_size=40))
def test_any_bytes_have_an_end(data: list[bytes]) -> None:
    assert isinstance(with_frame_count(b"".join(data)), bytes)
