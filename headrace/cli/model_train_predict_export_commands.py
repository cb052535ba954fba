"""Commands that train, tune, evaluate, explain and export models, predict with them, and report on runs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from headrace.cli.application import app, print_result
from headrace.cli.parameters import (
    Conf,
    Overrides,
    ReaderOptions,
    SparkSettings,
    SplitName,
    input_location,
    load_configuration,
    local_path,
    location,
    reader_options,
)
from headrace.cli.result_tables import (
    evaluation_table,
    explanation_summary,
    export_summary,
    prediction_table,
    report_summary,
    training_table,
)
from headrace.errors import TrainingError

if TYPE_CHECKING:
    from headrace.config import Configuration

Method = Literal["integrated-gradients", "grad-cam", "occlusion"]
Format = Literal["saved_model", "onnx", "tflite"]
Quantised = Literal["float16"]
OutputFormat = Literal["parquet", "csv", "jsonl"]


@app.command()
def networks(
    table: Annotated[
        Path | None,
        typer.Argument(parser=location, metavar="TABLE", help="table whose inputs and classes size the networks"),
    ] = None,
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="folder with the network files")] = Path("models"),
) -> None:
    """List the networks in a folder with their options and, for a table, their parameters and FLOPs.

    Example: headrace networks data/fashion-mnist/table
    """
    from headrace.networks.network_listing import as_text, list_networks

    listed = list_networks(folder, table)
    print(as_text(listed), file=sys.stderr)
    print_result(listed)


@app.command()
def train(
    conf: Conf,
    overrides: Overrides = None,
    restart: Annotated[bool, typer.Option("--restart", help="start the run over; what it has trained is lost")] = False,
) -> None:
    """Train a model on a table and save it as a bundle. The same command resumes a run that is not complete.

    A larger train.epochs continues a run, a smaller one ends an interrupted run earlier.

    Example: headrace train conf/fashion_mnist.yaml train.ranks=2 train.run=runs/wide model.options.width=64
    """
    configuration = load_configuration(conf, overrides)
    if configuration.registry is None:
        from headrace.train.job import train as run

        result = run(configuration, restart=restart)
    else:
        from headrace.registry.tracking.train_and_tune_tracked import train_tracked

        result = train_tracked(configuration, restart=restart)
    print_result(result, training_table(result))


@app.command()
def tune(conf: Conf, overrides: Overrides = None) -> None:
    """Search for the best configuration in the space of the section `tune`.

    The same command resumes a study that was stopped or killed. The study's folder gets a report page and best.yaml, a
    configuration for `headrace train`. With a section `registry`, the study and each trial are logged to MLflow.

    Example: headrace tune conf/digits_search.yaml tune.trials=20 tune.parallel=2
    """
    configuration = load_configuration(conf, overrides)
    from headrace.tune.job import as_text

    result = _run_study(configuration)
    print_result(result, as_text(result))
    if result["best"] is None:
        raise TrainingError(f"No trial of the study {result['study']} is complete; {result['failed']} failed.")


def _run_study(configuration: "Configuration") -> dict[str, Any]:
    if configuration.registry is None:
        from headrace.tune.job import tune as run

        return run(configuration)
    from headrace.registry.tracking.train_and_tune_tracked import tune_tracked

    return tune_tracked(configuration)


@app.command()
def evaluate(
    bundle: Annotated[
        Path,
        typer.Argument(parser=location, metavar="BUNDLE", help="folder of the trained model, or s3://bucket/folder"),
    ],
    table: Annotated[
        Path | None,
        typer.Option(
            parser=location,
            metavar="TABLE",
            help="folder of the table, or s3://bucket/folder; default: that of the model's training",
        ),
    ] = None,
    split: Annotated[SplitName, typer.Option(help="split to evaluate")] = "test",
    version: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="version of the table; default: the latest, or without --table that of the model's training",
        ),
    ] = None,
    slice: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="column, number or category of the inputs, or `size` of images stored as PNG or JPEG, whose values "
            "get separate metrics; repeatable",
        ),
    ] = None,
) -> None:
    """Evaluate a bundle on all rows of a split and on slices: always by class, texts also by length.

    Example: headrace evaluate runs/fashion-mnist/bundle --table data/fashion-mnist/table --slice path
    """
    from headrace.evaluate.job import evaluate as run

    result = run(bundle, table, split, version, tuple(slice or ()))
    print_result(result, evaluation_table(result))


@app.command()
def predict(
    bundle: Annotated[
        Path,
        typer.Argument(parser=location, metavar="BUNDLE", help="folder of the trained model, or s3://bucket/folder"),
    ],
    inputs: Annotated[
        list[Path],
        typer.Argument(
            parser=input_location,
            metavar="INPUT",
            help="files, folders or 'patterns*' of raw files, files of texts, - for standard input, or one table; "
            "also s3://...",
        ),
    ],
    output: Annotated[
        Path,
        typer.Argument(
            parser=location,
            metavar="OUTPUT",
            help="new folder for Parquet files, or new file .csv or .jsonl; also s3://...",
        ),
    ],
    column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="text column in CSV, JSON, Parquet, ORC or TFRecord; default: as in training"
        ),
    ] = None,
    identity: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="column with the id of each record")
    ] = None,
    options: ReaderOptions = None,
    spark_settings: SparkSettings = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="N", min=0, max=1, help="minimum probability of a label, or of the second of two classes"),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="maximum number of records: the first ones")
    ] = None,
    format: Annotated[
        OutputFormat | None, typer.Option(help="format of the output; default: by its suffix, else parquet")
    ] = None,
) -> None:
    """Predict raw files or a table with Spark; write path, label and probabilities (regression: value).

    The last argument is the output: a folder of Parquet files, or one CSV or JSONL file with a column for each class.
    The others are the inputs. With one input, records are named relative to it; with several, or a pattern in quotes,
    their names begin with the input's.

    With two classes the label is the more probable one; with many labels it lists those with a probability of at least
    0.5. --threshold sets another bound.

    The suffix of a file of texts selects CSV, JSON, Parquet, ORC or TFRecord; any other file has one text per line; in
    a folder, each file is one text. Files are read with the options of the bundle's source, unless --option sets
    others. For a file of texts the output also has the line number of each text. Standard input (-) has the texts as
    lines, JSON lines or CSV with a header, found by its first record and reported as `taken_for`, or the bytes of one
    image or audio file.

    Example: headrace predict runs/fashion-mnist/bundle photos/ predictions/

    Example: headrace predict runs/fashion-mnist/bundle monday/ tuesday/ 'more/*.png' answers.csv

    Example: echo "a splendid film" | headrace predict runs/texts/bundle - answer.jsonl
    """
    from headrace.predict.job import PredictOptions
    from headrace.predict.job import predict as run
    from headrace.predict.records.record_file_reader import TextColumns

    chosen = PredictOptions(
        cluster=spark_settings,
        columns=TextColumns(column, identity, reader_options(options)),
        threshold=threshold,
        limit=limit,
        format=format,
    )
    result = run(bundle, inputs, output, chosen)
    print_result(result, prediction_table(result))


@app.command()
def explain(
    bundle: Annotated[
        Path,
        typer.Argument(parser=location, metavar="BUNDLE", help="folder of the trained model, or s3://bucket/folder"),
    ],
    input: Annotated[
        Path,
        typer.Argument(
            parser=local_path,
            metavar="INPUT",
            help="image, audio file, folder or 'pattern*' of raw files, or file of texts (lines, CSV, JSON, Parquet, "
            "ORC)",
        ),
    ],
    output: Annotated[Path, typer.Argument(parser=local_path, metavar="OUTPUT", help="HTML file to write")] = Path(
        "explanation.html"
    ),
    limit: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="number of inputs, spread evenly over all; rejected ones do not count"),
    ] = 8,
    class_name: Annotated[
        str | None, typer.Option("--class", metavar="CLASS", help="class to explain; default: the predicted class")
    ] = None,
    steps: Annotated[
        int, typer.Option(metavar="N", min=1, max=4096, help="steps of integrated gradients; doubled if too few")
    ] = 64,
    method: Annotated[Method | None, typer.Option(help="method; default: all that fit the input")] = None,
    column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="text column in CSV, JSON, Parquet, ORC or TFRecord; default: as in training"
        ),
    ] = None,
    reader: ReaderOptions = None,
) -> None:
    """Explain predictions on an HTML page: integrated gradients, Grad-CAM for images, and occlusion.

    Example: headrace explain runs/fashion-mnist/bundle photos/ photos.html --limit 4
    """
    from headrace.explain.job import explain as run
    from headrace.explain.options import ExplainOptions

    options = ExplainOptions(
        limit=limit,
        class_name=class_name,
        steps=steps,
        method=method,
        column=column,
        reader_options=reader_options(reader),
    )
    result = run(bundle, input, output, options)
    print_result(result, explanation_summary(result))


@app.command()
def export(
    bundle: Annotated[
        Path,
        typer.Argument(parser=location, metavar="BUNDLE", help="folder of the trained model, or s3://bucket/folder"),
    ],
    output: Annotated[
        Path, typer.Argument(parser=local_path, metavar="OUTPUT", help="new folder for the exported model")
    ],
    to: Annotated[Format, typer.Option(help="format of the exported model")],
    table: Annotated[
        Path | None,
        typer.Option(
            parser=location, metavar="TABLE", help="table whose rows compare both models; default: random inputs"
        ),
    ] = None,
    split: Annotated[SplitName, typer.Option(help="split of the table")] = "test",
    quantise: Annotated[Quantised | None, typer.Option(help="tflite only: store weights in half the bytes")] = None,
) -> None:
    """Export a bundle for other programs. The export is kept only if it predicts what the bundle does (else exit 5).

    Example: headrace export runs/fashion-mnist/bundle exported/ --to onnx --table data/fashion-mnist/table
    """
    from headrace.export import formats
    from headrace.export.job import export as run

    result = run(bundle, output, formats.Format(to, quantise), table, split)
    print_result(result, export_summary(result))


@app.command()
def report(
    run: Annotated[
        Path, typer.Argument(parser=location, metavar="RUN", help="folder of the training run, or s3://bucket/folder")
    ],
    output: Annotated[
        Path | None, typer.Option(parser=location, metavar="FILE", help="HTML file to write; default: RUN/report.html")
    ] = None,
) -> None:
    """Write an HTML report of a run: data, curves, confusion matrix, worst errors, throughput, reproduction.

    Example: headrace report runs/fashion-mnist
    """
    from headrace.report import write_report

    result = {"report": str(write_report(run, output))}
    print_result(result, report_summary(result))
