"""How every image, and every text, is brought to one form."""

from typing import Annotated, Literal

from pydantic import Field

from headrace.config.base import Fraction, NonEmptyStr, Positive, Section, Side


class Image(Section):
    """How every image is brought to one form."""

    mode: Literal["L", "RGB"] = Field("RGB", description="L: one grey channel; RGB: three")
    size: tuple[Side, Side] = Field((224, 224), description="height and width in pixels")
    resize: Literal["fit", "crop", "pad", "stretch"] = Field(
        "crop",
        description="crop: scaled to fill, middle cut out; fit: scaled to fit, rest black; "
        "pad: as fit, but small images are not enlarged; stretch: aspect ignored",
    )
    codec: Literal["auto", "raw", "png", "jpeg"] = Field(
        "jpeg", description="raw: pixels as they are; best below 64x64; auto: raw up to 64x64, jpeg above"
    )
    quality: Annotated[int, Field(ge=1, le=100)] = Field(90, description="of jpeg")
    max_pixels: Annotated[int, Field(gt=0, le=178_956_970)] = Field(
        100_000_000, description="larger images are rejected unread; Pillow itself opens none above 178,956,970"
    )
    max_bytes: Positive = Field(100_000_000, description="larger files are rejected unread")
    max_aspect: Annotated[float, Field(ge=1)] | None = Field(
        None, description="longer side by shorter side; images above are rejected unread"
    )

    @property
    def stored_as(self) -> Literal["raw", "png", "jpeg"]:
        """The codec, chosen by size where it is `auto`."""
        if self.codec == "auto":
            return "raw" if self.size[0] * self.size[1] <= 64 * 64 else "jpeg"
        return self.codec


class Tokens(Section):
    """How text becomes numbers; what is learned for it is learned on the training split alone."""

    kind: Literal["word", "bpe"] = Field("word", description="word: the most frequent words; bpe: byte-pair encoding")
    vocabulary: Annotated[int, Field(ge=8)] = Field(20_000, description="tokens at most, padding and unknown included")
    min_count: Positive = Field(2, description="rarer words, or pairs, get no token of their own")
    max_length: Positive = Field(512, description="tokens of a text that are kept, from its beginning")
    bpe_texts: Positive = Field(1_000_000, description="training texts from which bpe is learned, at most")


class Text(Section):
    """How every text is cleaned, in this order, and turned into tokens. Unicode NFC always."""

    encoding: NonEmptyStr | None = Field(None, description="of text files; UTF-8, or UTF-16 with a mark, if not given")
    repair: bool = Field(True, description="mend text that was decoded wrongly before (mojibake), with ftfy")
    html: Literal["keep", "remove"] = Field("remove", description="tags, comments, scripts and styles")
    fold_case: bool = False
    mask: tuple[Literal["url", "email", "phone", "ip"], ...] = Field(
        (), description="replaced by [URL], [EMAIL], [PHONE], [IP]"
    )
    stop_words: Literal["keep", "english"] | tuple[str, ...] = Field(
        "keep", description="words that are left out: the common English ones, or a list"
    )
    min_length: Positive = Field(1, description="characters after cleaning; shorter texts are rejected")
    max_length: Positive = Field(1_000_000, description="characters after cleaning; longer texts are rejected")
    max_bytes: Positive = Field(10_000_000, description="larger files are rejected unread")
    script: NonEmptyStr | None = Field(None, description="such as LATIN, CYRILLIC, CJK, by Unicode's names of letters")
    min_script: Fraction = Field(0.5, description="a smaller part of the letters in `script` is rejected")
    min_letters: Fraction = Field(0.0, description="a smaller part of letters in all but white space is rejected")
    tokens: Tokens = Tokens()
