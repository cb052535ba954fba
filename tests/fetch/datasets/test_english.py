"""English is known by its common words, and what stands beside them; other languages are left alone."""

from headrace.fetch.datasets.english import english_lines

GIVEN_AWAY = [
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


def test_common_words_give_a_line_away() -> None:
    assert english_lines([*GIVEN_AWAY, *OTHERS]) == set(GIVEN_AWAY)


def test_a_line_without_them_is_known_by_words_that_stand_in_such_lines() -> None:
    hidden = "selected sections, written contents"
    assert english_lines([*GIVEN_AWAY, hidden, *OTHERS]) == {*GIVEN_AWAY, hidden}


def test_words_that_other_languages_use_too_or_that_nobody_else_uses_say_nothing() -> None:
    borrowed = "opties system sekcji una selected página"
    unheard = "multe greșeli asemenea acestea"
    assert english_lines([*GIVEN_AWAY, borrowed, unheard, *OTHERS]) == set(GIVEN_AWAY)


def test_without_any_english_nothing_is_taken_out() -> None:
    assert english_lines(OTHERS) == set()
    assert english_lines([]) == set()
