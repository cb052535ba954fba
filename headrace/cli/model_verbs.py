"""Verbs that make a model, judge it and use it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from headrace.cli.parameters import Conf, Overrides, SparkSettings, load_configuration, local_path, location
from headrace.cli.program import app, print_result
from headrace.errors import TrainingError

if TYPE_CHECKING:
    from headrace.config import Configuration

Method = Literal["integrated-gradients", "grad-cam", "occlusion"]
Format = Literal["saved_model", "onnx", "tflite"]
Quantised = Literal["float16"]


@app.command()
def networks(
    table: Annotated[
        Path | None,
        typer.Argument(parser=location, metavar="TABLE", help="whose inputs and classes the networks are sized for"),
    ] = None,
    folder: Annotated[Path, typer.Option(help="of the networks' files")] = Path("models"),
) -> None:
    """The networks in a folder: what they are, their options, and for a table their parameters and FLOPs.

    Example: headrace networks data/fashion-mnist/table
    """
    from headrace.networks.listing import as_text, list_networks

    listed = list_networks(folder, table)
    print(as_text(listed), file=sys.stderr)
    print_result(listed)


@app.command()
def train(conf: Conf, overrides: Overrides = None) -> None:
    """A table -> a training run -> a bundle. The same run again continues, or does nothing if it is complete.

    Example: headrace train conf/fashion_mnist.yaml train.ranks=2 train.run=runs/wide model.options.width=64
    """
    configuration = load_configuration(conf, overrides)
    if configuration.registry is None:
        from headrace.train.job import train as run

        print_result(run(configuration))
    else:
        from headrace.registry.tracking.commands import train_tracked

        print_result(train_tracked(configuration))


@app.command()
def tune(conf: Conf, overrides: Overrides = None) -> None:
    """Many trainings -> the best configuration, searched in the space that the section `tune` names.

    The same command again goes on with a study that was stopped or killed. Its folder gets a page and best.yaml, which
    `headrace train` takes as it is. With a section `registry` MLflow is told of the study and of each trial.

    Example: headrace tune conf/digits_search.yaml tune.trials=20 tune.parallel=2
    """
    configuration = load_configuration(conf, overrides)
    from headrace.tune.job import as_text

    result = _tuned(configuration)
    print(as_text(result), file=sys.stderr)
    print_result(result)
    if result["best"] is None:
        raise TrainingError(f"No trial of the study {result['study']} is complete; {result['failed']} have failed.")


def _tuned(configuration: "Configuration") -> dict[str, Any]:
    if configuration.registry is None:
        from headrace.tune.job import tune as run

        return run(configuration)
    from headrace.registry.tracking.commands import tune_tracked

    return tune_tracked(configuration)


@app.command()
def evaluate(
    bundle: Annotated[Path, typer.Argument(parser=location, metavar="BUNDLE", help="the trained model; also s3://...")],
    table: Annotated[Path, typer.Option(parser=location, metavar="TABLE", help="its folder, or s3://bucket/folder")],
    split: Annotated[str, typer.Option(help="train, val or test")] = "test",
    version: Annotated[int | None, typer.Option(min=0, help="of the table; the newest if not given")] = None,
    slice: Annotated[
        list[str] | None,
        typer.Option(help="a column, or size of images; the figures within its values too; repeatable"),
    ] = None,
) -> None:
    """Judge a bundle on all rows of a split, and on slices of them: always by class, and texts by length.

    Example: headrace evaluate runs/fashion-mnist/bundle --table data/fashion-mnist/table --slice path
    """
    from headrace.evaluate.job import evaluate as run

    print_result(run(bundle, table, split, version, tuple(slice or ())))


@app.command()
def predict(
    bundle: Annotated[Path, typer.Argument(parser=location, metavar="BUNDLE", help="the trained model; also s3://...")],
    input: Annotated[
        Path,
        typer.Argument(
            parser=location, metavar="INPUT", help="a folder of raw files, a table, or a file of texts; also s3://..."
        ),
    ],
    output: Annotated[
        Path,
        typer.Argument(parser=location, metavar="OUTPUT", help="for the Parquet files; must not exist; also s3://..."),
    ],
    column: Annotated[
        str | None, typer.Option(help="of texts in CSV, JSONL or Parquet; as prepared if not given")
    ] = None,
    identity: Annotated[str | None, typer.Option("--id", help="column that names the records")] = None,
    spark_settings: SparkSettings = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="probability from which on a label is given, or of two classes the second"),
    ] = None,
) -> None:
    """Raw files or a table -> Parquet of path, label and probabilities (in regression: path and value), by Spark.

    Of two classes the label is the more probable one, of many labels those with a probability of a half or more;
    --threshold sets another bound.

    A file of texts is CSV, JSONL or Parquet by its name, else a text a line; its output also has the line of each.

    Example: headrace predict runs/fashion-mnist/bundle photos/ predictions/
    """
    from headrace.predict.job import TextColumns
    from headrace.predict.job import predict as run

    print_result(run(bundle, input, output, spark_settings, TextColumns(column, identity), threshold))


@app.command()
def explain(
    bundle: Annotated[Path, typer.Argument(parser=location, metavar="BUNDLE", help="the trained model; also s3://...")],
    input: Annotated[
        Path,
        typer.Argument(
            parser=local_path, metavar="INPUT", help="raw: an image or a folder of them; a file of lines, JSONL or CSV"
        ),
    ],
    output: Annotated[Path, typer.Argument(parser=local_path, metavar="OUTPUT", help="HTML file to write")] = Path(
        "explanation.html"
    ),
    limit: Annotated[int, typer.Option(min=1, help="inputs at most, spread evenly over all")] = 8,
    class_name: Annotated[str | None, typer.Option("--class", help="the predicted one if not given")] = None,
    steps: Annotated[int, typer.Option(min=1, max=4096, help="of integrated gradients, doubled where too few")] = 64,
    method: Annotated[Method | None, typer.Option(help="all that fit if not given")] = None,
    column: Annotated[
        str | None, typer.Option(help="of the texts in JSONL or CSV; as in training if not given")
    ] = None,
) -> None:
    """What answers rest on: integrated gradients, Grad-CAM for images, occlusion for texts, on one HTML page.

    Example: headrace explain runs/fashion-mnist/bundle photos/ photos.html --limit 4
    """
    from headrace.explain.job import explain as run
    from headrace.explain.options import ExplainOptions

    wish = ExplainOptions(limit=limit, class_name=class_name, steps=steps, method=method, column=column)
    print_result(run(bundle, input, output, wish))


@app.command()
def export(
    bundle: Annotated[Path, typer.Argument(parser=location, metavar="BUNDLE", help="the trained model; also s3://...")],
    output: Annotated[
        Path, typer.Argument(parser=local_path, metavar="OUTPUT", help="folder to write; must not exist")
    ],
    to: Annotated[Format, typer.Option(help="the format")],
    table: Annotated[
        Path | None,
        typer.Option(
            parser=location, metavar="TABLE", help="whose rows both are asked about; random inputs if not given"
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="of the table: train, val or test")] = "test",
    quantise: Annotated[Quantised | None, typer.Option(help="of tflite: weights in half the bytes")] = None,
) -> None:
    """A bundle -> a model for other programs, kept only if it gives the bundle's answers (exit code 5 if not).

    Example: headrace export runs/fashion-mnist/bundle exported/ --to onnx --table data/fashion-mnist/table
    """
    from headrace.export import formats
    from headrace.export.job import export as run

    print_result(run(bundle, output, formats.Format(to, quantise), table, split))


@app.command()
def report(
    run: Annotated[Path, typer.Argument(parser=location, metavar="RUN", help="the training run; also s3://...")],
    output: Annotated[
        Path | None, typer.Option(parser=location, metavar="FILE", help="RUN/report.html if not given")
    ] = None,
) -> None:
    """One HTML page about a run: data, curves, confusion, worst mistakes, speed, how to reproduce it.

    Example: headrace report runs/fashion-mnist
    """
    from headrace.report import write_report

    print_result({"report": str(write_report(run, output))})
