"""`headrace.prepare`: write a DataFrame, or a configured source, as a new table version."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from headrace.api.callers_session import callers_session
from headrace.api.dataframe_config import config_from_dataframe
from headrace.api.table import Table
from headrace.api.table import read as read_table
from headrace.config import Configuration
from headrace.config.load import build, load, with_values
from headrace.errors import ConfigurationError
from headrace.spark.lent_session import refuse_connect

ORIGIN = "headrace.prepare"
# A preparation has no network and no run, which a configuration names.
NO_TRAINING = {"model": {"file": "cnn"}, "train": {"run": "runs"}}


def prepare(
    data: "DataFrame | Configuration | str | Path",
    table: str | Path | None,
    *,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    full: bool = False,
) -> Table:
    """Prepare raw records as a version of a table; a table whose records have not changed keeps its version.

    The rows of a DataFrame are computed once, in their own session, and kept on the executors' disks meanwhile. Equal
    rows give no new version; a DataFrame with random numbers has other rows with each call.

    Args:
        data: a DataFrame; or a configuration, or the path of its YAML file, as for `headrace prepare`.
        table: folder of the table, or s3://bucket/folder; None for `data.table` of a configuration.
        inputs: of a DataFrame: the kind of each column that a model receives. One column of `image`, `audio` or
            `text`, or any number of columns of `number` and `category`. Images and audio are bytes, structs with
            a field `bytes`, images as Spark reads them, or paths that executors can read.
        outputs: of a DataFrame: the column that a model predicts, and its kind: `class` for one name, `labels` for a
            list of names, `number`, `mask` for the path of a mask, `vector` for a list of numbers, or a vector of
            Spark ML. A column of vectors may be an input too, for an autoencoder.
        settings: other keys of the configuration, such as {"prepare.image.size": [96, 96]}.
        full: prepare all records and determine the classes again, without those that no record has.

    Returns:
        The newest version of the table.

    Raises:
        ConfigurationError: a column is missing or has the wrong type, a key or value is invalid, or the session is one
            of Spark Connect.
        DataError: there are no rows, or too many records are rejected.

    Example:
        >>> headrace.prepare(photos, "prepared/photos", inputs={"content": "image"}, outputs={"animal": "class"})
    """
    refuse_connect(data)
    if isinstance(data, DataFrame):
        configuration = _of_frame(data, table, inputs, outputs, settings or {})
        return _prepare(configuration, full=full, frame=data)
    if not isinstance(data, Configuration | str | Path):
        raise ConfigurationError(
            f"Received {type(data).__module__.partition('.')[0]}.{type(data).__name__} to prepare; expected a "
            "DataFrame of Spark (spark.createDataFrame(...) makes one of pandas), or a configuration or its path."
        )
    if inputs is not None or outputs is not None:
        raise ConfigurationError("`inputs` and `outputs` name columns of a DataFrame; a configuration has its own.")
    values = dict(settings or {}) | ({} if table is None else {"data.table": str(table)})
    loaded = data if isinstance(data, Configuration) else load(data)
    return _prepare(with_values(loaded, values, ORIGIN), full=full, frame=None)


def _of_frame(
    frame: DataFrame,
    table: str | Path | None,
    inputs: Mapping[str, str] | None,
    outputs: Mapping[str, str] | None,
    settings: Mapping[str, Any],
) -> Configuration:
    if table is None:
        raise ConfigurationError("A DataFrame needs the folder of the table as the second argument.")
    sections = config_from_dataframe(frame, inputs, outputs)
    sections["data"]["table"] = str(table)
    return build(NO_TRAINING | sections, settings, ORIGIN)


def _prepare(configuration: Configuration, *, full: bool, frame: DataFrame | None) -> Table:
    from headrace.prepare.job import prepare as run

    with callers_session(frame.sparkSession if frame is not None else None):
        result = run(configuration, full=full, frame=frame)
    return read_table(result["table"], result["version"])
