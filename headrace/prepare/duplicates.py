"""Which records have the same content as another that is kept.

Of equal records the one in the test split is kept before one in val or train, so that dropping never changes
what a model is judged on; within a split the first in the order of preparation.
"""

from collections.abc import Iterator
from functools import partial

from pyspark import RDD
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from headrace.prepare.content import split_of
from headrace.prepare.reject import RejectedRecordError
from headrace.prepare.shard_task import Chunk, Task, load

SCHEMA = "content string, preference int, chunk int, position int"
PREFERENCE = {"test": 0, "val": 1, "train": 2}


def without_duplicates(spark: SparkSession, chunks: "RDD[Chunk]", task: Task) -> "RDD[Chunk]":
    """`chunks` with the paths to drop named in each; the driver holds only the dropped records' positions."""
    contents = spark.createDataFrame(chunks.mapPartitions(partial(_contents, task)), SCHEMA)
    order = Window.partitionBy("content").orderBy("preference", "chunk", "position")
    later = contents.withColumn("place", F.row_number().over(order)).where("place > 1")
    dropped: dict[int, set[int]] = {}
    for row in later.select("chunk", "position").toLocalIterator():
        dropped.setdefault(row.chunk, set()).add(row.position)
    return chunks.map(partial(_with_dropped, dropped))


def _contents(task: Task, chunks: Iterator[Chunk]) -> Iterator[tuple[str, int, int, int]]:
    for chunk in chunks:
        for position, file in enumerate(chunk.files):
            try:
                _, content = load(task, file)
            except RejectedRecordError:
                continue
            split = file.split or split_of(content, task.settings.splits)
            yield content, PREFERENCE[split], chunk.number, position


def _with_dropped(dropped: dict[int, set[int]], chunk: Chunk) -> Chunk:
    positions = dropped.get(chunk.number, set())
    return chunk._replace(dropped=frozenset(chunk.files[position].path for position in positions))
