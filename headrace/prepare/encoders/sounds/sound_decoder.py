"""Decode audio files with libsndfile, and convert channels, sample rate and length.

libsndfile and soxr give the same samples on every machine of one architecture, so that equal files stay equal.
"""

import io
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from headrace.config.sections.inputs.audio import Audio
from headrace.prepare.encoders.file_signatures import name_format, name_image
from headrace.prepare.encoders.sounds.container_damage import damage, missing_part, with_unknown_size
from headrace.prepare.encoders.sounds.flac_truncation import describe_flac_truncation
from headrace.prepare.encoders.sounds.mp3_frame_counting import after_tags, is_mpeg, with_frame_count
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import quantity

Samples = NDArray[np.int16]
Waveform = NDArray[np.float32]

FORMATS = frozenset(("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3", "AIFF"))
EXPECTED = "expected audio in WAV, FLAC, Ogg (Vorbis or Opus), MP3 or AIFF format"
HEADS = (b"fLaC", b"OggS")
UNTAGGED = (*HEADS, b"RIFF", b"RIFX", b"RF64", b"FORM")
TYPES = (b"WAVE", b"AIFF", b"AIFC")  # of files in chunks (RIFF and FORM), which begin so from byte 8 on
FULL_SCALE = 32768
MAX_CHANNELS = 32
MIN_RATE, MAX_RATE = 1000, 768_000
UNBOUNDED = ("FLOAT", "DOUBLE")  # types of samples that may be beyond full scale
# Error messages of libsndfile about a stream that it opened, and their meaning for a file.
MEANINGS = {
    "Internal error : SF_INFO struct incomplete.": "its header has no usable rate or number of channels",
    "File does not exist or is not a regular file (possibly a pipe?).": "it has too few frames of MP3",
}
# The power of the mean of channels, of that of independent ones: 1 also if all but one are silent.
MIN_MEAN_POWER = 0.01
UNKNOWN_FRAMES = 2**63 - 1
BLOCK = 2**16  # frames
# Encoders leave out a few samples, and people cut by ear.
PADDED_BELOW = 0.9


class AudioFinding(StrEnum):
    """Finding in a usable audio file; the value is the rest of the warning after the number of files."""

    CUT = "more than prepare.audio.seconds, and only the part that prepare.audio.align names is kept"
    PADDED = (
        "less than 90 % of prepare.audio.seconds, and silence fills the rest; prepare.audio.min_seconds rejects such"
    )
    BEYOND_SCALE = "samples beyond full scale, which are clipped; samples of type float are to be from -1 to 1"
    CANCELLED = (
        "channels of nearly opposite phase, which cancel each other out in their mean; prepare.audio.channels: first "
        "keeps the first one"
    )
    LOWER_RATE = "a lower rate than prepare.audio.rate; resampling adds no higher frequencies"


@dataclass(frozen=True)
class DecodedAudio:
    """A decoded audio file.

    Attributes:
        samples: (samples,) of the rate and length of `prepare.audio`.
        seconds: length of the original.
        findings: subjects of warnings about it.
    """

    samples: Samples
    seconds: float
    findings: frozenset[AudioFinding]


class _ForwardOnlySoundFile(soundfile.SoundFile):
    """An audio file that is read from its beginning to its end; seeking fails where the number of frames is unknown."""

    def seekable(self) -> bool:
        """Return False, so that the package does not seek after it has read."""
        return False


def decode_audio(data: bytes, settings: Audio) -> DecodedAudio:
    """Decode an audio file.

    Raises:
        RejectedRecordError: it is not audio, damaged, silent, clipped, too short or too long.
    """
    if not data:
        raise RejectedRecordError(Reason.EMPTY, "the file is empty")
    data = _without_tags(data)
    missing = missing_part(data)
    if missing:
        raise RejectedRecordError(Reason.TRUNCATED, f"the file ends early: {missing}")
    damaged = damage(data)
    if damaged:
        raise RejectedRecordError(Reason.DAMAGED, damaged)
    waveform, rate, subtype = _read(data, settings)
    is_beyond = subtype in UNBOUNDED and bool((np.abs(waveform) > 1).any())
    _check(waveform, settings, is_beyond=is_beyond)
    seconds = len(waveform) / rate
    found = {
        AudioFinding.CUT: seconds > settings.seconds,
        AudioFinding.PADDED: seconds < PADDED_BELOW * settings.seconds,
        AudioFinding.LOWER_RATE: rate < settings.rate,
        AudioFinding.BEYOND_SCALE: is_beyond,
        AudioFinding.CANCELLED: settings.channels == "mean" and _cancels_out(waveform),
    }
    samples = conform(_mix(waveform, settings), rate, settings)
    _check_stored(samples, settings)
    return DecodedAudio(samples, seconds, frozenset(finding for finding, applies in found.items() if applies))


def conform(waveform: Waveform, rate: int, settings: Audio) -> Samples:
    """Return a waveform as (`settings.samples`,) samples: resampled, then cut or padded with silence.

    Args:
        waveform: (frames,), full scale is -1 to 1.
        rate: frames per second.
    """
    if rate != settings.rate:
        waveform = soxr.resample(waveform, rate, settings.rate, quality="HQ")
    spare = len(waveform) - settings.samples
    begin = spare // 2 if settings.align == "center" else 0
    kept = waveform[max(0, begin) : max(0, begin) + settings.samples]
    stored = np.zeros(settings.samples, np.int16)
    place = max(0, -begin)
    stored[place : place + len(kept)] = np.clip(np.rint(kept * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return stored


def _read(data: bytes, settings: Audio) -> tuple[NDArray[np.float32], int, str]:
    """Return all frames, (frames, channels), their rate, and the type of samples by libsndfile's name."""
    try:
        with _ForwardOnlySoundFile(io.BytesIO(_countable(data))) as file:
            _check_format(file)
            if file.frames == UNKNOWN_FRAMES:
                return _read_to_the_end(file, settings), file.samplerate, file.subtype
            _check_length(file.frames, file.samplerate, settings)
            frames = file.read(file.frames, dtype="float32", always_2d=True)
            expected, rate, subtype = file.frames, file.samplerate, file.subtype
    except soundfile.LibsndfileError as error:
        raise _unreadable(data, error.error_string) from error
    if len(frames) < expected:
        raise RejectedRecordError(
            Reason.TRUNCATED, f"the file ends early: {expected:,} frames expected, {len(frames):,} received"
        )
    return frames, rate, subtype


def _without_tags(data: bytes) -> bytes:
    """Return a file without ID3 tags at its beginning.

    Only MP3 files should have one; libsndfile would leave out as much at the end of others, and reads no file with two.
    """
    content = data[after_tags(data) :]
    return content if content.startswith(UNTAGGED) or is_mpeg(content) else data


def _countable(data: bytes) -> bytes:
    """Return a file whose header lets libsndfile read all of it."""
    return with_frame_count(data) if data.startswith(b"ID3") or is_mpeg(data) else with_unknown_size(data)


def _read_to_the_end(file: soundfile.SoundFile, settings: Audio) -> NDArray[np.float32]:
    """Return all frames of a file whose header does not have their number, as a pipe writes it."""
    blocks: list[NDArray[np.float32]] = []
    count = 0
    while not blocks or len(blocks[-1]):
        blocks.append(file.read(BLOCK, dtype="float32", always_2d=True))
        count += len(blocks[-1])
        if count > settings.max_seconds * file.samplerate:
            break
    _check_length(count, file.samplerate, settings)
    return np.concatenate(blocks)


def _check_format(file: soundfile.SoundFile) -> None:
    if file.format not in FORMATS:
        raise RejectedRecordError(Reason.NOT_AUDIO, f"the file is audio in {file.format} format; {EXPECTED}")
    if not MIN_RATE <= file.samplerate <= MAX_RATE or file.channels > MAX_CHANNELS:
        raise RejectedRecordError(
            Reason.NOT_AUDIO,
            f"the header says {quantity(file.channels, 'channel')} of {quantity(file.samplerate, 'sample')} per second",
        )


def _check_length(frames: int, rate: int, settings: Audio) -> None:
    seconds = frames / rate
    if not frames:
        raise RejectedRecordError(Reason.EMPTY, "the audio has no samples")
    if seconds > settings.max_seconds:
        raise RejectedRecordError(
            Reason.TOO_LONG,
            f"the audio lasts {seconds:,.1f} s, more than prepare.audio.max_seconds: {settings.max_seconds:g}",
        )
    if seconds < settings.min_seconds:
        raise RejectedRecordError(
            Reason.TOO_SHORT,
            f"the audio lasts {seconds:.3f} s, less than prepare.audio.min_seconds: {settings.min_seconds:g}",
        )


def _check(frames: NDArray[np.float32], settings: Audio, *, is_beyond: bool) -> None:
    if not np.isfinite(frames).all():
        raise RejectedRecordError(Reason.DAMAGED, "samples are NaN or infinite")
    clipped = float((np.abs(frames) >= (FULL_SCALE - 1) / FULL_SCALE).mean())
    if clipped > settings.max_clipped:
        where = f"beyond full scale, up to {np.abs(frames).max():,.6g}, or at it" if is_beyond else "at full scale"
        hint = "; write samples of type float from -1 to 1" if is_beyond else ""
        raise RejectedRecordError(
            Reason.CLIPPED,
            f"{clipped:.0%} of the samples are {where}, more than prepare.audio.max_clipped: "
            f"{settings.max_clipped:g}{hint}",
        )
    # A constant offset, as of a microphone that is not connected, is silence.
    peak = float(np.abs(frames - frames.mean(0, np.float64).astype(np.float32)).max())
    _require_peak(peak, f"the samples are at most {peak:.5f} of full scale from their mean", settings)


def _check_stored(samples: Samples, settings: Audio) -> None:
    """Reject what has become silent: opposite channels, a silent first channel or part, less than one sample."""
    peak = float(np.abs(samples.astype(np.int32)).max()) / FULL_SCALE
    kept = f"rate {settings.rate}, channels {settings.channels}, {settings.seconds:g} s, align {settings.align}"
    _require_peak(peak, f"the loudest sample of what is kept ({kept}) has {peak:.5f} of full scale", settings)


def _require_peak(peak: float, found: str, settings: Audio) -> None:
    if peak == 0 or peak < settings.min_peak:
        raise RejectedRecordError(Reason.SILENT, f"{found}; prepare.audio.min_peak is {settings.min_peak:g}")


def _mix(frames: NDArray[np.float32], settings: Audio) -> Waveform:
    mixed: Waveform = frames[:, 0] if settings.channels == "first" else frames.mean(1, dtype=np.float32)
    return mixed


def _cancels_out(frames: NDArray[np.float32]) -> bool:
    """Return whether the channels of a sound, (frames, channels), leave next to nothing of each other in their mean."""
    channels: int = frames.shape[1]
    if channels == 1:
        return False
    power = float(frames.var(0, dtype=np.float64).sum()) / channels / channels
    mean = float(frames.mean(1, dtype=np.float64).var())
    return mean < MIN_MEAN_POWER * power


def _unreadable(data: bytes, reason: str) -> RejectedRecordError:
    missing = describe_flac_truncation(data)
    if missing:
        return RejectedRecordError(Reason.TRUNCATED, f"the file ends early: {missing}")
    if data[:4] in HEADS or data[8:12] in TYPES or data[:3] == b"ID3" or is_mpeg(data):
        return RejectedRecordError(Reason.DAMAGED, f"the audio cannot be decoded: {MEANINGS.get(reason, reason)}")
    name = name_image(data) or name_format(data)
    found = f"the format is {name}" if name else "the format of the file is not known"
    return RejectedRecordError(Reason.NOT_AUDIO, f"{found}; {EXPECTED}")
