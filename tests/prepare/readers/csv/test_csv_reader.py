"""CSV is read as Python's csv module and pandas read it, or rejected with the line."""

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config.table_reader_options import ReaderOptions, parse_reader_options
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers import Row, RowRange, open_reader
from headrace.prepare.readers.csv import csv_reader as module
from headrace.prepare.readers.csv import csv_records_and_broken_lines as records
from headrace.prepare.rejects.reasons_and_exceptions import Reason

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
CELLS = st.text(CHARACTERS, max_size=12)
# Cells that make CSV hard to read.
HARD_CELLS = st.text(st.sampled_from('",\n\r;\t|\\ a\u00e9'), max_size=8)
LINES = st.text(st.sampled_from('",\nab '), max_size=60)
SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv")


def read(path: Path, wanted: list[str], max_bytes: int = 2**26, **options: str) -> list[Row]:
    reader = open_reader(path, path.name, "csv", wanted, parse_reader_options("csv", options))
    return [row for part in reader.ranges(max_bytes) for row in reader.rows(part)]


def described(rows: list[Row]) -> list[str]:
    return [repr(row) for row in rows]


def write(path: Path, rows: list[list[str]], encoding: str = "utf-8", **dialect: Any) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def cells(rows: list[Row], *names: str) -> list[list[str]]:
    return [[row.values[name] or "" for name in names] for row in rows if row.rejection is None]


@SETTINGS
@given(
    rows=st.lists(st.tuples(HARD_CELLS | CELLS, HARD_CELLS).map(list), max_size=8),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_csv_reader_restores_what_the_csv_module_wrote(
    rows: list[list[str]], ends: str, encoding: str, folder: Path
) -> None:
    dialect = {"lineterminator": ends, "quoting": csv.QUOTE_ALL}
    path = write(folder / "some.csv", [["a", "b"], *rows], encoding, **dialect)
    assert cells(read(path, ["a", "b"], multiLine="true"), "a", "b") == rows


@SETTINGS
@given(rows=st.lists(st.tuples(HARD_CELLS, HARD_CELLS).map(list), min_size=1, max_size=8))
def test_csv_reader_restores_what_pandas_wrote(rows: list[list[str]], folder: Path) -> None:
    # Neither pandas nor the csv module quotes a carriage return alone.
    rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    path = folder / "pandas.csv"
    pd.DataFrame(rows, columns=["a", "b"]).to_csv(path, index=False)
    assert cells(read(path, ["a", "b"], multiLine="true"), "a", "b") == rows


@SETTINGS
@given(lines=LINES, size=st.integers(1, 40))
def test_csv_reader_yields_the_same_rows_in_ranges_of_any_size(lines: str, size: int, folder: Path) -> None:
    path = folder / "ranges.csv"
    path.write_text(f"a,b\n{lines}", newline="")
    assert described(read(path, ["a", "b"], size)) == described(read(path, ["a", "b"]))


@SETTINGS
@given(lines=LINES)
def test_csv_reader_agrees_with_the_csv_module_unless_it_rejects_a_row(lines: str, folder: Path) -> None:
    path = folder / "any.csv"
    path.write_text(f"a,b\n{lines}", newline="")
    rows = read(path, ["a", "b"], ignoreLeadingWhiteSpace="false")
    if any(row.rejection is not None for row in rows):
        return
    expected = [row for row in csv.reader(io.StringIO(lines, newline=""), strict=True) if row]
    assert cells(rows, "a", "b") == [row for row in expected if len(row) == 2]


def test_csv_reader_keeps_a_missing_value_of_a_single_column(tmp_path: Path) -> None:
    """Pandas writes it as `""`, which is a record; a blank line is none."""
    path = tmp_path / "one.csv"
    pd.DataFrame({"text": ["a", None, "b"]}).to_csv(path, index=False)
    path.write_text(path.read_text() + "\n  \nc\n")
    assert [(row.number, row.values["text"]) for row in read(path, ["text"])] == [
        (2, "a"),
        (3, None),
        (4, "b"),
        (7, "c"),
    ]


def test_csv_reader_rejects_one_line_for_an_unclosed_quote(tmp_path: Path) -> None:
    path = tmp_path / "inch.csv"
    path.write_text('text,label\nfine,good\n"6 inch,bad\na 5" pipe,good\nlast,bad\n')
    rows = read(path, ["text", "label"])
    assert [(row.number, row.rejection and row.rejection.reason) for row in rows] == [
        (2, None), (3, Reason.DAMAGED), (4, None), (5, None),
    ]  # fmt: skip
    assert rows[1].rejection is not None
    assert "line 3" in rows[1].rejection.detail
    assert rows[2].values["text"] == 'a 5" pipe'


STRAY = """text,label
one,good
two,bad
"four inch,bad
five,good
six,bad
eight inch",good
nine,bad
"""


def test_csv_reader_rejects_the_line_of_a_stray_quote_that_a_later_one_closes(tmp_path: Path) -> None:
    """By RFC 4180 lines 4 to 7 are one record, so that all readers lose three of them without a word."""
    path = tmp_path / "stray.csv"
    path.write_text(STRAY)
    rows = read(path, ["text", "label"])
    assert [row.number for row in rows if row.rejection] == [4]
    assert "line 4 opens a quote that line 7 closes" in str(rows[2].rejection)
    assert [row.values["text"] for row in rows if not row.rejection] == [
        "one",
        "two",
        "five",
        "six",
        'eight inch"',
        "nine",
    ]
    trusted = read(path, ["text", "label"], multiLine="true")
    assert [row.rejection for row in trusted] == [None] * 4
    ranges = read(path, ["text", "label"], 20)
    assert [(row.number, row.values) for row in ranges] == [(row.number, row.values) for row in rows]


def test_csv_reader_finds_stray_quotes_far_behind_the_first_records(tmp_path: Path) -> None:
    """In the order of the classes, the class of the joined lines comes late; or all of its lines are joined."""
    path = tmp_path / "sorted.csv"
    records = [f"text {number},{'early' if number < 1200 else 'late'}" for number in range(1500)]
    records[1300], records[1301] = '"four inch,late', 'five inch",other'
    records += ['"six inch,last', "seven,last", 'eight inch",last']
    path.write_text("\n".join(["text,label", *records, ""]))
    rows = read(path, ["text", "label"])
    assert [row.number for row in rows if row.rejection] == [1302, 1502]
    assert [row.values for row in rows[-2:]] == [
        {"text": "seven", "label": "last"},
        {"text": 'eight inch"', "label": "last"},
    ]


@pytest.mark.parametrize(
    "record",
    [
        '"a text, and more\nof it",good',
        '"one, two\nthree, four",good',
        '"good\nbad",good',
        '"two lines,\n\nand a break",bad',
        '"a, good thing\nis",bad',
    ],
)
def test_csv_reader_takes_texts_of_several_lines(tmp_path: Path, record: str) -> None:
    """Commas in prose are no sign of a stray quote."""
    path = tmp_path / "prose.csv"
    path.write_text(f"text,label\nx,good\ny,bad\n{record}\nz,bad\n")
    rows = read(path, ["text", "label"])
    assert [row.rejection for row in rows] == [None] * 4


def test_csv_reader_rejects_rows_with_other_numbers_of_fields(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("a,b\n1,2\n1\n1,2,3\n\n  \n4,5\n")
    rows = read(path, ["a", "b"])
    assert [(row.number, row.rejection is None) for row in rows] == [
        (2, True),
        (3, False),
        (4, False),
        (7, True),
    ]


def test_csv_reader_rejects_a_header_within_the_file(tmp_path: Path) -> None:
    path = tmp_path / "joined.csv"
    path.write_text("a,b\n1,2\na,b\n3,4\nA, B\n")
    assert [row.rejection is None for row in read(path, ["a", "b"])] == [True, False, True, False]


def test_csv_reader_rejects_bytes_that_are_not_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("a,b\ncafé,1\nplain,2\n".encode("latin-1"))
    rows = read(path, ["a", "b"])
    assert [row.rejection and row.rejection.reason for row in rows] == [Reason.NOT_TEXT, None]
    assert cells(read(path, ["a", "b"], encoding="latin-1"), "a") == [["café"], ["plain"]]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_csv_reader_finds_the_separator_that_gives_the_columns(tmp_path: Path, separator: str) -> None:
    path = write(tmp_path / "other.csv", [["a", "b"], ["1,5", "x"]], delimiter=separator)
    assert cells(read(path, ["a", "b"]), "a", "b") == [["1,5", "x"]]


def test_csv_reader_follows_its_options(tmp_path: Path) -> None:
    path = tmp_path / "spark.csv"
    path.write_text('# made by hand\na, b \n"say \\"hi\\", all", x \nNA,y\n')
    options = {"escape": "\\", "comment": "#", "nullValue": "NA"}
    rows = read(path, ["a", "b"], ignoreLeadingWhiteSpace="true", ignoreTrailingWhiteSpace="TRUE", **options)
    assert [row.values for row in rows] == [{"a": 'say "hi", all', "b": "x"}, {"a": None, "b": "y"}]


@pytest.mark.parametrize("options", [{}, {"escape": "\\"}])
def test_csv_reader_takes_the_null_of_databases_for_a_missing_value(options: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "dump.csv"
    path.write_text("a,b,c\n\\N,\\N,x\ny,\\N z,\\N\n")
    first, last = read(path, ["a", "b", "c"], **options)
    assert list(first.values.values()) == [None, None, "x"]
    assert (last.values["a"], last.values["c"]) == ("y", None)


def test_csv_reader_takes_quotes_after_spaces_as_those_of_the_field(tmp_path: Path) -> None:
    """As pandas does with skipinitialspace."""
    path = tmp_path / "spaced.csv"
    path.write_text('id, "text", "label"\n1, "a, ""b""", "x y"\n2, "c\nd", z\n3, e, z\n')
    expected = [["1", 'a, "b"', "x y"], ["2", "c\nd", "z"], ["3", "e", "z"]]
    assert cells(read(path, ["id", "text", "label"]), "id", "text", "label") == expected
    assert pd.read_csv(path, skipinitialspace=True, dtype=str).to_numpy().tolist() == expected


def test_csv_reader_finds_quotes_after_spaces_far_behind_the_first_records(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("text,label\n" + "plain,x\n" * 3000 + 'late, "a, b"\n' * 3)
    assert cells(read(path, ["text", "label"]), "text", "label")[3000:] == [["late", "a, b"]] * 3


@pytest.mark.parametrize("max_bytes", [20, 2**26])
def test_csv_reader_leaves_out_byte_order_marks_where_files_were_joined(tmp_path: Path, max_bytes: int) -> None:
    path = tmp_path / "joined.csv"
    one = '\ufefftext,label\n"a, b",x\nc,y\n'
    path.write_text(one + one + '\ufeff"d, e",x\n')
    rows = read(path, ["text", "label"], max_bytes)
    assert cells(rows, "text", "label") == [["a, b", "x"], ["c", "y"]] * 2 + [["d, e", "x"]]
    assert [(row.number, row.rejection.detail) for row in rows if row.rejection] == [
        (4, "line 4 repeats the header, as in concatenated files")
    ]


def test_csv_reader_reads_utf_32_with_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("text,label\na,x\n", "utf-32")
    assert cells(read(path, ["text"], 5), "text") == [["a"]]


def test_csv_reader_finds_records_that_may_be_comments(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("text,label\na,x\n# by me, today\n#\n")
    assert module.CsvReader(path, path.name, ["text"], ReaderOptions()).find_comments() == (1, 3)
    assert module.CsvReader(path, path.name, ["text"], ReaderOptions(comment="#")).find_comments() == (0, 0)
    path.write_text('#text,label\n"a\n# b",x\n')
    assert module.CsvReader(path, path.name, ["label"], ReaderOptions()).find_comments() == (0, 0)


def test_csv_reader_says_that_a_first_line_may_be_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("# by me, today\ntext,label\na,x\n")
    with pytest.raises(ConfigurationError, match=r"if its first line is a comment, set .*options\.comment to '#'"):
        read(path, ["text"])


@pytest.mark.parametrize(
    ("first", "found"),
    [
        ("good,5", True),
        ("a,-1.5", True),
        ("one two three four five six seven,b", True),
        ("review of a film,stars", False),
    ],
)
def test_csv_reader_says_that_a_first_line_may_be_a_record(first: str, found: bool, tmp_path: Path) -> None:
    """As in part files of a job that writes no header."""
    path = tmp_path / "part-00001.csv"
    path.write_text(f"{first}\nb,2\n")
    with pytest.raises(ConfigurationError, match="its columns are: ") as raised:
        read(path, ["text"])
    assert ("if its first line is a record, write the names of the columns" in str(raised.value)) is found


def test_csv_reader_keeps_quotes_in_texts_after_spaces(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text('text,label\n "Hi" he said,x\n "Hi" she said, "y"\n')
    expected = [[' "Hi" he said', "x"], [' "Hi" she said', ' "y"']]
    assert cells(read(path, ["text", "label"]), "text", "label") == expected
    path.write_text('text,label\n "Hi", "y"\n')
    assert read(path, ["label"], ignoreLeadingWhiteSpace="false")[0].values == {"label": ' "y"'}


def test_csv_reader_reads_spaces_after_quotes_with_the_option(tmp_path: Path) -> None:
    path = tmp_path / "padded.csv"
    path.write_text('text,label\n"a ""b"" , c" , "x"\t\n"d\ne"  ,y\n"f" g,z\n')
    rows = read(path, ["text", "label"], ignoreTrailingWhiteSpace="true")
    assert cells(rows, "text", "label") == [['a "b" , c', "x"], ["d\ne", "y"]]
    assert [row.number for row in rows if row.rejection] == [5]
    rejection = read(path, ["text", "label"])[0].rejection
    assert rejection is not None
    assert "set data.source.options.ignoreTrailingWhiteSpace to true" in rejection.detail


@pytest.mark.parametrize(("line", "separator"), [("sep=;", ";"), ("sep=,", ",")])
def test_csv_reader_says_what_the_first_line_of_excel_is(tmp_path: Path, line: str, separator: str) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes(f"\ufeff{line}\r\ntext{separator}label\r\nx{separator}a\r\n".encode())
    with pytest.raises(ConfigurationError, match=rf"is one of Excel; remove it, and set .*sep to '{separator}'"):
        read(path, ["text", "label"])


def test_csv_reader_numbers_columns_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("1,2\n3,4\n")
    assert cells(read(path, ["_c0", "_c1"]), "_c0", "_c1") == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("kind", ["gzip", "bz2", "xz", "zstd"])
def test_csv_reader_decompresses_by_the_first_bytes(tmp_path: Path, kind: str) -> None:
    import bz2
    import gzip
    import lzma

    import pyarrow as pa

    compress = {
        "gzip": gzip.compress,
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "zstd": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
    }[kind]
    data = b"a,b\n" + b"1,2\n" * 1000
    path = tmp_path / "data.csv"
    path.write_bytes(compress(data))
    assert len(read(path, ["a", "b"], max_bytes=10)) == 1000
    if kind != "zstd":
        path.write_bytes(compress(data)[:-5])
        with pytest.raises(DataError, match="is damaged or truncated"):
            read(path, ["a", "b"])


def test_csv_reader_refuses_other_files_and_missing_columns(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(b"PK\x03\x04 anything")
    with pytest.raises(DataError, match="is a zip archive or an Office document; expected text; .* as CSV"):
        read(path, ["a"])
    path.write_text("a,a,b\n1,2,3\n")
    with pytest.raises(ConfigurationError, match="has the column 'a' 2 times; expected each once. Give"):
        read(path, ["a"])
    with pytest.raises(ConfigurationError, match="has no column 'c'; its columns are: a, a, b"):
        read(path, ["c"])


@pytest.mark.parametrize(
    ("name", "hint"), [("label", " Is 'Label' meant?"), ("lable", " Is 'Label' meant?"), ("x", "")]
)
def test_csv_reader_asks_for_the_column_that_may_be_meant(tmp_path: Path, name: str, hint: str) -> None:
    (tmp_path / "some.csv").write_text("Text, Label\na,b\n")
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path / "some.csv", [name])
    assert str(refused.value).endswith(f"has no column {name!r}; its columns are: Text, Label.{hint}")


def test_csv_reader_says_that_other_quotes_may_be_around_fields(tmp_path: Path) -> None:
    path = tmp_path / "single.csv"
    path.write_text("text,label\n'one, two','a'\n")
    (row,) = read(path, ["text", "label"])
    assert row.rejection is not None
    assert row.rejection.detail.endswith(
        "expected 2, as in the first line of the file; if ' is around fields, set data.source.options.quote to it"
    )
    assert cells(read(path, ["text", "label"], quote="'"), "text", "label") == [["one, two", "a"]]


def test_csv_reader_says_how_quotes_are_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "inches.tsv"
    path.write_text('text\tlabel\n"5 of pipe\ta\nplain\tb\n')
    (row, _) = read(path, ["text", "label"])
    assert row.rejection is not None
    assert row.rejection.detail.endswith("; if quotes are part of the text, set data.source.options.quote to ''")
    assert cells(read(path, ["text", "label"], quote=""), "text") == [['"5 of pipe'], ["plain"]]


@pytest.mark.parametrize(
    "line", ['"abc,good\n', 'x "y",z\n', '"a""b",c\n', '"a\nb",c\n', '""",""\n', '"a","b\n', '"a" ,"b\n']
)
def test_csv_reader_reads_each_line_a_few_times_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Broken quotes send the reader back; it must not take the square of the number of lines."""
    taken = [0]
    take = records._RecordLines.__next__

    def count(lines: records._RecordLines) -> str:
        taken[0] += 1
        return take(lines)

    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + line * 2000)
    total = path.read_text().count("\n")
    monkeypatch.setattr(records._RecordLines, "__next__", count)
    for strip, times in ((False, 3), (True, 4)):
        taken[0] = 0
        rows = list(records.split_records(path.open(newline=""), ReaderOptions(separator=",", strip_right=strip)))
        assert len(rows) > 1000
        assert taken[0] <= times * total


def test_csv_reader_gives_up_a_quote_after_the_largest_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_RECORD", 100)
    path = tmp_path / "open.csv"
    path.write_text('a,b\n"open,1\n' + "x,y\n" * 100)
    rows = read(path, ["a", "b"])
    assert len(rows) == 101
    assert [row.number for row in rows if row.rejection] == [2]


def test_csv_reader_reads_a_range_from_its_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    reader = open_reader(path, path.name, "csv", ["a"], parse_reader_options("csv", {}))
    assert list(reader.rows(RowRange(path.name, 8, 4, 3))) == [Row(3, {"a": "3"})]


def test_utf_16_without_a_mark_is_refused_with_the_option_that_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\nhello,pos\n".encode("utf-16-le"))
    with pytest.raises(DataError, match=r"holds zero bytes, as UTF-16 .* set data\.source\.options\.encoding"):
        module.CsvReader(path, "a.csv", [], ReaderOptions())
    columns = module.CsvReader(path, "a.csv", ["text"], ReaderOptions(encoding="utf-16-le")).columns
    assert columns == ["text", "label"]


@pytest.mark.parametrize("title", ["Report of 2024,,", "Report of 2024\n", '"A, title"', "of 2024\n\nby region"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_reader_names_the_line_of_a_header_below_a_title(tmp_path: Path, title: str, separator: str) -> None:
    """The message listed columns without a name."""
    text = f"{title}\ntext,label,x\na,b,1\n".replace(",", separator)
    (tmp_path / "a.csv").write_text(text)
    line = text.splitlines().index(separator.join(("text", "label", "x"))) + 1
    with pytest.raises(ConfigurationError, match=f"no column 'text'; its line {line} has it, .* remove what is above"):
        open_reader(tmp_path / "a.csv", "a.csv", "csv", ["text", "label"], ReaderOptions())
