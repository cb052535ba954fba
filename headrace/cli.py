"""The command line. Each verb validates its words, calls one function, and prints one JSON object at the end.

Nothing heavy is imported here; a verb imports what it needs when it runs.
"""

import logging
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from headrace import __version__
from headrace.cli_models import models
from headrace.cli_words import Conf, Overrides, answer
from headrace.errors import HeadraceError

app = typer.Typer(
    name="headrace",
    help="Raw images and text to a trained Keras model, on the Spark cluster you already have.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

app.add_typer(models, name="models")
# As headrace.retrain.steps has them, which takes long to import.
Until = Literal["prepare", "validate", "train", "evaluate", "register", "gate", "promote", "predict", "conclude"]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="where to put the files")] = Path("."),
    force: Annotated[bool, typer.Option("--force", help="replace files that are there")] = False,
) -> None:
    """Copy a commented configuration and a network to start from.

    Example: headrace init my-project
    """
    from headrace.starter import copy_starter

    answer(copy_starter(folder, force=force))


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="of the data set")] = None,
    folder: Annotated[Path | None, typer.Argument(help="where to put its files")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="only so many training records")] = None,
    show: Annotated[bool, typer.Option("--list", help="the data sets, their licences and sizes")] = False,
) -> None:
    """Bring a public data set as raw files: images in class folders, texts and numbers in a file of records.

    Example: headrace fetch fashion-mnist data/fashion-mnist/raw --limit 6000
    """
    from headrace import fetch as fetching

    if show or name is None or folder is None:
        if not show:
            raise typer.BadParameter("expected NAME FOLDER, or --list")
        answer(fetching.listing())
    else:
        answer(fetching.fetch(name, folder, limit))


@app.command()
def prepare(
    conf: Conf,
    overrides: Overrides = None,
    full: Annotated[bool, typer.Option("--full", help="prepare everything anew, not only what has changed")] = False,
) -> None:
    """Raw records -> a version of a table. Only what is new or has changed since the version before is prepared.

    Example: headrace prepare conf/fashion_mnist.yaml prepare.duplicates=drop
    """
    from headrace.config import load

    configuration = load(conf, overrides or ())
    from headrace.prepare.job import prepare as run

    answer(run(configuration, full=full))


@app.command()
def vacuum(
    table: Annotated[Path, typer.Argument(help="folder of the table")],
    hours: Annotated[float, typer.Option(min=0, help="younger files stay: a preparation may be writing them")] = 24.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count what would be removed")] = False,
) -> None:
    """Remove files that no version of a table names; preparations that were killed leave some.

    Example: headrace vacuum data/fashion-mnist/table --hours 1
    """
    from headrace.table.vacuum import vacuum as run

    answer(run(table, hours, dry_run=dry_run))


@app.command()
def inspect(
    table: Annotated[Path, typer.Argument(help="folder of the table")],
    version: Annotated[int | None, typer.Option(min=0, help="the newest if not given")] = None,
) -> None:
    """Schema, counts, statistics, rejects and history of a table.

    Example: headrace inspect data/fashion-mnist/table --version 0
    """
    from headrace.inspect_table import inspect_table

    answer(inspect_table(table, version))


@app.command()
def stream(
    conf: Conf,
    overrides: Overrides = None,
    measure: Annotated[bool, typer.Option("--measure", help="speed, work and waiting of each stage")] = False,
    rank: Annotated[int, typer.Option(min=0, help="whose share of the rows")] = 0,
) -> None:
    """Read an epoch of the training split as one rank would, without a model.

    Example: headrace stream conf/fashion_mnist.yaml train.batch_size=128 --measure
    """
    from headrace.config import load

    configuration = load(conf, overrides or ())
    from headrace.stream.job import stream as run

    answer(run(configuration, rank, (lambda picture: print(picture, file=sys.stderr)) if measure else None))


@app.command()
def networks(
    table: Annotated[Path | None, typer.Argument(help="whose inputs and classes the networks are sized for")] = None,
    folder: Annotated[Path, typer.Option(help="of the networks' files")] = Path("models"),
) -> None:
    """The networks in a folder: what they are, their options, and for a table their parameters and FLOPs.

    Example: headrace networks data/fashion-mnist/table
    """
    from headrace.list_networks import as_text, list_networks

    listed = list_networks(folder, table)
    print(as_text(listed), file=sys.stderr)
    answer(listed)


@app.command()
def train(conf: Conf, overrides: Overrides = None) -> None:
    """A table -> a training run -> a bundle. The same run again continues, or does nothing if it is complete.

    Example: headrace train conf/fashion_mnist.yaml train.ranks=2 train.run=runs/wide model.options.width=64
    """
    from headrace.config import load

    configuration = load(conf, overrides or ())
    if configuration.registry is None:
        from headrace.train.job import train as run
    else:
        from headrace.registry.tracked_training import train_tracked as run

    answer(run(configuration))


@app.command()
def evaluate(
    bundle: Annotated[Path, typer.Argument(help="folder of the trained model")],
    table: Annotated[Path, typer.Option(help="folder of the table")],
    split: Annotated[str, typer.Option(help="train, val or test")] = "test",
    version: Annotated[int | None, typer.Option(min=0, help="of the table; the newest if not given")] = None,
) -> None:
    """Judge a bundle on all rows of a split.

    Example: headrace evaluate runs/fashion-mnist/bundle --table data/fashion-mnist/table
    """
    from headrace.evaluate.job import evaluate as run

    answer(run(bundle, table, split, version))


@app.command()
def predict(
    bundle: Annotated[Path, typer.Argument(help="folder of the trained model")],
    input: Annotated[Path, typer.Argument(help="a folder of raw files, or a table")],
    output: Annotated[Path, typer.Argument(help="folder for the Parquet files; must not exist")],
) -> None:
    """Raw files or a table -> Parquet of path, label and probabilities (in regression: path and value), by Spark.

    Example: headrace predict runs/fashion-mnist/bundle photos/ predictions/
    """
    from headrace.predict.job import predict as run

    answer(run(bundle, input, output))


@app.command()
def retrain(
    conf: Conf,
    overrides: Overrides = None,
    force: Annotated[bool, typer.Option("--force", help="train though nothing has changed")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="for another that is retraining, instead of leaving it")] = False,
    until: Annotated[Until | None, typer.Option(help="last step to do; the same again goes on from there")] = None,
    cycle: Annotated[str | None, typer.Option(help="a scheduler's name for the cycle, the same for each step")] = None,
) -> None:
    """One cycle, if there is anything to do: new raw data -> a challenger -> a gate -> a champion.

    Safe at any time, twice at once, and after a crash. A challenger that is refused ends in exit code 5, refused data
    in 3; both keep their reasons in the journal and on its page.

    Example: headrace retrain conf/retraining.yaml
    """
    from headrace.config import load

    configuration = load(conf, overrides or ())
    from headrace.retrain.cycle import retrain as run

    result = run(configuration, until=until, name=cycle, force=force, wait=wait)
    answer(result)
    if result["exit_code"]:
        print(f"headrace: {result['decision']}: {'; '.join(result['reasons'])}", file=sys.stderr)
        raise typer.Exit(result["exit_code"])


@app.command()
def watch(
    conf: Conf,
    overrides: Overrides = None,
    every: Annotated[str | None, typer.Option(help="such as 30m, 1h or 1d")] = None,
    cron: Annotated[str | None, typer.Option(help="five fields, such as '0 3 * * *'")] = None,
    times: Annotated[int | None, typer.Option(min=1, help="cycles to begin; without end if not given")] = None,
) -> None:
    """Retrain by the clock, where there is neither cron nor Airflow: now, and then again and again.

    Example: headrace watch conf/retraining.yaml --every 1h
    """
    from headrace.config import load

    load(conf, overrides or ())
    from headrace.retrain.watch import Watch, trigger

    answer(Watch([str(conf), *(overrides or ())], times).run(trigger(every, cron)))


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="folder of the training run")],
    output: Annotated[Path | None, typer.Option(help="RUN/report.html if not given")] = None,
) -> None:
    """One HTML page about a run: data, curves, confusion, worst mistakes, speed, how to reproduce it.

    Example: headrace report runs/fashion-mnist
    """
    from headrace.report import write_report

    answer({"report": str(write_report(run, output))})


@app.command()
def check(slots: Annotated[int | None, typer.Option(min=1, help="that must be free")] = None) -> None:
    """What this machine or cluster lacks: versions, Java, Horovod, free slots, GPUs.

    Example: headrace check --slots 4
    """
    from headrace.check import check as run

    found = run(slots)
    print(found.table(), file=sys.stderr)
    answer(found.as_json())
    if not found.as_json()["ok"]:
        raise typer.Exit(2)


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
        answer(Configuration.model_json_schema())
    elif conf is not None:
        answer(load(conf, overrides or ()).model_dump(mode="json"))
    else:
        raise typer.BadParameter("expected CONF, or --schema")


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="only warnings in the log")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit
    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    # Spark's bridge tells of every call; only its warnings are for people.
    logging.getLogger("py4j").setLevel(logging.WARNING)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 done, 2 usage, 3 data, 4 training, 5 gate, 1 anything else."""
    try:
        app(arguments)
    except HeadraceError as error:
        print(f"headrace: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("headrace: interrupted", file=sys.stderr)
        sys.exit(130)
