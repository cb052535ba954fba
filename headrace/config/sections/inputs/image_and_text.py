"""Configuration sections for images and texts."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from headrace.config.base_section import Fraction, NonEmptyStr, Positive, Section, Side
from headrace.config.table_reader_options import parse_encoding


class Image(Section):
    """Normalisation of images: mode, size and codec."""

    mode: Literal["L", "RGB"] = Field("RGB", description="L: one greyscale channel; RGB: three colour channels")
    size: tuple[Side, Side] = Field((224, 224), description="height and width in pixels")
    resize: Literal["fit", "crop", "pad", "stretch"] = Field(
        "crop",
        description=(
            "crop: scale to cover the target, then crop the center; fit: scale to fit inside the target, "
            "fill the rest with black; pad: like fit, but never enlarge; stretch: ignore the aspect ratio"
        ),
    )
    codec: Literal["auto", "raw", "png", "jpeg"] = Field(
        "jpeg",
        description=(
            "jpeg or png: compressed; raw: uncompressed pixels, fastest below 64x64; auto: raw up to 64x64 "
            "pixels, jpeg above"
        ),
    )
    quality: Annotated[int, Field(ge=1, le=100)] = Field(90, description="JPEG quality, 1 to 100")
    max_pixels: Annotated[int, Field(gt=0, le=178_956_970)] = Field(
        100_000_000,
        description="images with more pixels are rejected without decoding; Pillow opens none above 178,956,970",
    )
    max_bytes: Positive = Field(100_000_000, description="files with more bytes are rejected without reading")
    max_aspect: Annotated[float, Field(ge=1)] | None = Field(
        None,
        description=(
            "maximum ratio of the longer to the shorter side; images above are rejected without decoding. "
            "null: no limit"
        ),
    )
    truncated: Literal["reject", "accept"] = Field(
        "reject",
        description=(
            "files that end early, without their end mark or with missing pixels, and JPEG files with damaged pixels. "
            "reject: as `truncated` or `damaged`; accept: fill what is missing as the decoder does, mostly with grey "
            "or black. Files of which the decoder recovers nothing, such as WebP and AVIF, are still rejected"
        ),
    )
    white: Annotated[int, Field(ge=1, le=2**32 - 1)] | None = Field(
        None,
        description=(
            "largest value of greyscale images with more than 8 bits, such as 4095 for 12 bits in 16: it becomes 255, "
            "and so do values above. null: 65535, and images whose values need more than 16 bits are rejected"
        ),
    )

    @property
    def stored_as(self) -> Literal["raw", "png", "jpeg"]:
        """Return the codec, resolved by size if it is `auto`."""
        if self.codec == "auto":
            return "raw" if self.size[0] * self.size[1] <= 64 * 64 else "jpeg"
        return self.codec


class Tokens(Section):
    """Tokenisation of texts; the tokenizer is trained on the training split alone."""

    kind: Literal["word", "bpe"] = Field(
        "word", description="word: one token for each of the most frequent words; bpe: byte-pair encoding"
    )
    vocabulary: Annotated[int, Field(ge=8)] = Field(
        20_000, description="maximum number of tokens, including padding and unknown"
    )
    min_count: Positive = Field(2, description="words (or pairs, for bpe) that occur less often get no token")
    max_length: Positive = Field(512, description="maximum tokens per text; the rest is truncated")
    bpe_texts: Positive = Field(1_000_000, description="maximum number of training texts used to train bpe")


class Text(Section):
    """Cleaning of texts, in the order of these keys, and tokenisation. Texts are always normalised to Unicode NFC."""

    encoding: NonEmptyStr | None = Field(
        None, description="encoding of text files; default: UTF-8, or UTF-16 if the file has a byte order mark"
    )
    repair: bool = Field(True, description="repair text that was decoded with the wrong encoding (mojibake), with ftfy")
    html: Literal["keep", "remove"] = Field(
        "remove",
        description=(
            "remove: strip tags, comments, scripts and styles, and decode entities; keep: leave HTML unchanged. The "
            "middle of `a<b and c>d` is no tag and stays; prepare warns of what is in doubt"
        ),
    )
    fold_case: bool = Field(False, description="fold upper and lower case, so that case is ignored")
    mask: tuple[Literal["url", "email", "phone", "ip"], ...] = Field(
        (), description="what to replace, by [URL], [EMAIL], [PHONE] or [IP]"
    )
    stop_words: Literal["keep", "english"] | tuple[str, ...] = Field(
        "keep", description="keep: remove no words; english: remove common English words; or a list of words to remove"
    )
    min_length: Positive = Field(1, description="minimum characters after cleaning; shorter texts are rejected")
    max_length: Positive = Field(1_000_000, description="maximum characters after cleaning; longer texts are rejected")
    max_bytes: Positive = Field(10_000_000, description="files with more bytes are rejected without reading")
    script: NonEmptyStr | None = Field(
        None, description="expected script, as in Unicode character names, such as LATIN, CYRILLIC or CJK; null: any"
    )
    min_script: Fraction = Field(
        0.5, description="minimum fraction of letters that belong to `script`; texts below are rejected"
    )
    min_letters: Fraction = Field(
        0.0, description="minimum fraction of letters among non-whitespace characters; texts below are rejected"
    )
    tokens: Tokens = Tokens()

    @field_validator("encoding")
    @classmethod
    def _require_text_encoding(cls, value: str | None) -> str | None:
        if value is not None:
            parse_encoding(value)
        return value
