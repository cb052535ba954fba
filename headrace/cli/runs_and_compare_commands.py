"""Commands that list runs and compare them."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from headrace.cli.application import app, print_result, print_text
from headrace.cli.parameters import local_path, location

Split = Literal["test", "val"]


@app.command()
def runs(
    folder: Annotated[
        Path, typer.Argument(parser=location, metavar="FOLDER", help="folder with runs, or s3://bucket/folder")
    ] = Path("runs"),
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="column, metric or setting, such as test.accuracy or train.optimizer.learning_rate; "
            "descending as -KEY; default: started",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object with everything")] = False,
) -> None:
    """List the runs in and below a folder: state, progress, metrics, and the settings that differ between them.

    The trials of a study are runs too.

    Example: headrace runs runs --sort -test.accuracy
    """
    from headrace.cli.runs_table import list_as_json, list_as_text, sort_rows
    from headrace.runs.run_listing import list_runs
    from headrace.terminal_table import terminal_width

    rows = list_runs(folder)
    rows = sort_rows(rows, sort) if sort else rows
    if as_json:
        print_result(list_as_json(str(folder), rows))
    else:
        print_text(list_as_text(rows, terminal_width(sys.stdout)))


@app.command()
def compare(
    models: Annotated[
        list[Path],
        typer.Argument(
            parser=location,
            metavar="RUN RUN...",
            help="folders of two or more runs or bundles; the first is the reference",
        ),
    ],
    table: Annotated[
        Path | None,
        typer.Option(
            parser=location, metavar="TABLE", help="table whose rows are used; default: that of the models' training"
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="version of the table; default: the newest that a model was trained on"),
    ] = None,
    split: Annotated[Split, typer.Option(help="split whose rows are used")] = "test",
    page: Annotated[
        Path | None,
        typer.Option(parser=local_path, metavar="FILE", help="also write an HTML page with pictures and charts"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object with everything")] = False,
) -> None:
    """Compare trained models on the same rows: metrics with intervals, classes, curves, disagreements, settings.

    Intervals are those of a paired bootstrap: every sample has the same rows for both models.

    Example: headrace compare runs/small runs/large --page comparison.html
    """
    from headrace.compare.comparison_page import write_page
    from headrace.compare.comparison_text import as_text
    from headrace.compare.job import compare as run

    comparison = run(models, table, version, split)
    if page is not None:
        comparison |= {"page": str(write_page(comparison, page))}
    if as_json:
        print_result(comparison)
    else:
        print_text(as_text(comparison) + (f"\n\nThe page is {page}." if page else ""))
