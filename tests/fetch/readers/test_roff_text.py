"""Running text is extracted from the source of a manual page as a reader sees it."""

from headrace.fetch.datasets.manual_page_languages import is_sentence
from headrace.fetch.readers.roff_text import running_text

PAGE = r""".\" a comment
.TH LS 1 "September 2022" "GNU coreutils 9.1"
.SH BEZEICHNUNG
ls \- Verzeichnisinhalte auflisten
\fB\-a\fP, \fB\-\-all\fP
Die \f[BI]impliziten\f[R] Einträge \(aq.\(aq und \[lq]..\[rq] nicht\& auflisten
.EX
int main(void) { return 0; }
.EE
.nf
literal
.fi
a backslash \e, done\s-1 small\s0
"""


def test_running_text_excludes_requests_and_literal_blocks_and_resolves_escapes() -> None:
    assert running_text(PAGE) == [
        "ls - Verzeichnisinhalte auflisten",
        "-a, --all",
        "Die impliziten Einträge '.' und “..” nicht auflisten",
        "a backslash \\, done small",
    ]


def test_sentence_needs_enough_words_and_letters() -> None:
    assert is_sentence("Die impliziten Einträge und viele andere nicht auflisten")
    assert not is_sentence("-a, --all /usr/bin x=3 --author --block-size --color")
    assert not is_sentence("te en de of an be to")
