"""Verbs about machines, clusters and configurations."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headrace.cli.parameters import Overrides, SparkSettings, local_path
from headrace.cli.program import app, print_result

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.check import Row
    from headrace.config.configuration import Spark


@app.command()
def check(
    slots: Annotated[int | None, typer.Option(min=1, help="that must be free")] = None,
    cluster: Annotated[bool, typer.Option("--cluster", help="run a small job on every executor, and ranks")] = False,
    store: Annotated[
        Path,
        typer.Option(
            parser=local_path, metavar="PATH", help="folder that all machines share, to be tried by --cluster"
        ),
    ] = Path("."),
    spark_settings: SparkSettings = None,
) -> None:
    """What this machine or cluster lacks: versions, Java, Horovod, free slots, GPUs; of executors also their network.

    Example: headrace check --cluster --slots 4 --store /work
    """
    from headrace.check import check as run
    from headrace.config.configuration import Spark

    settings = Spark(cluster=str(spark_settings) if spark_settings else None)
    found = run(slots, settings, partial(_executors, slots, store, settings) if cluster else None)
    print(found.table(), file=sys.stderr)
    print_result(found.as_json())
    if not found.as_json()["ok"]:
        raise typer.Exit(2)


def _executors(slots: int | None, store: Path, settings: "Spark") -> "list[Row]":
    from headrace.check.cluster import ClusterCheck, cluster_rows

    def allreduce(spark: "SparkSession", ranks: int, logs: Path) -> float:
        # Horovod is imported last: where it is broken, the other rows are still told.
        from headrace.train.launch.benchmark import measure_allreduce

        return measure_allreduce(spark, ranks, logs)

    return cluster_rows(ClusterCheck(slots=slots, store=store, allreduce=allreduce, settings=settings))


@app.command()
def properties(
    cluster: Annotated[Path, typer.Argument(help="file of Spark's settings, such as conf/cluster/yarn.yaml")],
    command: Annotated[str, typer.Argument(help="check, prepare, train or predict")],
    output: Annotated[Path, typer.Argument(help="file to write")],
) -> None:
    """A cluster's settings for one command, as a file for `spark-submit --properties-file`.

    Example: headrace properties conf/cluster/yarn.yaml train train.properties
    """
    from headrace.spark.properties import write_properties

    print_result(write_properties(cluster, command, output))


@app.command()
def config(
    conf: Annotated[Path | None, typer.Argument(metavar="CONF", help="configuration file (YAML)")] = None,
    overrides: Overrides = None,
    schema: Annotated[bool, typer.Option("--schema", help="print the JSON Schema of every configuration")] = False,
) -> None:
    """The resolved configuration: defaults, file and overrides, validated.

    Example: headrace config conf/fashion_mnist.yaml train.ranks=4
    """
    from headrace.config import Configuration, load

    if schema:
        print_result(Configuration.model_json_schema())
    elif conf is not None:
        print_result(load(conf, overrides or ()).model_dump(mode="json"))
    else:
        raise typer.BadParameter("expected CONF, or --schema")
