"""Text is cleaned only as configured; empty text and non-text are rejected with their reasons."""

import contextlib
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config.configuration_model import Text
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.text.cleaning import clean
from headrace.prepare.text.decoding import decode_text
from headrace.prepare.text.tokenizer import split_words


def spec(**changes: Any) -> Text:
    return Text.model_validate(changes)


def rejection_reason(text: str | bytes, **changes: Any) -> Reason:
    with pytest.raises(RejectedRecordError) as found:
        decode_text(text, spec(**changes)) if isinstance(text, bytes) else clean(text, spec(**changes))
    assert found.value.detail
    return found.value.reason


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  two\t words \r\n here ", "two words here"),
        ("cafe\u0301", "caf\u00e9"),
        ("schÃ¶n â€œquotedâ€\x9d", 'schön "quoted"'),
        ("<p>One <b>two</b>&amp;three</p><!-- hidden --><script>x = 1 < 2</script>", "One two &three"),
        ("if x<y and z>w then a < b", "if x<y and z>w then a < b"),
        ("bell\x07 and \x1b[31mred", "bell and red"),
        ("Case Stays", "Case Stays"),
        ("\N{HIRAGANA LETTER A}\N{THUMBS UP SIGN}", "\N{HIRAGANA LETTER A}\N{THUMBS UP SIGN}"),
    ],
)
def test_clean_repairs_text_and_removes_html_by_default(raw: str, cleaned: str) -> None:
    assert clean(raw, spec()) == cleaned


def test_clean_does_only_what_is_configured() -> None:
    assert clean("<p>schÃ¶n</p>", spec(repair=False, html="keep")) == "<p>schÃ¶n</p>"


def test_clean_folds_case_if_configured() -> None:
    assert clean("STRASSE Straße", spec(fold_case=True)) == "strasse strasse"


@pytest.mark.parametrize(
    ("kind", "raw", "cleaned"),
    [
        ("url", "see https://a.org/x?y=1, or www.b.de.", "see [URL], or [URL]."),
        ("email", "write to a.b+c@mail.example.org!", "write to [EMAIL]!"),
        ("ip", "from 192.168.0.1:80 or 2001:db8:0:1:1:1:1:1 or ::1, not 1.2.3.4.5, std::abc or 999.1.1.1", None),
        ("phone", "call +49 30 1234567 or (030) 123-4567, in 1999 or 2024", None),
        ("url", "(https://a.b/c_(d)) [x](http://y.z), http://)", "([URL]) [x]([URL]), http://)"),
    ],
)
def test_clean_masks_addresses_and_numbers_if_configured(kind: str, raw: str, cleaned: str | None) -> None:
    expected = {
        "ip": "from [IP] or [IP] or [IP], not 1.2.3.4.5, std::abc or 999.1.1.1",
        "phone": "call [PHONE] or [PHONE], in 1999 or 2024",
    }
    assert clean(raw, spec(mask=[kind])) == (cleaned or expected[kind])
    assert clean(raw, spec()) == raw


PHONES = (
    "030/1234567", "555-1234", "0171 / 123 45 67", "+49 (0)30 1234567", "+33 1 23 45 67 89", "01 23 45 67 89",
    "1-800-555-1234", "(030) / 1234567", "04131 123456", "030 1234567-12", "+4930123456", "612 345 678",
)  # fmt: skip
NO_PHONES = (
    "999.999.999.999", "192.168.100.200", "07/2024", "01/02/2024", "12.345.678", "12 345 678", "1,234,567.89",
    "$200-1000", "1999-2024", "+1.23456789", "1234-5678-9012-3456", "100-2000", "a555-1234", "2024-01-01 12:30:45",
)  # fmt: skip


@pytest.mark.parametrize("number", PHONES)
def test_phone_mask_replaces_the_writings_of_several_countries(number: str) -> None:
    assert clean(f"call {number}, now", spec(mask=["phone"])) == "call [PHONE], now"


@pytest.mark.parametrize("number", NO_PHONES)
def test_phone_mask_keeps_other_numbers(number: str) -> None:
    assert clean(f"it is {number}, now", spec(mask=["phone"])) == f"it is {number}, now"


@pytest.mark.parametrize(
    ("raw", "cleaned", "doubtful"),
    [
        ("a<b and c>d", "a<b and c>d", ["<b and c>"]),
        ("a</b or c>d", "a</b or c>d", ["</b or c>"]),
        ("if a<b>c", "if a c", ["<b>"]),
        ("see <script> and more", "see", ["<script> and more"]),
        ("see <!-- and more", "see", ["<!-- and more"]),
        ("a <!important> b", "a <!important> b", []),
        ("x<style and c>d", "x<style and c>d", ["<style and c>"]),
        ("<p>One<br/> <b>two</b><br /><input checked> <a href=x y>z</a >", "One two z", []),
        ("<img alt src=\"x\" /><p align = 'left'>q</p><td nowrap data-x>r", "q r", []),
        ("<!DOCTYPE html><style media=a>b</style>c", "c", []),
        ("x?a=1&region=eu&copy=2 &para;&amp;&#39s &eacute", "x?a=1&region=eu&copy=2 ¶&'s é", []),
    ],
)
def test_html_removal_takes_tags_and_tells_what_is_doubtful(raw: str, cleaned: str, doubtful: list[str]) -> None:
    found: list[str] = []
    assert clean(raw, spec(), found) == cleaned
    assert found == doubtful


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("\u202bword\u202c", "word"),
        ("Donau\u00addampf zero\u200bwidth", "Donaudampf zerowidth"),
        ("\u2764\ufe0f", "\u2764"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\U0001f469\U0001f467"),
        ("\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f3f3\U0001f308"),
        ("Auf\u200clage end\u200d", "Auflage end"),
        # Persian and Sinhala are written with joiners, Khmer words with spaces of no width between them.
        ("\u0645\u06cc\u200c\u0634\u0648\u062f", "\u0645\u06cc\u200c\u0634\u0648\u062f"),
        ("\u0645\u06cc\u200c\u200c\u0634\u200c", "\u0645\u06cc\u200c\u0634"),
        ("\u0dc1\u0dca\u200d\u0dbb\u0dd3", "\u0dc1\u0dca\u200d\u0dbb\u0dd3"),
        ("\u1781\u17d2\u200b\u1789", "\u1781\u17d2 \u1789"),
        ("a&zwj;b&shy;c", "abc"),
    ],
)
def test_clean_drops_what_nobody_sees(raw: str, seen: str) -> None:
    assert clean(raw, spec()) == clean(seen, spec()) == seen
    assert len(split_words(clean(raw, spec()), spec())) == len(seen.split())


def test_clean_removes_stop_words_if_configured() -> None:
    assert clean("The cat, and the hat.", spec(stop_words="english")) == "cat, hat."
    assert clean("der Hund und die Katze", spec(stop_words=["Der", "und", "die"])) == "Hund Katze"


def test_clean_rejects_empty_and_wrong_length() -> None:
    assert rejection_reason(" <br/> \n") == Reason.EMPTY
    assert rejection_reason("the and", stop_words="english") == Reason.EMPTY
    assert rejection_reason("abc", min_length=4) == Reason.TOO_SHORT
    assert rejection_reason("abc", max_length=2) == Reason.TOO_LONG


def test_clean_rejects_other_scripts_and_few_letters() -> None:
    assert rejection_reason("это русский text", script="latin") == Reason.OTHER_LANGUAGE
    assert clean("это русский text", spec(script="cyrillic")) == "это русский text"
    assert rejection_reason("12345", script="LATIN") == Reason.OTHER_LANGUAGE
    assert rejection_reason("a 1234 5678", min_letters=0.5) == Reason.OTHER_LANGUAGE


@pytest.mark.parametrize(
    ("data", "text"),
    [("für".encode(), "für"), (b"\xef\xbb\xbfhello", "hello"), ("für".encode("utf-16"), "für")],
)
def test_decode_text_reads_utf_8_and_byte_order_marks(data: bytes, text: str) -> None:
    assert decode_text(data, spec()) == text


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (
            "für".encode("latin-1"),
            "byte 0xfc at position 1 is not UTF-8 (invalid start byte); name its encoding, such as latin-1",
        ),
        (b"\xff\xfea", "byte 0x61 at position 2 is not UTF-16 (truncated data)"),
        (b"\x1f\x8b\x08\0", "the format is gzip; expected plain text"),
        (b"RIFF\1\2\0\0WAVEfmt \x10\0\0\0", "the format is WAV"),
        (b"SQLite format 3\0\x10", "the format is SQLite"),
    ],
)
def test_decode_text_says_what_a_file_is_and_what_to_do(data: bytes, detail: str) -> None:
    with pytest.raises(RejectedRecordError) as rejected:
        decode_text(data, spec())
    assert detail in rejected.value.detail


def test_decode_text_rejects_a_mark_of_another_encoding_than_the_one_that_is_set() -> None:
    """Read in Latin-1, each umlaut of such a text was two letters, without a word."""
    with pytest.raises(RejectedRecordError, match="prepare.text.encoding is latin-1; remove prepare.text.encoding"):
        decode_text("\ufefffür".encode(), spec(encoding="latin-1"))
    assert decode_text("\ufefffür".encode(), spec(encoding="utf8")).endswith("für")
    assert decode_text("\ufefffür".encode("utf-16-le"), spec(encoding="utf-16")) == "für"


def test_decode_text_rejects_non_text() -> None:
    assert rejection_reason("für".encode("latin-1")) == Reason.NOT_TEXT
    assert decode_text("für".encode("latin-1"), spec(encoding="latin-1")) == "für"
    assert rejection_reason(b"a\0b") == Reason.NOT_TEXT
    with pytest.raises(RejectedRecordError, match="not_text: a NUL character at position 1"):
        clean("a\0b", spec())
    assert rejection_reason(b"") == Reason.EMPTY
    assert rejection_reason(b"x" * 11, max_bytes=10) == Reason.TOO_MANY_BYTES


@settings(derandomize=True, deadline=None)
@given(text=st.text(max_size=80), fold=st.booleans())
def test_clean_gives_one_normalized_line(text: str, fold: bool) -> None:
    # Prepend a word, so that the clean text is not empty.
    cleaned = clean(f"word {text}", spec(fold_case=fold))
    assert cleaned == " ".join(cleaned.split())
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(one) == "Cc" for one in cleaned)


UNITS = (
    *("a", "a.", "a-", "a@", "a@b.", "x@y.-", "www.", "http://", "1.", "1:", "12 ", "+1 ", "(1", "ab cd ", "...."),
    *(
        "<script ",
        "<style",
        "<!a",
        "<a ",
        "<!--",
        "</script ",
        "<script>",
        "<a b ",
        "<a b=",
        "\u200d",
        "&amp",
        "\u0301",
        "é ",
        "ﷺ",
        "Ã©",
        "\n",
        "\t\n",
    ),
)


@pytest.mark.parametrize("unit", UNITS)
def test_cleaning_time_grows_with_the_length_of_a_text_and_not_with_its_square(unit: str) -> None:
    """In one of three attempts, twice the text takes at most 2.5 times as long, and 0.05 s that do not depend on it."""
    everything = spec(
        mask=["url", "email", "ip", "phone"], html="remove", fold_case=True, stop_words="english", min_letters=0
    )

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        return _processor_seconds(lambda: _clean_anything(text, everything))

    assert any(seconds(80_000) < 2.5 * seconds(40_000) + 0.05 for _ in range(3))


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("write to a.b+c@example.org.", "write to [EMAIL]."),
        ("...a@b.c", "...[EMAIL]"),
        ("-a@b.c-", "-[EMAIL]-"),
        ("a@b", "a@b"),
        ("@b.c", "@b.c"),
        ("ü@exämple.org, x@y.z", "[EMAIL], [EMAIL]"),
    ],
)
def test_email_mask_replaces_addresses_and_keeps_adjacent_text(raw: str, masked: str) -> None:
    assert clean(raw, spec(mask=["email"], min_letters=0)) == masked


@pytest.mark.parametrize("raw", ["a <script b <script>x</script> c", "a <!draft b <!DOCTYPE html> c"])
def test_html_tag_that_is_not_closed_does_not_take_the_next_one_with_it(raw: str) -> None:
    assert clean(raw, spec(html="remove")).endswith(" c")


def _clean_anything(text: str, settings: Text) -> None:
    with contextlib.suppress(RejectedRecordError):
        clean(text, settings)


def _processor_seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def test_clean_separates_words_at_control_characters_that_are_white_space() -> None:
    """Also where texts are repaired, as ftfy drops these characters."""
    raw = "a\x0bb\x0cc\x1cd\x1de\x1ef\x1fg\u2028h\u2029i"
    assert clean(raw, Text()) == clean(raw, Text(repair=False)) == "a b c d e f g h i"
