"""Train on a DataFrame: prepare a table, train a run, and reuse both if the same fit is repeated."""

import hashlib
import json
import logging
import threading
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from headrace.api.bundle import Bundle
from headrace.api.callers_session import callers_session
from headrace.api.preparation import prepare
from headrace.api.training import train
from headrace.errors import ConfigurationError
from headrace.ml.class_indices_and_names import ClassNames
from headrace.ml.estimator_params import HeadraceParams, optional_value, require_new, require_values
from headrace.ml.training_frame import TABLE_SECTIONS, training_frame
from headrace.networks.network_source import read_network, source_hash
from headrace.spark.lent_session import refuse_connect
from headrace.train.launch.world_size import first_world_size

log = logging.getLogger(__name__)

# Keys of the configuration that parameters give.
OWNERS = {
    "data.table": "work", "train.run": "work", "train.bundle": "work", "train.data_version": "work",
    "train.ranks": "ranks", "model.file": "network", "prepare.input": "inputs", "prepare.task": "labelCol",
    "prepare.weights": "weightCol", "data.source.columns.label": "labelCol", "data.source.columns.input": "inputs",
    "data.source.columns.split": "validationIndicatorCol", "data.source.columns.weight": "weightCol",
}  # fmt: skip

# CrossValidator fits in threads, and each fit takes the slots of all its ranks.
_fit_lock = threading.Lock()


@dataclass(frozen=True)
class FittedBundle:
    """A trained network, and the classes of its class indices, if the labels are indices."""

    bundle: Bundle
    classes: ClassNames | None


def fit(frame: DataFrame, params: HeadraceParams, *, has_classes: bool) -> FittedBundle:
    """Prepare the rows of a DataFrame as a table, train a network on it, and return it.

    Raises:
        ConfigurationError: a parameter is missing or wrong, a column is missing or has a wrong type, or the session is
            one of Spark Connect.
        DataError: there are no rows, or labels or vectors are not as expected.
        TrainingError: the session has fewer slots than ranks, or a rank failed.
    """
    refuse_connect(frame)
    _require_params(frame, params)
    network = source_hash(read_network(params.getNetwork()))
    with _fit_lock, callers_session(frame.sparkSession):
        # Before anything is prepared.
        first_world_size(frame.sparkSession, params.getRanks())
        with training_frame(frame, params, has_classes=has_classes) as given:
            others = {key: value for key, value in params.getSettings().items() if not key.startswith(TABLE_SECTIONS)}
            # The run's settings change no table; here, they are validated before anything is written.
            settings = given.settings | others
            folder = f"{params.getWork().rstrip('/')}/tables/{given.key}"
            table = prepare(given.frame, folder, inputs=given.inputs, outputs=given.outputs, settings=settings)
        key = _hash([given.key, table.version, network, params.getRanks(), others])
        run = f"{params.getWork().rstrip('/')}/runs/{key}"
        log.info("%s trains on version %s of %s in %s", params.uid, table.version, folder, run)
        trained = train(table, params.getNetwork(), run, ranks=params.getRanks(), settings=others)
        return FittedBundle(trained.bundle, given.classes)


def _require_params(frame: DataFrame, params: HeadraceParams) -> None:
    """Raise unless the parameters go together and with the columns of a DataFrame.

    Raises:
        ConfigurationError: they do not.
    """
    require_values(params, "network", "work")
    require_new(params, frame.columns)
    if optional_value(params, "inputs") and params.isSet(params.featuresCol):
        raise ConfigurationError("`inputs` and `featuresCol` both name what the network receives; set one of them.")
    if params.getRanks() < 1:
        raise ConfigurationError(f"ranks is {params.getRanks()}; expected 1 or more.")
    for key in params.getSettings():
        if key in OWNERS or key.startswith("prepare.tabular.n"):
            owner = OWNERS.get(key, "inputs")
            raise ConfigurationError(f"`settings` has {key!r}, which the parameter {owner} gives; set that instead.")


def _hash(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
