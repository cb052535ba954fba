"""The parameters that estimators and models share, as pyspark.ml's Params."""

import json
import os
from collections.abc import Mapping
from typing import Any, Self

from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import (
    HasFeaturesCol,
    HasLabelCol,
    HasPredictionCol,
    HasProbabilityCol,
    HasRawPredictionCol,
    HasValidationIndicatorCol,
    HasWeightCol,
)

from headrace.errors import ConfigurationError

# Parameters that name the columns of predictions.
OUTPUTS = ("predictionCol", "probabilityCol", "rawPredictionCol", "rejectedCol")


def to_path(value: Any) -> str:
    """Return a path as text.

    Raises:
        TypeError: it is neither text nor a path.
    """
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    raise TypeError(f"Could not convert {type(value)} to a path")


def to_values(value: Any) -> dict[str, Any]:
    """Return a copy of a mapping, as JSON has it: tuples become lists.

    Raises:
        TypeError: it is no mapping with texts as keys, or a value is not of JSON.
    """
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise TypeError(f"Could not convert {type(value)} to a dict with texts as keys")
    copy: dict[str, Any] = json.loads(json.dumps(dict(value)))
    return copy


def to_kinds(value: Any) -> dict[str, str]:
    """Return a copy of a mapping from columns to kinds of inputs.

    Raises:
        TypeError: a key or a value is no text.
    """
    kinds = to_values(value)
    for name, kind in kinds.items():
        if not isinstance(kind, str):
            raise TypeError(f"Could not convert {type(kind)} to the kind of the column {name!r}")
    return kinds


class HeadraceParams(HasFeaturesCol, HasLabelCol, HasPredictionCol, HasValidationIndicatorCol, HasWeightCol, Params):
    """Parameters of all estimators and models."""

    network: "Param[str]" = Param(
        Params._dummy(),
        "network",
        "path of a Python file that defines build(contract, **options), or the name of a network that ships with "
        "Headrace, such as tabular.",
        typeConverter=to_path,
    )
    inputs: "Param[dict[str, str]]" = Param(
        Params._dummy(),
        "inputs",
        "kind of each column that the network receives, in place of featuresCol: image, text, audio, number, category.",
        typeConverter=to_kinds,
    )
    work: "Param[str]" = Param(
        Params._dummy(),
        "work",
        "folder of the prepared tables and the runs, which ranks must see; equal fits find theirs there again.",
        typeConverter=to_path,
    )
    ranks: "Param[int]" = Param(
        Params._dummy(),
        "ranks",
        "number of processes that train in parallel, one Spark task each.",
        typeConverter=TypeConverters.toInt,
    )
    settings: "Param[dict[str, Any]]" = Param(
        Params._dummy(),
        "settings",
        'other keys of the configuration, with dots, such as {"train.epochs": 5}.',
        typeConverter=to_values,
    )
    rejectedCol: "Param[str]" = Param(
        Params._dummy(),
        "rejectedCol",
        "column for the reason why a row could not be predicted, whose other new columns are null; empty: none.",
        typeConverter=TypeConverters.toString,
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(ranks=1, settings={}, rejectedCol="")

    def setParams(self, **params: Any) -> Self:
        """Set parameters by their names.

        Raises:
            AttributeError: there is no parameter of a name.
            TypeError: a value is of a wrong type.
        """
        for name in params:
            if not self.hasParam(name):
                raise AttributeError(f"{type(self).__name__} has no parameter {name!r}")
        self._set(**params)
        return self

    def getNetwork(self) -> str:
        """Return the value of `network`."""
        return str(self.getOrDefault(self.network))

    def getInputs(self) -> dict[str, str]:
        """Return the value of `inputs`."""
        return dict(self.getOrDefault(self.inputs))

    def getWork(self) -> str:
        """Return the value of `work`."""
        return str(self.getOrDefault(self.work))

    def getRanks(self) -> int:
        """Return the value of `ranks` or its default value."""
        return int(self.getOrDefault(self.ranks))

    def getSettings(self) -> dict[str, Any]:
        """Return the value of `settings` or its default value."""
        return dict(self.getOrDefault(self.settings))

    def getRejectedCol(self) -> str:
        """Return the value of `rejectedCol` or its default value."""
        return str(self.getOrDefault(self.rejectedCol))


class HeadraceClassifierParams(HeadraceParams, HasProbabilityCol, HasRawPredictionCol):
    """Parameters of classifiers and their models; `rawPredictionCol` is for the logarithms of the probabilities."""


def optional_value(params: HeadraceParams, name: str) -> Any:
    """Return the value of a parameter or its default value; None if it has neither."""
    param = params.getParam(name)
    return params.getOrDefault(param) if params.isDefined(param) else None


def require_values(params: HeadraceParams, *names: str) -> None:
    """Raise unless parameters have values.

    Raises:
        ConfigurationError: one has none.
    """
    for name in names:
        if not optional_value(params, name):
            doc = params.getParam(name).doc
            raise ConfigurationError(f"{type(params).__name__} needs the parameter {name!r}: {doc}")


def output_names(params: HeadraceParams) -> dict[str, str]:
    """Return the names of the columns that predictions add, by parameter; an empty name adds none.

    Raises:
        ConfigurationError: two have the same name.
    """
    given = {name: optional_value(params, name) for name in OUTPUTS if params.hasParam(name)}
    names = {name: value for name, value in given.items() if value}
    if len({value.lower() for value in names.values()}) < len(names):
        raise ConfigurationError(f"Two output columns have the same name: {names}; give each its own.")
    return names


def require_new(params: HeadraceParams, columns: list[str]) -> None:
    """Raise if a column that predictions add is among those of a DataFrame.

    Raises:
        ConfigurationError: it is.
    """
    existing = {name.lower() for name in columns}
    for param, name in output_names(params).items():
        if name.lower() in existing:
            raise ConfigurationError(
                f"The DataFrame has a column {name!r} already, which {param} would replace; set {param} to another "
                "name, or drop it."
            )
