"""Configuration section for audio."""

from typing import Annotated, Literal

from pydantic import Field

from headrace.config.base_section import Fraction, Positive, Section


class Audio(Section):
    """Normalisation of audio: one channel of a fixed rate and length, in 16-bit samples."""

    rate: Annotated[int, Field(ge=1000, le=192_000)] = Field(
        16_000, description="samples per second; audio of other rates is resampled"
    )
    seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        1.0, description="length of stored audio; longer audio is cut, shorter audio padded with silence"
    )
    align: Literal["center", "start"] = Field(
        "center",
        description="the part of longer audio that is kept, and the position of shorter audio in the silence",
    )
    channels: Literal["mean", "first"] = Field(
        "mean", description="what several channels become. mean: their average; first: the first one alone"
    )
    min_seconds: Annotated[float, Field(ge=0)] = Field(0.0, description="shorter audio is rejected")
    max_seconds: Annotated[float, Field(gt=0, le=7200)] = Field(
        300.0, description="longer audio is rejected without decoding"
    )
    min_peak: Fraction = Field(
        0.0005,
        description="audio that stays within this fraction of full scale from its mean is rejected as silent",
    )
    max_clipped: Fraction = Field(
        0.1, description="maximum fraction of samples at full scale; audio above it is rejected as clipped"
    )
    max_bytes: Positive = Field(100_000_000, description="files with more bytes are rejected without reading")

    @property
    def samples(self) -> int:
        """Number of samples of a stored audio clip, at least 1."""
        return max(1, round(self.rate * self.seconds))
