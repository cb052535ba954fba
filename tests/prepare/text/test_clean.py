"""Text is cleaned as asked and no further; what is left empty, or is no text, is rejected with its reason."""

import contextlib
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config.configuration import Text
from headrace.prepare.rejection import Reason, RejectedRecordError
from headrace.prepare.text.clean import clean, decode_text


def form(**changes: Any) -> Text:
    return Text.model_validate(changes)


def rejected(text: str | bytes, **changes: Any) -> Reason:
    with pytest.raises(RejectedRecordError) as found:
        decode_text(text, form(**changes)) if isinstance(text, bytes) else clean(text, form(**changes))
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
def test_by_default_text_is_repaired_and_freed_of_html_and_control_characters(raw: str, cleaned: str) -> None:
    assert clean(raw, form()) == cleaned


def test_what_is_not_asked_for_is_not_done() -> None:
    assert clean("<p>schÃ¶n</p>", form(repair=False, html="keep")) == "<p>schÃ¶n</p>"


def test_case_is_folded_on_request() -> None:
    assert clean("STRASSE Straße", form(fold_case=True)) == "strasse strasse"


@pytest.mark.parametrize(
    ("kind", "raw", "cleaned"),
    [
        ("url", "see https://a.org/x?y=1, or www.b.de.", "see [URL], or [URL]."),
        ("email", "write to a.b+c@mail.example.org!", "write to [EMAIL]!"),
        ("ip", "from 192.168.0.1 or 2001:db8:0:1:1:1:1:1, not 1.2.3.4.5 or 999.1.1.1", None),
        ("phone", "call +49 30 1234567 or (030) 123-4567, in 1999 or 2024", None),
    ],
)
def test_addresses_and_numbers_are_masked_on_request(kind: str, raw: str, cleaned: str | None) -> None:
    expected = {
        "ip": "from [IP] or [IP], not 1.2.3.4.5 or 999.1.1.1",
        "phone": "call [PHONE] or [PHONE], in 1999 or 2024",
    }
    assert clean(raw, form(mask=[kind])) == (cleaned or expected[kind])
    assert clean(raw, form()) == raw


def test_stop_words_are_left_out_on_request() -> None:
    assert clean("The cat, and the hat.", form(stop_words="english")) == "cat, hat."
    assert clean("der Hund und die Katze", form(stop_words=["Der", "und", "die"])) == "Hund Katze"


def test_what_is_left_empty_or_of_the_wrong_length_is_rejected() -> None:
    assert rejected(" <br/> \n") == Reason.EMPTY
    assert rejected("the and", stop_words="english") == Reason.EMPTY
    assert rejected("abc", min_length=4) == Reason.TOO_SHORT
    assert rejected("abc", max_length=2) == Reason.TOO_LONG


def test_text_of_another_script_or_of_few_letters_is_rejected() -> None:
    assert rejected("это русский text", script="latin") == Reason.OTHER_LANGUAGE
    assert clean("это русский text", form(script="cyrillic")) == "это русский text"
    assert rejected("12345", script="LATIN") == Reason.OTHER_LANGUAGE
    assert rejected("a 1234 5678", min_letters=0.5) == Reason.OTHER_LANGUAGE


@pytest.mark.parametrize(
    ("data", "text"),
    [("für".encode(), "für"), (b"\xef\xbb\xbfhello", "hello"), ("für".encode("utf-16"), "für")],
)
def test_files_are_utf_8_or_carry_a_mark(data: bytes, text: str) -> None:
    assert decode_text(data, form()) == text


def test_bytes_that_are_no_text_are_rejected() -> None:
    assert rejected("für".encode("latin-1")) == Reason.NOT_TEXT
    assert decode_text("für".encode("latin-1"), form(encoding="latin-1")) == "für"
    assert rejected(b"a\0b") == Reason.NOT_TEXT
    assert rejected(b"") == Reason.EMPTY
    assert rejected(b"x" * 11, max_bytes=10) == Reason.TOO_MANY_BYTES


@settings(derandomize=True, deadline=None)
@given(text=st.text(max_size=80), fold=st.booleans())
def test_clean_text_is_one_line_in_normal_form(text: str, fold: bool) -> None:
    # A word before it, so that something is left.
    cleaned = clean(f"word {text}", form(fold_case=fold))
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
    """Twice the text takes at most 2.5 times as long, and 0.05 s for what does not depend on it."""
    everything = form(
        mask=["url", "email", "ip", "phone"], html="remove", fold_case=True, stop_words="english", min_letters=0
    )

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        return min(_processor_seconds(lambda: _clean_anything(text, everything)) for _ in range(3))

    assert seconds(200_000) < 2.5 * seconds(100_000) + 0.05


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
def test_email_mask_replaces_addresses_and_leaves_what_stands_beside_them(raw: str, masked: str) -> None:
    assert clean(raw, form(mask=["email"], min_letters=0)) == masked


@pytest.mark.parametrize("raw", ["a <script b <script>x</script> c", "a <!draft b <!DOCTYPE html> c"])
def test_html_tag_that_is_not_closed_does_not_take_the_next_one_with_it(raw: str) -> None:
    assert clean(raw, form(html="remove")).endswith(" c")


def _clean_anything(text: str, settings: Text) -> None:
    with contextlib.suppress(RejectedRecordError):
        clean(text, settings)


def _processor_seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
