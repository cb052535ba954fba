"""Commands that fetch, prepare, inspect and stream data."""

import logging
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from headrace.cli.application import app, print_result
from headrace.cli.parameters import Conf, Overrides, SplitName, load_configuration, local_path, location
from headrace.cli.result_tables import conversion_summary
from headrace.errors import ConfigurationError

log = logging.getLogger(__name__)

# A copy of the kinds in headrace.project_template, so that help needs no configuration.
ProjectKind = Literal[
    "images", "masks", "text", "audio", "tabular", "record", "recommendation", "windows", "table", "retrain"
]
ConvertedFormat = Literal["tfrecord", "webdataset", "huggingface"]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="folder for the files")] = Path("."),
    kind: Annotated[
        ProjectKind,
        typer.Option(
            help="images: in class folders; masks: images and masks of the same names; text: a CSV file of texts and "
            "labels; audio: audio files in class folders, or a CSV file of their paths and labels; "
            "tabular: a CSV file of numbers and categories; record: a CSV file of images, texts and numbers; "
            "recommendation: a CSV file of chosen items; windows: a CSV file of a series; "
            "table: a CSV file of paths of images and labels; retrain: images that arrive daily"
        ),
    ] = "images",
    source: Annotated[
        str | None, typer.Option(metavar="PATH", help="your raw data, for data.source.path of the configuration")
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="column to predict, in a table of --source; else it is guessed")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite existing files")] = False,
) -> None:
    """Create a commented configuration and the networks that fit it as a starting point.

    The columns of a table of --source are looked at and named in the configuration, except for --kind record.

    Example: headrace init my-project --source photos

    Example: headrace init my-texts --kind text --source texts.csv
    """
    from headrace.cli.columns_for_init import FoundSource, look_at_source
    from headrace.project_template import copy_template, next_steps, source_warning

    found = FoundSource(kind, "", None) if source is None else look_at_source(source, kind, label)
    if label is not None and found.columns.get("label") != label:
        raise ConfigurationError(
            f"--label {label} has no effect: it is for --source TABLE, whose columns can be told apart, and not for "
            "--kind record."
        )
    given, values, written = found.source or None, found.values, found.kind
    result = copy_template(folder, written, source=given, source_format=found.source_format, values=values, force=force)
    if given is not None and (warning := source_warning(written, given, found.source_format)):
        log.warning("%s", warning)
    shown = {"columns": found.columns} | found.spacing
    print_result(result | shown, next_steps(folder, written, given, filled=bool(found.columns)))


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="name of the data set")] = None,
    folder: Annotated[
        Path | None, typer.Argument(parser=local_path, metavar="FOLDER", help="folder for its files")
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="maximum number of training records")] = None,
    show: Annotated[bool, typer.Option("--list", help="list the data sets with their licences and sizes")] = False,
) -> None:
    """Download a public data set as raw files: images and audio in class folders, texts, series and rows in one file.

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
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="prepare all records and determine the classes again, without those that no record has",
        ),
    ] = False,
) -> None:
    """Prepare raw records as a new version of a table. Only new and changed records are processed.

    Example: headrace prepare conf/fashion_mnist.yaml prepare.duplicates=drop
    """
    configuration = load_configuration(conf, overrides)
    from headrace.prepare.job import prepare as run

    print_result(run(configuration, full=full))


@app.command()
def convert(
    table: Annotated[
        Path, typer.Argument(parser=location, metavar="TABLE", help="folder of the table, or s3://bucket/folder")
    ],
    output: Annotated[Path, typer.Argument(parser=local_path, metavar="OUT", help="new folder for the files")],
    format: Annotated[
        ConvertedFormat,
        typer.Option(
            help="tfrecord: files of tf.train.Example; webdataset: tar files; huggingface: Parquet files that "
            "`datasets` loads"
        ),
    ],
    split: Annotated[SplitName | None, typer.Option(help="the only split to convert; default: all")] = None,
    version: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="version of the table; default: the latest")
    ] = None,
) -> None:
    """Convert a table for other libraries: all rows in order, with decoded texts and names of classes.

    Example: headrace convert data/fashion-mnist/table fashion-mnist-tars/ --format webdataset
    """
    from headrace.convert.job import convert as run
    from headrace.table import read

    result = run(read(table, version), output, format, split)
    print_result(result, conversion_summary(result))


@app.command()
def vacuum(
    table: Annotated[
        Path, typer.Argument(parser=location, metavar="TABLE", help="folder of the table, or s3://bucket/folder")
    ],
    hours: Annotated[
        float,
        typer.Option(
            metavar="N", min=0, help="keep files younger than this; a running preparation may be writing them"
        ),
    ] = 24.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="count the files, remove nothing")] = False,
) -> None:
    """Remove files that no version of a table refers to, such as those that a killed preparation leaves behind.

    Example: headrace vacuum data/fashion-mnist/table --hours 1
    """
    from headrace.table.vacuum import vacuum as run

    print_result(run(table, hours, dry_run=dry_run))


@app.command()
def inspect(
    table: Annotated[
        Path,
        typer.Argument(
            parser=location, metavar="TABLE", help="folder of the table, or with --raw of raw data; also s3://.."
        ),
    ],
    version: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="version of the table; default: the latest")
    ] = None,
    files: Annotated[SplitName | None, typer.Option(help="also list the Parquet files (shards) of this split")] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="preview raw data before preparation: formats, columns, classes, rejects"),
    ] = False,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="with --raw: column of the labels")] = None,
    rejects: Annotated[
        bool, typer.Option("--rejects", help="list the rejected records with reasons and details")
    ] = False,
    changes: Annotated[
        bool, typer.Option("--changes", help="list the source's files that the version added, changed or removed")
    ] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="maximum number of records or files to list")] = 50,
) -> None:
    """Describe a table, or list its rejected records or the files that a version added; or preview raw data.

    TABLE.rejects and TABLE.duplicates list the records that the newest version of TABLE, or --version, has dropped.

    Example: headrace inspect data/fashion-mnist/table --version 0 --files train

    Example: headrace inspect data/fashion-mnist/table --rejects --limit 20

    Example: headrace inspect data/fashion-mnist/table --changes --version 1

    Example: headrace inspect photos --raw
    """
    if raw + rejects + changes > 1:
        raise typer.BadParameter("--raw, --rejects and --changes exclude each other")
    if raw:
        from headrace.prepare.preview.preview_text import as_text
        from headrace.prepare.preview.raw_preview import preview

        about = preview(str(table), label)
        print(as_text(about), file=sys.stderr)
        print_result(about | {"source": str(table.absolute())})
        return
    from headrace.inspection.dropped_records import inspect_dropped, main_table
    from headrace.inspection.source_files_changed_by_version import inspect_changes
    from headrace.inspection.table_description import inspect_table

    beside = main_table(table)
    if beside is not None:
        print_result(inspect_dropped(beside[0], version, limit, beside[1]))
    elif rejects:
        print_result(inspect_dropped(table, version, limit))
    elif changes:
        print_result(inspect_changes(table, version, limit))
    else:
        print_result(inspect_table(table, version, files, limit))


@app.command()
def read_epoch(
    conf: Conf,
    overrides: Overrides = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="measure throughput, working time and waiting time of each stage")
    ] = False,
    rank: Annotated[int, typer.Option(metavar="N", min=0, help="rank whose rows to read")] = 0,
) -> None:
    """Read one epoch of the training split as one rank would, without training a model.

    Example: headrace read-epoch conf/fashion_mnist.yaml train.batch_size=128 --measure
    """
    configuration = load_configuration(conf, overrides)
    from headrace.stream.throughput_benchmark import read_epoch as run

    print_result(run(configuration, rank, (lambda chart: print(chart, file=sys.stderr)) if measure else None))
