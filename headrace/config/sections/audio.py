"""Configuration section for audio."""

from typing import Annotated, Literal

from pydantic import Field

from headrace.config.base_section import Fraction, Positive, Section


class Audio(Section):
    """Normalisation of audio: one channel of a fixed rate and length, in 16-bit samples."""

    rate: Annotated[int, Field(ge=1000, le=192_000)] = Field(
        16_000, description="samples per second; sounds of other rates are resampled"
    )
    seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        1.0, description="length of every stored sound; longer ones are cut, shorter ones padded with silence"
    )
    align: Literal["center", "start"] = Field(
        "center",
        description="the part of a longer sound that is kept, and the place of a shorter one in the silence",
    )
    channels: Literal["mean", "first"] = Field(
        "mean", description="what several channels become. mean: their average; first: the first one alone"
    )
    min_seconds: Annotated[float, Field(ge=0)] = Field(0.0, description="shorter sounds are rejected")
    max_seconds: Annotated[float, Field(gt=0, le=7200)] = Field(
        300.0, description="longer sounds are rejected without decoding"
    )
    min_peak: Fraction = Field(
        0.0005,
        description="sounds that stay within this fraction of full scale from their mean are rejected as silent",
    )
    max_clipped: Fraction = Field(
        0.1, description="maximum fraction of samples at full scale; sounds above are rejected as clipped"
    )
    max_bytes: Positive = Field(100_000_000, description="files with more bytes are rejected without reading")

    @property
    def samples(self) -> int:
        """Number of samples of a stored audio clip, at least 1."""
        return max(1, round(self.rate * self.seconds))
