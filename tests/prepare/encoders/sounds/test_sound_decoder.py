"""Sounds of all formats become one channel of one rate and length, and unusable ones are rejected with the reason."""

import io
import struct
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.sections.inputs.audio import Audio
from headrace.prepare.encoders.sounds.sound_decoder import AudioFinding, conform, decode_audio
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.sounds import RATE, encode_sound, tone

SPEC = Audio(rate=RATE, seconds=0.5)
WHOLE = tone(440.0)
LOSSLESS = [("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("RF64", "PCM_16"), ("FLAC", "PCM_16")]
LOSSLESS += [("AIFF", "PCM_16")]
LOSSY = [("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"), ("WAV", "ULAW"), ("WAV", "GSM610")]


def rejection(data: bytes, spec: Audio = SPEC) -> RejectedRecordError:
    """Return why a file is rejected."""
    with pytest.raises(RejectedRecordError) as rejected:
        decode_audio(data, spec)
    return rejected.value


@pytest.mark.parametrize(("file_format", "subtype"), LOSSLESS)
def test_lossless_formats_give_the_samples_that_were_written(file_format: str, subtype: str) -> None:
    samples = np.rint(WHOLE * 20_000).astype(np.int16)
    written = samples if subtype == "PCM_16" else (samples / 32768).astype(np.float32)
    decoded = decode_audio(encode_sound(written, RATE, file_format, subtype), SPEC)
    assert np.array_equal(decoded.samples, samples)
    assert (decoded.seconds, decoded.findings) == (0.5, frozenset())


@pytest.mark.parametrize(("file_format", "subtype"), LOSSY)
def test_lossy_formats_give_almost_the_same_sound(file_format: str, subtype: str) -> None:
    rate = 8000
    wave = tone(440.0, rate=rate)
    decoded = decode_audio(encode_sound(wave, rate, file_format, subtype), Audio(rate=rate, seconds=0.5))
    lag = np.correlate(decoded.samples / 32768, wave, "full")
    assert lag.max() > 0.7 * np.dot(wave, wave)


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100])
def test_other_rates_are_resampled_without_changing_the_pitch(rate: int) -> None:
    decoded = decode_audio(encode_sound(tone(440.0, rate=rate), rate), SPEC)
    spectrum = np.abs(np.fft.rfft(decoded.samples))
    assert len(decoded.samples) == SPEC.samples
    assert np.argmax(spectrum) / SPEC.seconds == pytest.approx(440.0, abs=2.0)


def test_frequencies_above_half_the_rate_do_not_come_back_as_others() -> None:
    decoded = decode_audio(encode_sound((0.5 * np.sin(np.arange(8000) * 2.4)).astype(np.float32), 16_000), SPEC)
    assert np.abs(decoded.samples[200:-200]).max() < 50


def test_channels_are_averaged_or_the_first_is_taken() -> None:
    both = np.stack([WHOLE, -WHOLE / 2], axis=1)
    data = encode_sound(both, subtype="FLOAT")
    assert decode_audio(data, SPEC).samples == pytest.approx(np.rint(WHOLE / 4 * 32768), abs=1)
    first = decode_audio(data, SPEC.model_copy(update={"channels": "first"}))
    assert first.samples == pytest.approx(np.rint(WHOLE * 32768), abs=1)


@pytest.mark.parametrize("align", ["center", "start"])
@given(length=st.integers(1, 3000))
def test_sounds_are_cut_or_padded_at_their_place(align: str, length: int) -> None:
    wave = np.arange(1, length + 1, dtype=np.float32) / 32768
    stored = conform(wave, RATE, SPEC.model_copy(update={"align": align}))
    kept = stored[stored != 0].tolist()
    begin = 0 if align == "start" else max(0, (length - SPEC.samples) // 2)
    assert kept == list(range(begin + 1, begin + 1 + min(length, SPEC.samples)))
    before = int(np.flatnonzero(stored)[0])
    after = SPEC.samples - before - len(kept)
    assert (before, after) == (0, after) if align == "start" else before - after in (0, 1)


def test_values_beyond_full_scale_saturate() -> None:
    spec = SPEC.model_copy(update={"max_clipped": 1.0})
    loud = decode_audio(encode_sound(np.tile(np.float32([1.5, -1.5]), 1000), subtype="FLOAT"), spec)
    assert set(loud.samples.tolist()) == {32767, -32768}


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"", Reason.EMPTY, "the file is empty"),
        (encode_sound(np.zeros(0, np.int16)), Reason.EMPTY, "the audio has no samples"),
        (encode_sound(np.zeros(2000, np.int16)), Reason.SILENT, "prepare.audio.min_peak is 0.0005"),
        (encode_sound(np.tile(np.array([3, -3], np.int16), 1000)), Reason.SILENT, "0.00009 of full scale"),
        (encode_sound(np.full(2000, 9000, np.int16)), Reason.SILENT, "at most 0.00000 of full scale from their mean"),
        (encode_sound(np.stack([WHOLE, -WHOLE], 1)), Reason.SILENT, "loudest sample of what is kept (rate 4000, chan"),
        (encode_sound(np.pad(WHOLE, (0, 9000))), Reason.SILENT, "0.5 s, align center) has 0.00000 of full scale"),
        (encode_sound(np.array([9000, 9500], np.int16), 96_000), Reason.SILENT, "loudest sample of what is kept"),
        (encode_sound(np.full(2000, 32767, np.int16)), Reason.CLIPPED, "100% of the samples are at full scale"),
        (encode_sound(np.full(2000, np.nan, np.float32), subtype="FLOAT"), Reason.DAMAGED, "NaN or infinite"),
        (encode_sound(tone(440.0, 400.0)), Reason.TOO_LONG, "lasts 400.0 s, more than prepare.audio.max_seconds: 300"),
        (b"hello" * 100, Reason.NOT_AUDIO, "the format of the file is not known; expected audio in WAV"),
        (b"\x89HDF\r\n" + bytes(100), Reason.NOT_AUDIO, "the format is HDF5; expected"),
        (encode_sound(WHOLE, RATE, "AU"), Reason.NOT_AUDIO, "the file is audio in AU format"),
        (
            b"RIFF\x90\1\0\0WEBPVP8 " + bytes(99),
            Reason.NOT_AUDIO,
            "the format is WebP (prepare.input: image reads it); exp",
        ),
        (
            b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(99),
            Reason.NOT_AUDIO,
            "the format is JPEG (prepare.input: image reads it); exp",
        ),
        (b"RIFF\x90\1\0\0AVI LIST" + bytes(99), Reason.NOT_AUDIO, "the format is video (AVI)"),
        (b"\0\0\0\x20ftypM4A " + bytes(99), Reason.NOT_AUDIO, "the format is M4A (AAC or Apple Lossless)"),
        (b"\xff\xf1\x50\x80\x20\x1f\xfc" + bytes(99), Reason.NOT_AUDIO, "the format is AAC"),
        (b"0&\xb2u\x8ef\xcf\x11" + bytes(99), Reason.NOT_AUDIO, "the format is Windows Media"),
        (b"fLaC" + bytes(200), Reason.DAMAGED, "the audio cannot be decoded"),
        (encode_sound(np.tile(WHOLE[:, None], 40)), Reason.NOT_AUDIO, "40 channels"),
    ],
)
def test_unusable_sound_is_rejected_with_its_reason(data: bytes, reason: Reason, detail: str) -> None:
    found = rejection(data)
    assert (found.reason, detail in found.detail) == (reason, True), found.detail


def test_short_sound_is_rejected_below_the_configured_length() -> None:
    found = rejection(encode_sound(WHOLE), SPEC.model_copy(update={"min_seconds": 0.6}))
    assert (found.reason, found.detail) == (
        Reason.TOO_SHORT,
        "the audio lasts 0.500 s, less than prepare.audio.min_seconds: 0.6",
    )


def test_long_sound_is_rejected_without_decoding_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode_sound(tone(440.0, 40.0))
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_, **__: pytest.fail("it was decoded"))
    assert rejection(data, SPEC.model_copy(update={"max_seconds": 30.0})).reason is Reason.TOO_LONG


def test_cut_sounds_and_lower_rates_are_noted() -> None:
    found = decode_audio(encode_sound(tone(440.0, 1.0, 2000), 2000), SPEC).findings
    assert found == {AudioFinding.CUT, AudioFinding.LOWER_RATE}


@pytest.mark.parametrize(("file_format", "subtype"), [*LOSSLESS, ("OGG", "VORBIS"), ("WAV", "ULAW")])
def test_file_that_ends_early_is_rejected_wherever_it_ends(file_format: str, subtype: str) -> None:
    """libsndfile returns the samples before the end without an error."""
    data = encode_sound(WHOLE, RATE, file_format, subtype)
    assert soundfile.read(io.BytesIO(data))[0].shape == WHOLE.shape
    for end in (*range(1, len(data), len(data) // 40), len(data) - 1):
        found = rejection(data[:end])
        # Without the header of the samples there are none.
        assert found.reason in (Reason.TRUNCATED, Reason.DAMAGED, Reason.NOT_AUDIO, Reason.EMPTY), (end, found)


def test_mp3_that_ends_early_is_rejected() -> None:
    data = encode_sound(tone(440.0, 4.0, 16_000), 16_000, "MP3", "MPEG_LAYER_III")
    found = rejection(data[: len(data) // 2])
    assert (found.reason, "frames are missing" in found.detail) == (Reason.TRUNCATED, True)


def test_length_that_a_pipe_did_not_know_is_no_error() -> None:
    data = bytearray(encode_sound(WHOLE))
    struct.pack_into("<I", data, data.index(b"data") + 4, 0xFFFFFFFF)
    assert decode_audio(bytes(data), SPEC).seconds == 0.5


def test_first_channel_without_a_sound_is_silent() -> None:
    data = encode_sound(np.stack([0 * WHOLE, WHOLE], 1))
    assert rejection(data, SPEC.model_copy(update={"channels": "first"})).reason is Reason.SILENT


def test_big_endian_wav_is_read_and_its_end_is_missed() -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, WHOLE, RATE, format="WAV", subtype="PCM_16", endian="BIG")
    data = buffer.getvalue()
    assert data.startswith(b"RIFX")
    assert np.array_equal(decode_audio(data, SPEC).samples, decode_audio(encode_sound(WHOLE), SPEC).samples)
    assert rejection(data[: len(data) // 2]).reason is Reason.TRUNCATED


def test_flac_from_a_pipe_is_read_to_its_end_and_within_the_limits() -> None:
    data = bytearray(encode_sound(WHOLE, RATE, "FLAC"))
    expected = decode_audio(bytes(data), SPEC).samples
    data[21] &= 0xF0
    data[22:26] = bytes(4)  # the number of samples is unknown
    decoded = decode_audio(bytes(data), SPEC)
    assert decoded.seconds == 0.5
    assert np.array_equal(decoded.samples, expected)
    assert rejection(bytes(data), SPEC.model_copy(update={"max_seconds": 0.4})).reason is Reason.TOO_LONG


JOINED = [("OGG", "VORBIS"), ("OGG", "OPUS"), ("FLAC", "PCM_16"), ("WAV", "PCM_16"), ("AIFF", "PCM_16")]


@pytest.mark.parametrize(("file_format", "subtype"), JOINED)
def test_joined_files_of_which_only_the_first_would_be_read_are_rejected(file_format: str, subtype: str) -> None:
    data = encode_sound(tone(440.0, rate=8000), 8000, file_format, subtype)
    found = rejection(data + data)
    assert (found.reason, "joined, and only the first could be read" in found.detail) == (Reason.DAMAGED, True)


def test_wav_with_another_sound_behind_it_is_rejected() -> None:
    found = rejection(encode_sound(WHOLE) + encode_sound(tone(440.0, rate=8000), 8000, "MP3"))
    assert (found.reason, "several files are joined" in found.detail) == (Reason.DAMAGED, True)


@pytest.mark.parametrize(("file_format", "order"), [("WAV", "<"), ("AIFF", ">")])
def test_samples_that_the_header_does_not_count_are_rejected(file_format: str, order: str) -> None:
    """As a recorder leaves a file that was switched off after it had last written the header."""
    data = encode_sound(WHOLE, file_format=file_format)
    place = data.index(b"data" if file_format == "WAV" else b"SSND") + 4
    size = struct.unpack_from(f"{order}I", data, place)[0]
    short = data[:place] + struct.pack(f"{order}I", size - 1000) + data[place + 4 :]
    assert f"1,000 bytes follow the {size - 1000:,} bytes of samples that the header counts" in rejection(short).detail


@pytest.mark.parametrize(
    "rest",
    [
        b"LIST" + struct.pack("<I", 4) + b"INFO",
        b"id3 " + struct.pack("<I", 10) + b"ID3\4" + bytes(6),
        b"TAG" + b" " * 125,
        bytes(4096),
        b"\xff",
    ],
    ids=["chunk", "chunk with a tag", "tag", "zeros", "a byte"],
)
def test_metadata_after_a_wav_file_are_no_damage(rest: bytes) -> None:
    data = encode_sound(WHOLE)
    assert decode_audio(data + rest, SPEC).seconds == 0.5
    # The byte that fills an odd chunk up is missing.
    odd = encode_sound(WHOLE[:-1], subtype="PCM_U8").rstrip(b"\0")
    assert decode_audio(odd + rest, SPEC).seconds == pytest.approx(0.5, abs=0.001)


def test_float_samples_beyond_full_scale_are_noted() -> None:
    wave = WHOLE.copy()
    wave[7] = 1.5
    assert decode_audio(encode_sound(wave, subtype="FLOAT"), SPEC).findings == {AudioFinding.BEYOND_SCALE}
    assert not decode_audio(encode_sound(wave, subtype="PCM_16"), SPEC).findings
    found = rejection(encode_sound(WHOLE * 32768, subtype="FLOAT"))
    assert found.reason == Reason.CLIPPED
    assert "write samples of type float from -1 to 1" in found.detail


@pytest.mark.parametrize("rate", [0, 2**31])
def test_impossible_rate_is_said(rate: int) -> None:
    data = encode_sound(WHOLE)
    assert "its header has no usable rate" in rejection(data[:24] + struct.pack("<I", rate) + data[28:]).detail


def test_mp3_with_two_large_tags_is_read() -> None:
    data = encode_sound(tone(440.0, rate=8000), 8000, "MP3")
    # A picture of 200,000 bytes, as seven bits a byte.
    tag = b"ID3\3\0\0" + bytes((0, 12, 26, 64)) + bytes(200_000)
    plain, tagged = decode_audio(data, SPEC), decode_audio(tag + tag + data, SPEC)
    assert np.array_equal(plain.samples, tagged.samples)


def test_short_mp3_that_ends_early_is_truncated() -> None:
    """Of a few frames libsndfile cannot even begin to read."""
    data = encode_sound(tone(440.0, 0.25, 16_000), 16_000, "MP3")
    found = rejection(data[: len(data) // 2])
    assert (found.reason, "frames are missing" in found.detail) == (Reason.TRUNCATED, True)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_ogg_with_changed_bytes_is_rejected(subtype: str) -> None:
    """Of one with a bad page, libsndfile returns what comes before it."""
    data = encode_sound(tone(440.0, 3.0, 16_000), 16_000, "OGG", subtype)
    for place in range(100, len(data), len(data) // 30):
        changed = data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]
        assert rejection(changed).reason in (Reason.DAMAGED, Reason.TRUNCATED), place


def test_tag_after_an_ogg_file_is_no_damage() -> None:
    data = encode_sound(tone(440.0, rate=8000), 8000, "OGG", "VORBIS")
    assert decode_audio(data + b"TAG" + bytes(125), SPEC).seconds == 0.5


@pytest.mark.parametrize(("file_format", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")])
def test_tag_before_a_file_takes_nothing_from_its_end(file_format: str, subtype: str) -> None:
    data, tag = encode_sound(WHOLE, RATE, file_format, subtype), b"ID3\3\0\0\0\0\0\x0a" + bytes(10)
    assert np.array_equal(decode_audio(tag + data, SPEC).samples, decode_audio(data, SPEC).samples)
    assert rejection(tag + data[: len(data) // 2]).reason in (Reason.TRUNCATED, Reason.DAMAGED)


@pytest.mark.parametrize("whole", [0, 36, 0xFFFFFFFF])
def test_recording_whose_header_was_never_finished_is_read(whole: int) -> None:
    data = bytearray(encode_sound(WHOLE))
    struct.pack_into("<I", data, data.index(b"data") + 4, 0)
    struct.pack_into("<I", data, 4, whole)
    assert np.array_equal(decode_audio(bytes(data), SPEC).samples, decode_audio(encode_sound(WHOLE), SPEC).samples)
    assert rejection(bytes(data[:44])).reason is Reason.EMPTY


@given(data=st.binary(max_size=300), head=st.sampled_from((b"", b"RIFF\x20\0\0\0WAVEfmt ", b"OggS", b"fLaC", b"ID3")))
def test_any_bytes_are_decoded_or_rejected(data: bytes, head: bytes) -> None:
    with suppress(RejectedRecordError):
        assert decode_audio(head + data, SPEC).samples.shape == (SPEC.samples,)


@pytest.mark.parametrize(("seconds", "found"), [(0.2, True), (0.44, True), (0.46, False), (0.5, False)])
def test_sounds_that_silence_fills_up_are_found(seconds: float, found: bool) -> None:
    """Ten samples of sound in a second of silence were learned without a word."""
    decoded = decode_audio(encode_sound(tone(440.0, seconds), RATE), SPEC)
    assert decoded.findings == ({AudioFinding.PADDED} if found else set())


def test_samples_that_the_header_counts_as_none_are_damage() -> None:
    """Unlike a header that was never finished, this one has the length of the whole file."""
    data = bytearray(encode_sound(WHOLE))
    struct.pack_into("<I", data, data.index(b"data") + 4, 0)
    found = rejection(bytes(data))
    assert (found.reason, "bytes follow the 0 bytes of samples" in found.detail) == (Reason.DAMAGED, True)


def test_samples_in_two_chunks_are_said() -> None:
    data = encode_sound(WHOLE)
    chunk = data[data.index(b"data") :]
    found = rejection(data[:4] + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk)
    assert (found.reason, found.detail) == (Reason.DAMAGED, "the file has 2 chunks of samples; expected one")


@pytest.mark.parametrize(
    ("channels", "found"),
    [
        ([WHOLE, -0.98 * WHOLE], True),
        ([WHOLE + 0.2, 0.2 - 0.98 * WHOLE], True),
        ([WHOLE, 0 * WHOLE], False),
        ([WHOLE, *[0 * WHOLE] * 5], False),
        ([WHOLE, -0.5 * WHOLE], False),
        ([WHOLE, tone(550.0)], False),
        ([WHOLE], False),
    ],
)
def test_channels_that_nearly_cancel_each_other_out_are_noted(channels: list[Any], found: bool) -> None:
    data = encode_sound(np.stack(channels, 1).astype(np.float32), subtype="FLOAT")
    assert decode_audio(data, SPEC).findings == ({AudioFinding.CANCELLED} if found else set())
    assert not decode_audio(data, SPEC.model_copy(update={"channels": "first"})).findings
