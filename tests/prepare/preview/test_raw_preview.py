"""The preview of raw data shows formats, columns and classes, what would be rejected and what looks like a mistake."""

import datetime
import json
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.cli.application import app
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.preview.preview_text import as_text
from headrace.prepare.preview.raw_preview import preview
from tests.prepare.sources.archives.test_archive_source import pack
from tests.support.raw_images import encode_image, noise_image, write_source
from tests.support.sounds import encode_sound, tone, write_sounds
from tests.support.table_rows import TEXTS, WRITERS


@pytest.mark.parametrize("table_format", sorted(WRITERS))
def test_preview_of_a_table_has_columns_classes_and_rejects(tmp_path: Path, table_format: str) -> None:
    WRITERS[table_format](tmp_path / f"data.{table_format}", 0)
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    about = preview(str(tmp_path))
    assert (about["kind"], about["format"], about["ignored"]) == ("table", table_format, 1)
    columns = {column["name"]: column for column in about["columns"]}
    assert columns["text"]["examples"] == TEXTS[:3]
    assert columns["text"]["distinct"] == len(TEXTS)
    assert sorted(about["classes"].values()) == [2, 2, 3]
    damaged = table_format in ("csv", "json")
    assert about["rejects"] == ({"damaged": 1} if damaged else {})
    assert f"data.{table_format}" in "".join(about["rejected"]) or not damaged
    assert "labels by the column 'label'" in as_text(about)


def test_preview_for_people_says_how_many_more_are_rejected_and_what_is_not_checked(tmp_path: Path) -> None:
    write_source(tmp_path / "raw")
    for number in range(20, 25):
        (tmp_path / f"raw/cat/{number}.png").touch()
    text = as_text(preview(str(tmp_path / "raw")))
    assert text.count("rejected: cat/") == 3
    assert "rejected: 2 other records" in text
    (tmp_path / "a.csv").write_text("text,label\nsome text,a\n,b\n")
    text = as_text(preview(str(tmp_path / "a.csv")))
    assert "text  text, 1 missing, 1 distinct" in text
    assert "2 records read; `prepare` also rejects empty and short texts\n" in text


def test_preview_speaks_of_images_and_sounds_where_a_column_may_have_them(tmp_path: Path) -> None:
    (tmp_path / "paths.csv").write_text("image,label\npets/1.jpg,a\npets/2.png,b\n")
    assert "images and audio that are missing" in as_text(preview(str(tmp_path / "paths.csv")))
    pq.write_table(pa.table({"image": [b"\xff\xd8", b"\xff"], "n": [1, 2]}), tmp_path / "a.parquet")
    assert "`prepare` also rejects images and audio" in as_text(preview(str(tmp_path / "a.parquet")))
    (tmp_path / "numbers.csv").write_text("x,n\n1.5,1\n2.5,2\n")
    assert "2 records read\n" in as_text(preview(str(tmp_path / "numbers.csv"))) + "\n"


def test_preview_of_csv_says_what_the_values_of_each_column_are(tmp_path: Path) -> None:
    """The cells of CSV are all texts; the reader wants to know which columns can be numbers."""
    header = "rooms,price,sold,lift,built,city,size,note,empty\n"
    rows = "3,1.5e3,2024-05-01,yes,31.12.1999,Bern,40,,\n-4,2,2024-05-02 10:00,no,01.02.2000,Basel,?,nan,\n"
    (tmp_path / "a.csv").write_text(header + rows)
    about = preview(str(tmp_path / "a.csv"))
    assert {column["name"]: column["content"] for column in about["columns"]} == {
        "rooms": "integer", "price": "number", "sold": "date", "lift": "truth value", "built": "date", "city": "text",
        "size": "integer/text", "note": "none", "empty": None,
    }  # fmt: skip
    text = as_text(about)
    assert "  rooms  integer, 2 distinct, '3', '-4'" in text
    assert (
        "for a model of rows, prepare.tabular.numbers can name rooms, price; prepare.tabular.categories is for "
        "sold (date), lift (truth value), built (date), city (text); size (integer/text) can be in numbers once each "
        "cell is empty or written as 1234.5, without a unit; as they are, they can be in categories"
    ) in text


@pytest.mark.parametrize(
    ("cells", "content", "advice"),
    [
        (["1,5", "2,5"], "number with other separators", "x (number with other separators) can be in numbers once"),
        (["1.234,5", "900"], "number with other separators/integer", "can be in numbers once"),
        (["1,234", "12 345"], "number with other separators", "can be in numbers once"),
        (["1.5", "1.5", "1,5"], "number/number with other separators", "can be in numbers once each cell is empty or"),
        (["5 %", "$7.50"], "number with a unit", "x (number with a unit) can be in numbers once"),
        (
            ["00000", "00001"],
            "code with leading zeros",
            "prepare.tabular.categories is for x (code with leading zeros)",
        ),
        (
            ["10115", "01067"],
            "code with leading zeros",
            "prepare.tabular.categories is for x (code with leading zeros)",
        ),
        (["0", "7"], "integer", "prepare.tabular.numbers can name n, x"),
        (["3A", "747 B"], "text", "prepare.tabular.categories is for x (text)"),
        (["1.2.3", "10,20,30"], "text", "prepare.tabular.categories is for x (text)"),
    ],
)
def test_preview_says_which_texts_are_numbers_written_otherwise(
    tmp_path: Path, cells: list[str], content: str, advice: str
) -> None:
    """It advised to make categories of decimal commas, and numbers of postal codes."""
    (tmp_path / "a.csv").write_text("n;x\n" + "".join(f"{number};{cell}\n" for number, cell in enumerate(cells)))
    about = preview(str(tmp_path / "a.csv"))
    assert {column["name"]: column["content"] for column in about["columns"]} == {"n": "integer", "x": content}
    assert advice in as_text(about)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\3\4xl/workbook.xml", "is a zip archive or an Office document; .*save the document as CSV"),
        (b"ARROW1\0\0", "is an Arrow file; .*save it as Parquet"),
        (b"FEA1\0\0", "is a Feather file; .*save it as Parquet"),
        (b"Obj\1\4\x14", "is an Avro file; .*save it as Parquet"),
        (b"<?xml version='1.0'?><rows/>", "is in the format HTML or XML; .*save a table as CSV"),
        (b"\x89PNG\r\n\x1a\n", "is not a folder"),
    ],
)
def test_preview_of_a_file_of_another_format_names_it(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / "file.data").write_bytes(content)
    with pytest.raises(DataError, match=name):
        preview(str(tmp_path / "file.data"))


@pytest.mark.parametrize(
    ("name", "content", "format_name"),
    [
        ("x.pkl", b"\x80\5\x95h\7\0\0", "pickle of Python"),
        ("x.data", b"\x80\4\x95h\7\0\0", "pickle of Python"),
        ("x.mat", b"MATLAB 5.0 MAT-file, Platform: GLNXA64\0", "MATLAB"),
        ("x.RData", b"RDX3\nX\n\0\0", "R"),
    ],
)
def test_preview_of_a_file_of_data_names_its_format(
    tmp_path: Path, name: str, content: bytes, format_name: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"is in the format {format_name}; .*save a table as CSV, JSON lines or Parq"):
        preview(str(tmp_path / name))


@pytest.mark.parametrize("folder", [".", "train"])
def test_preview_of_a_data_set_of_hugging_face_in_arrow_files_is_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train"]}')
    for name in ("state.json", "dataset_info.json"):
        (tmp_path / folder / name).write_text("{}")
    (tmp_path / folder / "data-00000-of-00001.arrow").write_bytes(b"\xff\xff\xff\xff")
    with pytest.raises(DataError, match=r"Hugging Face in Arrow files, such as .*Dataset.to_parquet"):
        preview(str(tmp_path))


def test_annotations_of_coco_are_not_suggested_as_labels(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "0.jpg").write_bytes(encode_image(noise_image(8, 8), "JPEG"))
        (tmp_path / split / "_annotations.coco.json").write_text('{"images": [], "annotations": []}')
    with pytest.raises(DataError, match=r"'train/_annotations.coco.json' holds annotations in COCO's format"):
        preview(str(tmp_path))


def test_preview_of_parquet_names_the_types_of_its_columns(tmp_path: Path) -> None:
    rows = [{"n": number, "lift": True, "at": "2024-05-01", "text": "some"} for number in range(2)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    about = preview(str(tmp_path / "a.parquet"))
    assert [(column["type"], column["content"]) for column in about["columns"]] == [
        ("int", None), ("bool", None), ("str", "date"), ("str", "text"),
    ]  # fmt: skip
    assert "numbers can name n; prepare.tabular.categories is for lift (truth value), at (date)" in as_text(about)


def test_preview_of_numbers_to_predict_has_their_range_and_lists_no_classes(tmp_path: Path) -> None:
    """Hundreds of numbers that occur once would fill the screen, and the line of JSON."""
    rows = "".join(f"{number},{900 + number / 2}\n" for number in range(200)) + "7,?\n7,?\n"
    (tmp_path / "flats.csv").write_text("area,price\n" + rows)
    found = preview(str(tmp_path / "flats.csv"), "price")
    assert (found["numbers"], found["classes"]) == ({"distinct": 200, "min": "900.0", "max": "999.5"}, {"?": 2})
    expected = "numbers to predict, which need prepare.task: regression: 200 distinct, from 900.0 to 999.5"
    assert expected in as_text(found)
    # Nothing about classes but of those that are no numbers, and nothing about images and sounds.
    assert [warning[:24] for warning in found["warnings"]] == ["'?' is used as a class; "]
    assert "202 records read\n" in as_text(found)
    (tmp_path / "digits.csv").write_text("text,label\n" + "".join(f"some,{number % 40}\n" for number in range(80)))
    found = preview(str(tmp_path / "digits.csv"))
    assert (found["numbers"], len(found["classes"])) == (None, 40)


@pytest.mark.parametrize("format_name", ["csv", "parquet"])
def test_preview_says_which_columns_tell_little_as_numbers_and_categories(tmp_path: Path, format_name: str) -> None:
    start = datetime.date(2026, 1, 1)
    rows = pa.table(
        {
            "id": list(range(40)),
            "area": [40.5 + row for row in range(40)],
            "listed": [start + datetime.timedelta(row) for row in range(40)],
            "district": ["north", "harbour"] * 20,
            "about": [f"flat {row} with a view" for row in range(40)],
            "price": [100.25 + row for row in range(40)],
        }
    )
    file = tmp_path / f"flats.{format_name}"
    if format_name == "csv":
        rows.to_pandas().to_csv(file, index=False)
    else:
        pq.write_table(rows, file)
    found = as_text(preview(str(file), "price"))
    assert "id: another number in each row; leave it out if it only numbers the rows\n" in found
    assert "listed: dates; of a series, they are prepare.windows.time" in found
    assert "about: most texts are different; as categories they would be unknown" in found
    assert not [line for line in found.splitlines() if line.startswith(("area:", "district:", "price:"))]
    assert found.endswith("; `prepare` also rejects empty and short texts")
    assert "images" not in found


def test_preview_does_not_name_the_label_among_the_columns_of_a_model_of_rows(tmp_path: Path) -> None:
    (tmp_path / "flats.csv").write_text("area,price,city\n40,1.5,Bern\n50,2,Basel\n")
    found = as_text(preview(str(tmp_path / "flats.csv"), "price"))
    assert "prepare.tabular.numbers can name area; prepare.tabular.categories is for city (text)" in found
    assert "for city (text)" not in as_text(preview(str(tmp_path / "flats.csv"), "city"))


def test_preview_takes_the_column_of_the_labels(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;kind\n" + "".join(f"{number};{'ab'[number % 2]}\n" for number in range(40)))
    assert preview(str(tmp_path / "a.csv"), "kind")["classes"] == {"a": 20, "b": 20}
    (warning,) = preview(str(tmp_path / "a.csv"), "id")["warnings"]
    assert "Each row has a different whole number as its label; is data.source.columns.label a row number" in warning
    with pytest.raises(ConfigurationError, match="has no column 'none'; its columns are: id, kind"):
        preview(str(tmp_path / "a.csv"), "none")


@pytest.mark.parametrize("number", [int, float])
@pytest.mark.parametrize(("step", "warned"), [(1, 1), (2, 1), (7_919, 0)])
def test_only_whole_numbers_without_large_gaps_are_taken_for_row_numbers(
    tmp_path: Path, number: type, step: int, warned: int
) -> None:
    rows = pa.table({"area": [40] * 60, "price": [number(79_709 + step * row) for row in range(60)]})
    pq.write_table(rows, tmp_path / "flats.parquet")
    found = preview(str(tmp_path / "flats.parquet"), "price")
    assert sum("row number" in one for one in found["warnings"]) == warned
    assert found["numbers"] == {"distinct": 60, "min": "79709", "max": str(79_709 + 59 * step)}


@pytest.mark.parametrize("table_format", ["jsonl", "parquet"])
def test_preview_takes_a_field_as_preparation_does(tmp_path: Path, table_format: str) -> None:
    rows = [{"text": "one", "label": {"name": name, "id": 1}} for name in "aab"]
    path = tmp_path / f"a.{table_format}"
    if table_format == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    assert preview(str(path), "label.name")["classes"] == {"a": 2, "b": 1}
    with pytest.raises(ConfigurationError, match=r"has no column 'label\.none'; its columns are: text, label"):
        preview(str(path), "label.none")


def test_preview_of_a_table_reads_all_files_and_folder_names(tmp_path: Path) -> None:
    for number, name in enumerate(("label=01/a.csv", "label=1/b.csv", "label=1/c.csv")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"text,n\nsome text,{number}\n" if number < 2 else "text,m\nother,1\n")
    about = preview(str(tmp_path))
    assert about["classes"] == {"1": 2, "01": 1}
    assert about["sampled"] == 3
    (tmp_path / "label=1/d.csv").write_text("\n\n")
    assert preview(str(tmp_path)) == about | {"files": 4, "formats": {".csv": 4}}
    assert "c.csv has other columns than the first file: text, m" in about["warnings"][0]
    assert [column["name"] for column in about["columns"]] == ["text", "n", "label", "m"]


def test_preview_counts_rows_without_a_label(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "one,x\n" * 3 + "two,y\nthree,\nfour,NaN\n")
    assert preview(str(tmp_path / "a.csv"))["rejects"] == {"no_label": 2}


def test_preview_names_a_column_of_splits_and_counts_unlisted_rejects_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label,part\none,a,train\ntwo,,Validation\nthree,b,test\nfour,a,\n")
    found = preview(str(tmp_path / "a.csv"))
    assert found["split_column"] == "part"
    text = as_text(found)
    assert "splits by the column 'part', if data.source.columns.split names it" in text
    assert "rejects: no_label 1" in text
    assert "other record" not in text
    (tmp_path / "b.csv").write_text("text,label\ntrain,a\nbus,b\n")
    assert preview(str(tmp_path / "b.csv"))["split_column"] is None


def test_preview_shows_the_size_of_bytes_that_are_no_text(tmp_path: Path) -> None:
    image = encode_image(noise_image(8, 9), "PNG")
    pq.write_table(pa.table({"image": [image, image], "note": [b"some", b"text"]}), tmp_path / "a.parquet")
    columns = {column["name"]: column for column in preview(str(tmp_path / "a.parquet"))["columns"]}
    assert columns["image"]["examples"] == [f"{len(image):,} bytes"]
    assert columns["note"]["examples"] == ["some", "text"]


def test_preview_names_the_columns_of_a_file_with_an_index_that_has_no_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",text,label\n0,one,a\n1,two,b\n")
    with pytest.raises(
        ConfigurationError, match=r"no column 'lable'; its columns are: \(no name\), text, label\. Is 'label' meant\?"
    ):
        preview(str(tmp_path / "a.csv"), "lable")


def test_preview_of_images_reads_them(tmp_path: Path) -> None:
    raw = write_source(tmp_path / "raw")
    (raw / "cat" / "bad.png").write_bytes(b"no image")
    (raw / "notes").mkdir()
    (raw / "notes" / "README.md").write_text("about the images")
    about = preview(str(raw))
    assert about["classes"] == {"cat": 13, "dog": 12, "notes": 1}
    assert about["rejects"] == {"not_an_image": 2}
    assert "The class 'notes' has one record" in about["warnings"][0]
    pack(tmp_path / "raw.zip", {str(file.relative_to(raw)): file.read_bytes() for file in raw.glob("*/*")})
    assert preview(str(tmp_path / "raw.zip"))["classes"] == about["classes"]


def test_preview_warns_of_what_preparation_warns_of(tmp_path: Path) -> None:
    frames = encode_image(noise_image(8, 8), "GIF", save_all=True, append_images=[noise_image(8, 8, seed=1)])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("cat/2021", "cat/2022", "dog/2021", "dog/2022"):
            archive.writestr(f"{name}/1.gif", frames)
    warnings = preview(str(tmp_path))["warnings"]
    assert any("4 images have several pages or frames" in warning for warning in warnings)
    assert any("'cat/2021' and 'dog/2021' are one class" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("name", "content", "table_format"),
    [
        ("t.txt", "text;label\none;a\ntwo;b\n", "csv"),
        ("t.txt", '{"text": "one", "label": "a"}\n{"text": "two", "label": "b"}\n', "json"),
        ("t.csv", "text,label\none,a\ntwo,b\n", "csv"),
    ],
)
def test_preview_finds_a_table_by_its_content_or_beside_other_files(
    tmp_path: Path, name: str, content: str, table_format: str
) -> None:
    (tmp_path / name).write_text(content)
    if name == "t.csv":
        for other in ("_metadata", "_common_metadata", "t.csv.crc", "README"):
            (tmp_path / other).write_text("x")
    about = preview(str(tmp_path))
    assert (about["kind"], about["format"], about["classes"]) == ("table", table_format, {"a": 1, "b": 1})


def test_preview_of_texts_without_class_folders_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A text, and more.\nIts second line has no comma.\n")
    with pytest.raises(DataError, match="no class folders"):
        preview(str(tmp_path))


def test_preview_counts_labels_that_are_bytes_as_rejected(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["one", "two"], "label": [b"\0\1", b"\0\2"]}), tmp_path / "a.parquet")
    about = preview(str(tmp_path))
    assert (about["classes"], about["rejects"]["bad_label"]) == ({}, 2)


def test_preview_rejects_labels_that_preparation_rejects_and_warns_of_comments(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"text": "one", "label": Infinity}\n{"text": "two", "label": "a\\u0000b"}\n')
    about = preview(str(tmp_path / "a.json"))
    assert (about["classes"], about["rejects"]["bad_label"]) == ({}, 2)
    (tmp_path / "b.csv").write_text("text,label\none,a\n# by me, today\n")
    assert "begins with '#', such as line 3" in "".join(preview(str(tmp_path / "b.csv"))["warnings"])
    (tmp_path / "c.csv").write_text("text,label\none,a\ntwo,b\nthree,a\nTotal,3\n")
    assert "c.csv, line 5, begins with 'Total'" in "".join(preview(str(tmp_path / "c.csv"))["warnings"])


@pytest.mark.parametrize(
    ("labels", "classes", "remedy"),
    [
        (
            [{"choices": ["cat"]}, {"choices": []}],
            {},
            "set data.source.columns.label to one of their fields ('choice.choices')",
        ),
        (
            [{"choices": ["cat"]}, "dog"],
            {"dog": 1},
            "others are not, so that none of their fields ('choice.choices') holds all",
        ),
        ([[{"choice": "cat"}], "dog"], {"dog": 1}, ""),
    ],
)
def test_preview_rejects_labels_that_are_objects(
    tmp_path: Path, labels: list[object], classes: dict[str, int], remedy: str
) -> None:
    (tmp_path / "a.json").write_text("\n".join(json.dumps({"text": "some", "choice": one}) for one in labels))
    about = preview(str(tmp_path / "a.json"), "choice")
    assert (about["classes"], about["rejects"]["bad_label"]) == (classes, len(labels) - len(classes))
    assert remedy in " ".join(about["warnings"])


def test_preview_says_why_a_column_is_missing_as_preparation_does(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sep=;\ntext;label\none;a\n")
    with pytest.raises(ConfigurationError, match="its first line 'sep=;' is one of Excel"):
        preview(str(tmp_path / "a.csv"), "label")
    (tmp_path / "a.json").write_text('{"data": [{"text": "one", "label": "a"}]}')
    with pytest.raises(ConfigurationError, match="its only record has a list of objects, 'data'"):
        preview(str(tmp_path / "a.json"), "label")


def test_preview_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist or holds no files"):
        preview(str(tmp_path / "none"))


def test_inspect_raw_prints_a_table_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    WRITERS["json"](tmp_path / "data.json", 0)
    with pytest.raises(SystemExit) as ended:
        app(["inspect", str(tmp_path), "--raw"])
    assert not ended.value.code
    out, log = capsys.readouterr()
    assert json.loads(out)["format"] == "json"
    assert "classes:" in log


def test_folder_of_sounds_is_previewed_as_sounds(tmp_path: Path) -> None:
    raw = write_sounds(tmp_path / "raw", 6)
    (raw / "low/cut.wav").write_bytes(encode_sound(tone(300.0))[:900])
    found = preview(str(raw))
    assert (found["classes"], found["rejects"]) == ({"low": 7, "high": 6}, {"truncated": 1})
    assert any("a lower rate than prepare.audio.rate" in warning for warning in found["warnings"])
    assumed = "the defaults prepare.audio.seconds 1 and prepare.audio.rate 16000; a configuration may have others."
    assert f"Sounds are checked with {assumed}" in found["warnings"]


def test_archive_of_sounds_and_their_texts_is_previewed_as_sounds(tmp_path: Path) -> None:
    members = [
        (f"{'ab'[number % 2]}/{number}{suffix}", data)
        for number in range(6)
        for suffix, data in ((".wav", encode_sound(tone(300.0, seed=number))), (".txt", b"a text"))
    ]
    pack(tmp_path / "a.tar", dict([*members, ("9.wav", encode_sound(tone(300.0, seed=9)))]))
    about = preview(str(tmp_path))
    assert about["rejects"] == {"not_audio": 6, "no_label": 1}
    assert "the format of the file is not known; expected audio" in "".join(about["rejected"])


def test_folder_of_texts_with_a_sound_is_previewed_as_texts(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        (tmp_path / "ab"[number % 2] / f"{number}.txt").write_text(f"a text {number}")
    (tmp_path / "a" / "1.wav").write_bytes(encode_sound(tone(300.0)))
    assert preview(str(tmp_path))["rejects"] == {"not_text": 1}


def test_preview_shows_the_size_of_bytes_in_a_structure(tmp_path: Path) -> None:
    sound = encode_sound(tone(300.0))
    pq.write_table(pa.table({"audio": [{"bytes": sound, "path": "1.wav"}], "label": ["a"]}), tmp_path / "a.parquet")
    examples = preview(str(tmp_path))["columns"][0]["examples"]
    assert examples == [f'{{"bytes": "{len(sound):,} bytes", "path": "1.wav"}}']


def test_inspect_raw_has_the_absolute_path_in_its_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every result; the lines for people have the path as it was written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("text,label\none,a\ntwo,b\n")
    app(["inspect", "a.csv", "--raw"], standalone_mode=False)
    shown = capsys.readouterr()
    assert json.loads(shown.out)["source"] == str(tmp_path / "a.csv")
    assert shown.err.startswith("a.csv: table")


def test_preview_says_that_a_first_line_may_be_a_record(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"part-{number}.csv").write_text(f"{number},good\n7,bad\n")
    first, second = preview(str(tmp_path))["warnings"][:2]
    assert first.startswith("The first line of part-0.csv may be a record and not the names of the columns")
    assert second.startswith("part-1.csv has other columns")


def test_preview_says_that_a_name_of_a_column_is_a_value_of_it(tmp_path: Path) -> None:
    lines = ["spam\tWinner!", "ham\tSee you", "ham\tOk then", "spam\tCall now"]
    (tmp_path / "sms.tsv").write_text("\n".join(lines) + "\n")
    (warning,) = preview(str(tmp_path / "sms.tsv"))["warnings"]
    assert "sms.tsv may be a record and not the names of the columns, as 'spam' is also a value" in warning
    with pytest.raises(ConfigurationError, match="if its first line is a record, write the names of the columns above"):
        preview(str(tmp_path / "sms.tsv"), "label")
    (tmp_path / "sms.tsv").write_text("\n".join(["label\ttext", *lines, "label\ttext"]) + "\n")
    assert preview(str(tmp_path / "sms.tsv"))["warnings"] == []


def test_preview_of_class_folders_with_a_stray_archive_is_that_of_the_folders(tmp_path: Path) -> None:
    write_source(tmp_path, count=4)
    with tarfile.open(tmp_path / "cat" / "more.tar", "w") as archive:
        archive.add(tmp_path / "dog" / "000.png", "dog/0.png")
    found = preview(str(tmp_path))
    assert (found["kind"], found["classes"]) == ("folder", {"cat": 5, "dog": 4})


def test_preview_of_a_tar_file_without_a_suffix_is_that_of_an_archive(tmp_path: Path) -> None:
    write_source(tmp_path / "raw", count=4)
    with tarfile.open(tmp_path / "x", "w") as archive:
        archive.add(tmp_path / "raw", ".")
    found = preview(str(tmp_path / "x"))
    assert (found["kind"], found["classes"]) == ("archive", {"cat": 4, "dog": 4})
    assert found["warnings"] == []


def test_preview_of_an_iceberg_folder_is_refused(tmp_path: Path) -> None:
    """It was shown as a folder of classes, data and metadata."""
    (tmp_path / "metadata").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "metadata" / "v1.metadata.json").write_text("{}")
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "data" / "a.parquet")
    with pytest.raises(DataError, match="is an Iceberg table"):
        preview(str(tmp_path))


def test_sample_of_many_files_is_called_one(tmp_path: Path) -> None:
    names = [f"{'ab'[number % 2]}/{number}.txt" for number in range(405)]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"text number {name}")
    assert "203 of 405 files read, a sample: the counts of rejects are of these" in as_text(preview(str(tmp_path)))
    for name in names[300:]:
        (tmp_path / name).unlink()
    assert "\n300 records read" in as_text(preview(str(tmp_path)))


def test_first_rows_of_a_long_table_are_called_a_sample(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "some text,a\n" * 10_001)
    assert "a sample of 10,000 records read: the counts are of these" in as_text(preview(str(tmp_path / "a.csv")))
    (tmp_path / "b.csv").write_text("text,label\n" + "some text,a\n" * 9_000)
    assert "\n9,000 records read" in as_text(preview(str(tmp_path / "b.csv")))
