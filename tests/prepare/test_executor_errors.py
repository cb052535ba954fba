"""An error in a Python task reaches the user as the Python error in one line, without Java's trace."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.errors import DataError, HeadraceError, TrainingError
from headrace.prepare.failed_and_intermediate_file_cleanup import remove_orphans
from headrace.spark.task_errors import unwrap_python_errors


def run_failing_task(spark: Any, error: Callable[[], None], sql: bool = False) -> HeadraceError:
    """Raise `error` in a task and return the error that the user sees."""

    def task(rows: Iterator[int]) -> Iterator[tuple[int]]:
        error()
        return ((row,) for row in rows)

    rows = spark.sparkContext.parallelize(range(2), 2).mapPartitions(task)
    with pytest.raises(HeadraceError) as caught, unwrap_python_errors():
        rows = spark.createDataFrame(rows, "number int").groupBy("number").count().collect() if sql else rows.collect()
    assert "\n" not in str(caught.value)
    assert "org.apache.spark" not in str(caught.value)
    assert "Traceback" not in str(caught.value)
    return caught.value


def raising(error: BaseException) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


@pytest.mark.parametrize("sql", [False, True], ids=["rdd", "dataframe"])
def test_headrace_error_keeps_class_and_message(spark: Any, sql: bool) -> None:
    error = run_failing_task(spark, raising(DataError("The file 'a: b' is damaged: expected x, received y.")), sql)
    assert type(error) is DataError
    assert str(error) == "The file 'a: b' is damaged: expected x, received y."


def test_headrace_error_is_reported_without_its_cause(spark: Any) -> None:
    def fail_twice() -> None:
        try:
            raise OSError(5, "Input/output error")
        except OSError as error:
            raise TrainingError("The storage is gone.") from error

    error = run_failing_task(spark, fail_twice)
    assert (type(error), str(error)) == (TrainingError, "The storage is gone.")


@pytest.mark.parametrize("sql", [False, True], ids=["rdd", "dataframe"])
def test_other_error_is_reported_by_name_and_its_traceback_logged(
    spark: Any, sql: bool, caplog: pytest.LogCaptureFixture
) -> None:
    error = run_failing_task(spark, raising(ZeroDivisionError("float division: by zero")), sql)
    assert type(error) is HeadraceError
    assert str(error) == "A Spark task failed: ZeroDivisionError: float division: by zero"
    assert "in raise_it" in caplog.text
    assert "at org.apache.spark" not in caplog.text


def test_multiline_message_becomes_one_complete_line(spark: Any) -> None:
    error = run_failing_task(spark, raising(ValueError("first line\nsecond: line\n  indented\n\nlast")))
    assert str(error) == "A Spark task failed: ValueError: first line second: line indented last"
    error = run_failing_task(spark, raising(DataError("first line\nsecond: line")))
    assert (type(error), str(error)) == (DataError, "first line second: line")


def test_error_without_message_is_reported_by_name(spark: Any) -> None:
    assert str(run_failing_task(spark, raising(NotImplementedError()))) == "A Spark task failed: NotImplementedError"


def test_died_worker_process_is_one_error_line(spark: Any) -> None:
    with pytest.raises(HeadraceError) as caught, unwrap_python_errors():
        spark.sparkContext.parallelize(range(2), 2).map(lambda _: os._exit(9)).collect()
    assert "\n" not in str(caught.value)
    assert re.search(r"[Pp]ython worker exited unexpectedly|EOF|worker", str(caught.value))


def test_remove_orphans_awaits_running_tasks(spark: Any, tmp_path: Path) -> None:
    """One task fails while the other is running; the other writes its file at the end, or is killed."""
    table = tmp_path / "table"

    def task(number: int) -> int:
        import time

        (table / f"split={number}").mkdir(parents=True)
        if number == 0:
            raise DataError("refused")
        time.sleep(1.0)
        (table / f"split={number}" / "identity-000001-0-000-hash.parquet").write_text("late")
        return number

    with pytest.raises(DataError, match="^refused$"), remove_orphans(table, "identity"), unwrap_python_errors():
        spark.sparkContext.parallelize(range(2), 2).map(task).collect()
    assert not table.exists()


def test_remove_orphans_keeps_files_of_other_preparations(tmp_path: Path) -> None:
    keep = [tmp_path / "table" / "split=train" / "other-000000-0-000-hash.parquet", tmp_path / "table" / "mine.txt"]
    orphans = [
        tmp_path / "table" / "split=train" / "identity-000000-0-000-hash.parquet",
        tmp_path / "table" / "split=val" / ".identity-000000-0-000-hash.parquet.8f",
        tmp_path / "table" / "identity-000000-0-hash.parquet",
    ]
    for file in (*keep, *orphans):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    with pytest.raises(KeyboardInterrupt), remove_orphans(tmp_path / "table", "identity"):
        raise KeyboardInterrupt
    assert sorted(path for path in (tmp_path / "table").rglob("*") if path.is_file()) == sorted(keep)
    assert not (tmp_path / "table" / "split=val").exists()
