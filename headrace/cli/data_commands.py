"""Commands that fetch, prepare, inspect and stream data."""

import logging
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from headrace.cli.application import app, print_result
from headrace.cli.parameters import Conf, Overrides, SplitName, load_configuration, local_path, location
from headrace.cli.result_tables import conversion_summary
from headrace.errors import ConfigurationError, DataError, HeadraceError
from headrace.wording import quantity

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
            "labels; audio: audio files in class folders; "
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

    Of a table of texts, of rows or of a series, the columns of --source are looked at and named in the configuration.

    Example: headrace init my-project --source photos

    Example: headrace init my-texts --kind text --source texts.csv
    """
    from headrace.project_template import copy_template, next_steps, source_warning

    source_format = None if source is None else _find_format(source)
    columns = _find_columns(source, kind, label) if source and source_format else {}
    if label is not None and columns.get("label") != label:
        raise ConfigurationError(
            f"--label {label} has no effect: it is for --source TABLE with --kind text, tabular or windows, whose "
            "columns can be told apart."
        )
    spacing = _find_spacing(source, columns) if source and kind == "windows" and columns else {}
    values = columns | spacing | (_find_splits(source) if source and kind == "images" and Path(source).is_dir() else {})
    result = copy_template(folder, kind, source=source, source_format=source_format, values=values, force=force)
    if source is not None and (warning := source_warning(kind, source, source_format)):
        log.warning("%s", warning)
    print_result(result | {"columns": columns} | spacing, next_steps(folder, kind, source, filled=bool(columns)))


def _find_columns(source: str, kind: ProjectKind, label: str | None) -> dict[str, Any]:
    """Return the values of keys that name columns of the table `source`, and log what was taken for what."""
    from headrace.prepare.preview.column_roles import USED_ROLES, configuration_values, describe_roles, guess_roles

    if kind not in USED_ROLES:
        return {}
    try:
        roles = guess_roles(source, label, is_series=kind == "windows")
    except DataError as error:
        log.warning("The columns of %s are not known (%s); set them in the configuration.", source, error)
        return {}
    if roles is None:
        return {}
    columns = configuration_values(kind, roles)
    ending = "check them" if columns else "too little for this kind; set the columns in the configuration"
    log.info("Columns taken for %s; %s", describe_roles(roles, kind), ending)
    return columns


def _find_spacing(source: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of keys about the distance of rows in time, and log what they were taken from."""
    from headrace.prepare.preview.column_roles import spacing_of_series

    spacing = spacing_of_series(source, columns)
    every = spacing.every_seconds
    log.log(logging.WARNING if every is None else logging.INFO, "%s", spacing.description)
    for warning in spacing.warnings:
        log.warning("%s", warning)
    return {} if every is None else {"every_seconds": every, "season": spacing.season}


def _find_splits(source: str) -> dict[str, Any]:
    """Return `stratified` as the method of splits if a class folder has few images; nothing if folders name splits."""
    from headrace.config.configuration import Source
    from headrace.prepare.labels.class_warnings import SMALL_CLASS
    from headrace.prepare.sources import list_source

    try:
        files = list_source(Source(path=str(Path(source).absolute()))).files
    except HeadraceError:
        return {}
    counts = Counter(file.label for file in files if file.label is not None)
    if any(file.split for file in files) or not counts or min(counts.values()) >= SMALL_CLASS:
        return {}
    name, rows = min(counts.items(), key=lambda item: item[1])
    log.info("prepare.splits.method is stratified, as the class %r has %s", name, quantity(rows, "file"))
    return {"method": "stratified"}


def _find_format(source: str) -> str | None:
    from headrace.prepare.preview.table_format_detection import detect_format

    return detect_format(source)


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
