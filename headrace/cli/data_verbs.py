"""Verbs that bring, prepare and look at data."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from headrace.cli.parameters import Conf, Overrides, load_configuration, local_path, location
from headrace.cli.program import app, print_result


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="where to put the files")] = Path("."),
    force: Annotated[bool, typer.Option("--force", help="replace files that are there")] = False,
) -> None:
    """Copy a commented configuration and a network to start from.

    Example: headrace init my-project
    """
    from headrace.project_template import copy_template

    print_result(copy_template(folder, force=force))


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="of the data set")] = None,
    folder: Annotated[
        Path | None, typer.Argument(parser=local_path, metavar="FOLDER", help="where to put its files")
    ] = None,
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
        print_result(fetching.listing())
    else:
        print_result(fetching.fetch(name, folder, limit))


@app.command()
def prepare(
    conf: Conf,
    overrides: Overrides = None,
    full: Annotated[bool, typer.Option("--full", help="prepare everything anew, not only what has changed")] = False,
) -> None:
    """Raw records -> a version of a table. Only what is new or has changed since the version before is prepared.

    Example: headrace prepare conf/fashion_mnist.yaml prepare.duplicates=drop
    """
    configuration = load_configuration(conf, overrides)
    from headrace.prepare.job import prepare as run

    print_result(run(configuration, full=full))


@app.command()
def vacuum(
    table: Annotated[Path, typer.Argument(parser=location, metavar="TABLE", help="its folder, or s3://bucket/folder")],
    hours: Annotated[float, typer.Option(min=0, help="younger files stay: a preparation may be writing them")] = 24.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count what would be removed")] = False,
) -> None:
    """Remove files that no version of a table names; preparations that were killed leave some.

    Example: headrace vacuum data/fashion-mnist/table --hours 1
    """
    from headrace.table.vacuum import vacuum as run

    print_result(run(table, hours, dry_run=dry_run))


@app.command()
def inspect(
    table: Annotated[Path, typer.Argument(parser=location, metavar="TABLE", help="its folder, or s3://bucket/folder")],
    version: Annotated[int | None, typer.Option(min=0, help="the newest if not given")] = None,
    files: Annotated[
        str | None, typer.Option(metavar="SPLIT", help="list the addresses of the files of train, val or test too")
    ] = None,
) -> None:
    """Schema, counts, statistics, rejects and history of a table.

    Example: headrace inspect data/fashion-mnist/table --version 0 --files train
    """
    from headrace.inspect_table import inspect_table

    print_result(inspect_table(table, version, files))


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
    configuration = load_configuration(conf, overrides)
    from headrace.stream.job import stream as run

    print_result(run(configuration, rank, (lambda picture: print(picture, file=sys.stderr)) if measure else None))
