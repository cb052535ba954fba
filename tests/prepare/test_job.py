"""A preparation brings a table up to date with its source: every row is accounted for, nothing is prepared twice."""

import hashlib
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from headrace.errors import ConfigurationError, DataError, HeadraceError
from headrace.prepare import job
from headrace.prepare.job import prepare
from headrace.processes import interruption
from headrace.processes.interruption import CommandInterruptedError
from headrace.table import Version, read
from headrace.table.rejects_and_duplicates_reader import read_rejects, rejects_path
from tests.support.raw_images import configuration, encode_image, list_files, named_files, noise_image, read_rows

pytestmark = pytest.mark.usefixtures("spark")

GREY = {"mode": "L", "size": [28, 28], "codec": "raw"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table"


@pytest.fixture(scope="module")
def fashion_version(fashion_mnist: Path, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A table of the 1,200 training images, split by hash; tests must not change it."""
    table = tmp_path_factory.mktemp("real") / "table"
    prepare(configuration(fashion_mnist / "train", table, image=GREY, shard_rows=200, shard_bytes=60_000))
    return read(table)


def refusal(source: Path | str, table: Path, kind: type[Exception] = DataError, **prepare_section: Any) -> str:
    with pytest.raises(kind) as error:
        prepare(configuration(source, table, **prepare_section))
    assert "\n" not in str(error.value)
    return str(error.value)


def break_files(source: Path, count: int = 50) -> set[str]:
    """Add `count` broken files to the images of `source` and return their paths."""
    folders = sorted(folder for folder in (source / "train").iterdir())
    whole = next(folders[0].iterdir()).read_bytes()
    paths = set()
    for number in range(count):
        path = folders[number % len(folders)] / f"broken-{number}.png"
        contents = (b"I am text.\n", b"", *(whole[: len(whole) * (number % 10) // 10] for _ in range(3)))
        path.write_bytes(contents[number % 5])
        paths.add(str(path.relative_to(source)))
    return paths


def test_prepare_keeps_pixels_of_real_images(fashion_version: Version, fashion_mnist: Path) -> None:
    rows = read_rows(fashion_version)
    assert [row["path"] for row in rows] == sorted(
        str(path.relative_to(fashion_mnist / "train")) for path in (fashion_mnist / "train").glob("*/*.png")
    )
    for row in rows[::50]:
        pixels = np.asarray(PIL.Image.open(fashion_mnist / "train" / row["path"]))
        assert row["image"] == pixels.tobytes()
        assert fashion_version.contract.classes[row["label"]] == row["path"].split("/")[0]


def test_interruption_says_that_nothing_was_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "is_ending", lambda: True)
    with pytest.raises(CommandInterruptedError, match="^nothing was committed; the same command prepares again$"):
        job._run(None, None)  # type: ignore[arg-type]


def test_summary_counts_equal_rows(fashion_version: Version) -> None:
    counted = Counter(
        (row["split"], fashion_version.contract.classes[row["label"]]) for row in read_rows(fashion_version)
    )
    assert {
        (split, name): n for split, names in fashion_version.summary.counts.items() for name, n in names.items()
    } == counted
    assert fashion_version.summary.rows_in == fashion_version.summary.written == 1200
    assert fashion_version.summary.counts["train"]
    fractions = [sum(fashion_version.summary.counts[split].values()) / 1200 for split in ("train", "val", "test")]
    assert fractions == pytest.approx([0.8, 0.1, 0.1], abs=0.04)


def test_summary_statistics_equal_training_pixels(fashion_version: Version) -> None:
    pixels = np.frombuffer(
        b"".join(row["image"] for row in read_rows(fashion_version) if row["split"] == "train"), np.uint8
    )
    statistics = fashion_version.contract.statistics
    assert statistics.mean == pytest.approx((pixels.astype(np.float64).mean(),), rel=1e-12)
    assert statistics.variance == pytest.approx((pixels.astype(np.float64).var(),), rel=1e-12)


def test_shards_are_one_row_group_within_limits_and_named_by_hash(fashion_version: Version) -> None:
    for shard in fashion_version.shards:
        file = fashion_version.table / shard.path
        metadata = pq.ParquetFile(file).metadata
        assert (metadata.num_row_groups, metadata.num_rows) == (1, shard.rows)
        assert 1 <= shard.rows <= 60_000 // 784 + 1
        assert file.name.endswith(f"-{hashlib.sha256(file.read_bytes()).hexdigest()}.parquet")
        assert file.stat().st_size == shard.size
    assert list_files(fashion_version.table) == named_files(fashion_version)


def test_summary_has_statistics_per_channel(tmp_path: Path, table: Path) -> None:
    for number in range(12):
        folder = tmp_path / "raw" / "train" / ("cat", "dog")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(encode_image(noise_image(20, 30, seed=number)))
    prepare(configuration(tmp_path / "raw", table, image={"mode": "RGB", "size": [8, 6], "codec": "raw"}))
    version = read(table)
    assert version.contract.input_shape == (8, 6, 3)
    pixels = np.frombuffer(b"".join(row["image"] for row in read_rows(version)), np.uint8).reshape(-1, 3)
    assert version.contract.statistics.mean == pytest.approx(pixels.mean(0, dtype=np.float64), rel=1e-12)
    assert version.contract.statistics.variance == pytest.approx(pixels.var(0, dtype=np.float64), rel=1e-12)


def test_prepare_lists_every_broken_file(images: Path, table: Path) -> None:
    broken = break_files(images)
    result = prepare(configuration(images, table, image=GREY, shard_rows=200))
    assert result["rows_in"] == 1450
    assert result["rows_in"] == result["written"] + result["rejected"] + result["duplicates"]
    assert result["rejected"] == 50
    summary = read(table).summary
    assert (summary.rows_in, summary.written, summary.rejected, summary.duplicates) == (1450, 1400, 50, 0)
    assert len(read_rows(read(table))) == 1400
    assert DeltaTable(rejects_path(table)).version() == summary.rejects_version
    reject_records = read_rejects(table, summary.rejects_version or 0, 1000)
    assert {reject.path for reject in reject_records} == broken
    assert len(reject_records) == 50
    assert Counter(reject.reason for reject in reject_records) == result["rejects"] == summary.rejects
    assert result["rejects"] == {"not_an_image": 10, "truncated": 30, "empty": 10}
    assert all(reject.detail for reject in reject_records)


def test_prepare_commits_only_if_something_changed(source: Path, table: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = configuration(source, table)
    first = prepare(settings)
    assert (first["version"], first["changed"], first["written"]) == (0, True, 24)
    caplog.set_level("INFO")
    again = prepare(settings)
    assert (again["version"], again["changed"], again["written"]) == (0, False, 24)
    assert "Nothing has changed since version 0; no new version was committed." in caplog.text

    (source / "cat" / "new.png").write_bytes(encode_image(noise_image(8, 8, seed=100)))
    added = prepare(settings)
    assert (added["version"], added["changed"], added["written"]) == (1, True, 25)

    (source / "cat" / "new.png").write_bytes(encode_image(noise_image(8, 8, seed=101)))
    changed = prepare(settings)
    assert (changed["version"], changed["written"]) == (2, 25)
    hashes = [{row["path"]: row["content_hash"] for row in read_rows(read(table, number))} for number in range(3)]
    assert hashes[1]["cat/new.png"] != hashes[2]["cat/new.png"]
    assert {path for path in hashes[0] if hashes[0][path] != hashes[2][path]} == set()

    (source / "cat" / "new.png").unlink()
    removed = prepare(settings)
    assert (removed["version"], removed["written"]) == (3, 24)
    assert prepare(configuration(source, table, seed=1))["version"] == 4
    assert prepare(configuration(source, table, seed=1, max_rejects=0.5))["changed"] is False
    assert [len(read_rows(read(table, number))) for number in range(5)] == [24, 25, 25, 24, 24]
    assert {row["content_hash"] for row in read_rows(read(table, 3))} == set(hashes[0].values())


def test_classes_keep_their_indices_when_one_is_added(source: Path, table: Path) -> None:
    prepare(configuration(source, table))
    shutil.copytree(source / "dog", source / "ant")
    prepare(configuration(source, table))
    shutil.rmtree(source / "cat")
    prepare(configuration(source, table))
    assert [read(table, number).contract.classes for number in range(3)] == [
        ("cat", "dog"),
        ("cat", "dog", "ant"),
        ("cat", "dog", "ant"),
    ]
    for number in range(3):
        for row in read_rows(read(table, number)):
            assert row["label"] == ("cat", "dog", "ant").index(row["path"].split("/")[0])


def test_duplicates_are_dropped_only_if_configured_and_share_a_split(source: Path, table: Path) -> None:
    for number in range(6):
        for copy in ("cat/copy", "dog/copy", "dog/another"):
            shutil.copy(source / "cat" / f"{number:03d}.png", source / f"{copy}-{number}.png")
    # Equal pixels in another file format are the same image.
    (source / "dog" / "format.bmp").write_bytes(encode_image(noise_image(8, 8, channels=1, seed=23), "BMP"))
    (source / "cat" / "broken.png").touch()
    kept = prepare(configuration(source, table, max_rejects=0.5))
    assert (kept["written"], kept["duplicates"], kept["rejected"]) == (43, 0, 1)
    splits: dict[str, set[str]] = {}
    for row in read_rows(read(table)):
        splits.setdefault(row["content_hash"], set()).add(row["split"])
    assert len(splits) == 24
    assert {len(split_names) for split_names in splits.values()} == {1}

    dropped = prepare(configuration(source, table, max_rejects=0.5, duplicates="drop", shard_rows=7))
    assert (dropped["rows_in"], dropped["written"], dropped["duplicates"], dropped["rejected"]) == (44, 24, 19, 1)
    rows = read_rows(read(table))
    assert {row["content_hash"] for row in rows} == set(splits)
    assert len(rows) == 24
    assert read(table).summary.duplicates == 19


def test_duplicates_keep_the_copy_in_the_test_split(tmp_path: Path, table: Path) -> None:
    source = tmp_path / "raw"
    for number, splits in enumerate((("train", "val", "test"), ("train", "val"), ("train", "train"), ("val", "test"))):
        for copy, split in enumerate(splits):
            for label in ("cat", "dog"):
                file = source / split / label / f"{number}-{copy}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(encode_image(noise_image(8, 8, seed=number + (10 if label == "dog" else 0))))
    result = prepare(configuration(source, table, duplicates="drop", shard_rows=3))
    assert (result["written"], result["duplicates"]) == (8, 10)
    rows = read_rows(read(table))
    assert {(row["path"].split("/")[2][0], row["split"]) for row in rows} == {
        ("0", "test"),
        ("1", "val"),
        ("2", "train"),
        ("3", "test"),
    }


def test_prepare_accepts_any_file_and_folder_names(tmp_path: Path) -> None:
    source = tmp_path / "raw 100%20 #1 \u2603\n'x'"
    for number, name in enumerate((b"\xff.png", b"new\nline.png", b"'\"%20#?.png", b" .png", b"*.png", b"\\.png")):
        for label in (b"a cat's #1%20", b"\xfe\xff"):
            folder = os.fsencode(source) + b"/" + label
            os.makedirs(folder, exist_ok=True)
            Path(os.fsdecode(folder + b"/" + name)).write_bytes(
                encode_image(noise_image(8, 8, seed=number * 2 + len(label)))
            )
    (source / os.fsdecode(b"\xfe\xff") / "broken\n.png").touch()
    table = tmp_path / "my table 'x' \u2603"
    settings = configuration(source, table, max_rejects=0.5, duplicates="drop")
    result = prepare(settings)
    assert (result["written"], result["rejected"]) == (12, 1)
    assert read(table).contract.classes == ("\\xfe\\xff", "a cat's #1%20")
    assert "a cat's #1%20/'\"%20#?.png" in {row["path"] for row in read_rows(read(table))}
    assert [reject.path for reject in read_rejects(table, 0, 10)] == ["\\xfe\\xff/broken\n.png"]
    assert prepare(settings)["changed"] is False


def test_too_many_rejects_commit_and_leave_nothing(source: Path, table: Path) -> None:
    for number in range(3):
        (source / "cat" / f"broken-{number}.png").write_bytes(b"text"[: 4 * (number % 2)])
    message = refusal(source, table)
    assert message == (
        "3 of 27 records were rejected (empty: 2, not_an_image: 1), prepare.max_rejects allows 5.0%; "
        "nothing was committed. "
        "Correct or remove these records (data.source.exclude leaves out files), or raise prepare.max_rejects."
    )
    assert sorted(entry.name for entry in table.parent.iterdir()) == ["raw"]
    assert prepare(configuration(source, table, max_rejects=0.2))["version"] == 0


def test_too_many_rejects_keep_the_previous_version_and_list_the_new_ones(
    source: Path, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (source / "cat" / "broken.png").touch()
    prepare(configuration(source, table))
    before = list_files(table), list_files(rejects_path(table))
    (source / "cat" / "broken-2.png").touch()
    caplog.clear()
    assert "2 of 26 records were rejected" in refusal(source, table)
    assert "empty: 'cat/broken-2.png': " in caplog.text
    assert (list_files(table), list_files(rejects_path(table))) == before
    assert read(table).number == 0
    assert DeltaTable(rejects_path(table)).version() == 0


def test_limits_that_are_set_later_are_checked_on_the_unchanged_version(
    source: Path, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise "nothing has changed" and exit code 0 would say that the data keeps the new limits."""
    (source / "cat" / "empty.png").write_bytes(b"")
    prepare(configuration(source, table, max_rejects=0.5))
    sentence = "Nothing has changed since version 0 of .*, which violates prepare"
    with pytest.raises(DataError, match=sentence + r".max_rejects: \S+ were rejected, expected 0 or less. The version"):
        prepare(configuration(source, table, max_rejects=0.0))
    expectations = {"rows": {"train": 10_000}}
    with pytest.raises(DataError, match=sentence + r".expectations: rows.train is \d+, expected 10000 or more. The"):
        prepare(configuration(source, table, max_rejects=0.5, expectations=expectations))
    warned = configuration(source, table, max_rejects=0.5, expectations=expectations | {"on_failure": "warn"})
    assert prepare(warned)["changed"] is False
    assert "violates prepare.expectations: rows.train is" in caplog.text
    assert read(table).number == 0


def test_only_rejects_are_refused_even_with_max_rejects_1(tmp_path: Path, table: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "1.png").touch()
    assert "None of 2 records could be used (empty: 2, such as '" in refusal(tmp_path / "raw", table, max_rejects=1.0)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["raw"]


@pytest.mark.parametrize("duplicates", ["keep", "drop"])
def test_unreadable_file_fails_the_job_and_leaves_nothing(source: Path, table: Path, duplicates: str) -> None:
    (source / "cat" / "005.png").unlink()
    (source / "cat" / "005.png").symlink_to("/proc/self/mem")  # not even root can read its start
    message = refusal(source, table, duplicates=duplicates, shard_rows=3)
    assert message == (
        f"The file 'cat/005.png' of {source} was listed but cannot be read (Input/output error); nothing was "
        "committed. Fix the permissions or the storage and prepare again."
    )
    assert sorted(entry.name for entry in table.parent.iterdir()) == ["raw"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_permission_error_fails_the_job_and_leaves_nothing(source: Path, table: Path) -> None:
    (source / "cat" / "005.png").chmod(0)
    assert "cannot be read (Permission denied)" in refusal(source, table)
    assert sorted(entry.name for entry in table.parent.iterdir()) == ["raw"]


def test_dangling_link_fails_the_job_and_leaves_nothing(source: Path, table: Path) -> None:
    (source / "cat" / "005.png").unlink()
    (source / "cat" / "005.png").symlink_to("nowhere")
    assert "'No such file or directory'" in refusal(source, table)
    assert sorted(entry.name for entry in table.parent.iterdir()) == ["raw"]


def overtake(monkeypatch: pytest.MonkeyPatch, other: Any) -> None:
    """Run `other` after the Spark stages of the next preparation and before its commit."""
    run = job.run_stages

    def overtaken(*arguments: Any) -> Any:
        output = run(*arguments)
        monkeypatch.setattr(job, "run_stages", run)
        prepare(other)
        return output

    monkeypatch.setattr(job, "run_stages", overtaken)


@pytest.mark.parametrize("new", [True, False], ids=["new table", "old table"])
@pytest.mark.parametrize("rejects", ["both", "first", "second", "none"])
def test_concurrent_preparations_commit_once_and_leave_nothing(
    tmp_path: Path, source: Path, table: Path, monkeypatch: pytest.MonkeyPatch, rejects: str, new: bool
) -> None:
    if not new:
        prepare(configuration(source, table))
    number = 0 if new else 1
    other = tmp_path / "other"
    shutil.copytree(source, other)
    for folder, name in ((source, "first"), (other, "second")):
        if rejects in (name, "both"):
            (folder / "cat" / "broken.png").touch()
    (source / "cat" / "more.png").write_bytes(encode_image(noise_image(8, 8, seed=99)))
    before = list_files(table) if not new else set()
    overtake(monkeypatch, configuration(other, table))
    assert "Another preparation committed to" in refusal(source, table)
    winner = read(table)
    assert winner.number == number
    assert winner.summary.source["path"] == str(other)
    assert list_files(table) == before | named_files(winner)
    expected = ["cat/broken.png"] if rejects in ("second", "both") else []
    version = winner.summary.rejects_version
    reject_records = [] if version is None else read_rejects(table, version, 10)
    assert [reject.path for reject in reject_records] == expected
    if rejects_path(table).exists():
        for past in range(DeltaTable(rejects_path(table)).version() + 1):
            assert len(read_rejects(table, past, 10)) == 1  # no version of it names files that are gone


def test_table_inside_its_source_is_refused(source: Path) -> None:
    message = refusal(source, source / "table", ConfigurationError)
    assert "lies inside the source" in message
    assert not (source / "table").exists()
    (source.parent / "link").symlink_to(source)
    assert "lies inside the source" in refusal(source, source.parent / "link" / "table", ConfigurationError)
    assert "lies inside the source" in refusal(source, source, ConfigurationError)


def test_other_content_at_the_table_path_is_refused_and_kept(source: Path, table: Path) -> None:
    write_deltalake(table, pd.DataFrame({"a": [1]}))
    assert "is a Delta table that Headrace did not write" in refusal(source, table)
    assert DeltaTable(table).version() == 0
    folder = table.with_name("folder")
    folder.mkdir()
    (folder / "thesis.tex").write_text("x")
    assert "holds other files, such as 'thesis.tex'" in refusal(source, folder)
    assert [entry.name for entry in folder.iterdir()] == ["thesis.tex"]
    file = table.with_name("file")
    file.write_text("x")
    assert "is a file" in refusal(source, file)


def test_other_content_at_the_rejects_path_is_refused_early(source: Path, table: Path) -> None:
    (source / "cat" / "broken.png").touch()
    write_deltalake(rejects_path(table), pd.DataFrame({"a": [1]}))
    assert "is a Delta table that Headrace did not write" in refusal(source, table)
    assert DeltaTable(rejects_path(table)).version() == 0
    assert not table.exists()


def test_leftovers_of_a_killed_preparation_stay_out_of_the_log(source: Path, table: Path) -> None:
    (table / "split=train").mkdir(parents=True)
    left = {f"split=train/dead-000000-0-000-{'0' * 64}.parquet", "split=train/.dead-000001.parquet.tmp"}
    for name in left:
        (table / name).write_bytes(b"PAR1 half-wri")
    assert prepare(configuration(source, table))["version"] == 0
    assert not left & {shard.path for shard in read(table).shards}
    assert len(read_rows(read(table))) == 24


def test_full_disk_is_one_error_line_and_leaves_nothing(source: Path, tmp_path: Path) -> None:
    """Uses a real disk of 64 kB, if one can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk of that size can be mounted here")
    try:
        settings = configuration(source, disk / "table", image={"mode": "RGB", "size": [99, 99], "codec": "png"})
        with pytest.raises(
            HeadraceError, match=r"A shard of \d+ bytes cannot be written to .* \(No space left on device"
        ):
            prepare(settings)
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_prepare_warns_once_of_12_bits_in_16(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(40):
        values = np.random.default_rng(number).integers(0, 4096, (8, 8), np.uint16)
        path = tmp_path / "raw" / ("cat", "dog")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_image(PIL.Image.fromarray(values)))
    prepare(configuration(tmp_path / "raw", tmp_path / "dark"))
    warned = [one.getMessage() for one in caplog.records if "prepare.image.white" in one.getMessage()]
    assert len(warned) == 1
    assert "40 of 40" in warned[0]
    caplog.clear()
    white = {"mode": "L", "size": [8, 8], "codec": "raw", "white": 4095}
    prepare(configuration(tmp_path / "raw", tmp_path / "scaled", image=white))
    assert not [one for one in caplog.records if "white" in one.getMessage()]
    contracts = [read(tmp_path / name).summary.contract.statistics for name in ("dark", "scaled")]
    assert [0 < one.mean[0] < 9 for one in contracts if one] == [True, False]
