"""English lines are detected by common words and by words that occur with them; other languages are kept."""

from headrace.fetch.readers.untranslated_english_lines import english_lines

ENGLISH_LINES = [
    "This page documents the system call with all its arguments",
    "to be an owner of files at once",
    "display the contents of the section that was selected",
    "and sections are written with relocations when selected",
]
OTHERS = [
    "veel opties of is in het algemeen niet mogelijk hier",
    "Die impliziten Einträge und viele andere nicht auflisten",
    "Esta página describe la llamada al sistema",
    "zawartość sekcji jest wyświetlana w formacie surowym",
]


def test_lines_with_common_english_words_are_english() -> None:
    assert english_lines([*ENGLISH_LINES, *OTHERS]) == set(ENGLISH_LINES)


def test_line_with_words_of_english_lines_is_english() -> None:
    hidden = "selected sections, written contents"
    assert english_lines([*ENGLISH_LINES, hidden, *OTHERS]) == {*ENGLISH_LINES, hidden}


def test_shared_and_unseen_words_do_not_make_a_line_english() -> None:
    borrowed = "opties system sekcji una selected página"
    unheard = "multe greșeli asemenea acestea"
    assert english_lines([*ENGLISH_LINES, borrowed, unheard, *OTHERS]) == set(ENGLISH_LINES)


def test_no_line_is_english_without_english_lines() -> None:
    assert english_lines(OTHERS) == set()
    assert english_lines([]) == set()
