"""Files of difficult texts in every format, and the records that a source yields from them."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc
from pyspark.sql import SparkSession

from headrace.config.sections.source import Source
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord
from headrace.prepare.sources.tables.listing.table_file_listing import list_table
from headrace.prepare.sources.tables.read_table_records_in_spark import frame_records, read_frame

TEXTS = ["plain", 'with "quotes", and a comma', "ünïcödé", "007", "tab\there", "back\\slash", "two\nlines"]


def write_csv(file: Path, first: int) -> None:
    """Write the texts as CSV, with labels from `first` on, and one record that is damaged."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("text", "label", "fold"))
        for number, text in enumerate(TEXTS, first):
            writer.writerow((text, f"0{number % 3}", "train" if number % 2 else "test"))
        lines.write('\n"open,1,train\n')


def write_json(file: Path, first: int) -> None:
    """Write the texts as JSON lines, with labels from `first` on, and one record that is damaged."""
    rows = [{"text": text, "label": number % 3, "fold": "train"} for number, text in enumerate(TEXTS, first)]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n{damaged\n", encoding="utf-8")


def arrow_table(first: int) -> pa.Table:
    """Return the texts with labels from `first` on."""
    labels = pa.array([number % 3 for number in range(first, first + len(TEXTS))], pa.int64())
    return pa.table({"unused": labels, "text": TEXTS, "label": labels, "fold": ["val"] * len(TEXTS)})


def write_parquet(file: Path, first: int) -> None:
    """Write the texts as Parquet, with labels from `first` on."""
    pq.write_table(arrow_table(first), file)


def write_orc(file: Path, first: int) -> None:
    """Write the texts as ORC, with labels from `first` on."""
    orc.write_table(arrow_table(first), file)


WRITERS = {"csv": write_csv, "json": write_json, "parquet": write_parquet, "orc": write_orc}


def text_source(path: Path, table_format: str, **options: str) -> Source:
    """Return the source of the files that a writer wrote."""
    columns = {"input": "text", "label": "label", "split": "fold"}
    tree = {"kind": "table", "format": table_format, "path": str(path), "columns": columns, "options": options}
    return Source.model_validate(tree)


def table_records(spark: SparkSession, source: Source) -> list[RawRecord]:
    """Return the records of a source of texts."""
    listing = list_table(source)
    frame = read_frame(spark, source, listing.root, listing.files, "text")
    batches = pa.Table.from_pandas(frame.toPandas(), preserve_index=False).to_batches()
    return list(frame_records(iter(batches), listing.root, "text", 1000, "text"))


def described(found: list[RawRecord]) -> list[Any]:
    """Return the content of records, in an order that does not depend on Spark's."""

    def rejection(error: RejectedRecordError | None) -> str | None:
        return None if error is None else error.reason.value

    return sorted(
        repr((one.path, one.reject_path, one.label, one.split, one.data, rejection(one.rejection))) for one in found
    )
