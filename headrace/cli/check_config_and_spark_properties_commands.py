"""Commands that check machines and clusters, and print configurations."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headrace.cli.application import app, print_result, print_text
from headrace.cli.parameters import Overrides, SparkSettings, local_path

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.check import CheckRow
    from headrace.config.configuration_model import Spark


@app.command()
def check(
    slots: Annotated[int | None, typer.Option(metavar="N", min=1, help="number of slots that must be free")] = None,
    cluster: Annotated[
        bool, typer.Option("--cluster", help="also run a small job on every executor, and test ranks")
    ] = False,
    store: Annotated[
        Path,
        typer.Option(parser=local_path, metavar="PATH", help="folder shared by all machines; tested by --cluster"),
    ] = Path("."),
    spark_settings: SparkSettings = None,
) -> None:
    """Check this machine or cluster: versions, Java, Horovod, free slots, GPUs; with --cluster also the executors.

    Example: headrace check --cluster --slots 4 --store /work
    """
    from headrace.check import check as run
    from headrace.config.configuration_model import Spark

    settings = Spark(cluster=str(spark_settings) if spark_settings else None)
    report = run(slots, settings, partial(_check_cluster, slots, store, settings) if cluster else None)
    print(report.table(), file=sys.stderr)
    print_result(report.as_json())
    if not report.ok:
        raise typer.Exit(2)


def _check_cluster(slots: int | None, store: Path, settings: "Spark") -> "list[CheckRow]":
    from headrace.check.executors_and_allreduce import ClusterCheck, cluster_rows

    def allreduce(spark: "SparkSession", ranks: int, logs: Path) -> float:
        # Import Horovod last: if it is broken, the report still has the other rows.
        from headrace.train.launch.allreduce_benchmark import measure_allreduce

        return measure_allreduce(spark, ranks, logs)

    return cluster_rows(ClusterCheck(slots=slots, store=store, allreduce=allreduce, settings=settings))


@app.command()
def spark_properties(
    cluster: Annotated[Path, typer.Argument(help="file of Spark settings, such as conf/cluster/yarn.yaml")],
    command: Annotated[str, typer.Argument(help="check, prepare, train or predict")],
    output: Annotated[Path, typer.Argument(help="file to write")],
) -> None:
    """Write the Spark settings of a cluster for one command to a file for `spark-submit --properties-file`.

    Example: headrace spark-properties conf/cluster/yarn.yaml train train.properties
    """
    from headrace.spark.submit_properties_file import write_properties

    print_result(write_properties(cluster, command, output))


@app.command()
def config(
    conf: Annotated[Path | None, typer.Argument(metavar="CONF", help="configuration file (YAML)")] = None,
    overrides: Overrides = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one line of JSON instead of YAML")] = False,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="KEY", help="explain a key or a section, such as train.optimizer; with CONF also its value there"
        ),
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="print the JSON Schema of configurations")] = False,
) -> None:
    """Print the resolved and validated configuration, with a comment for each key: defaults, file and overrides.

    Example: headrace config conf/fashion_mnist.yaml train.ranks=4

    Example: headrace config --explain train.optimizer
    """
    from headrace.config import Configuration, commented_yaml, key_explanation, load
    from headrace.project_template import template_folder

    if schema:
        print_text(json.dumps(Configuration.model_json_schema(), indent=2))
    elif explain is not None:
        configuration = None if conf is None else load(conf, overrides or ())
        print_text(key_explanation.explain(explain, template_folder() / "conf", configuration))
    elif conf is None:
        raise typer.BadParameter("expected CONF, --explain KEY, or --schema")
    elif as_json:
        print_result(load(conf, overrides or ()).model_dump(mode="json"))
    else:
        print_text(commented_yaml.as_yaml(load(conf, overrides or ()), str(conf)))
