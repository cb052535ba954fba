"""Describe a bundle as an MLflow model of the flavor `python_function`: its signature, an example and requirements.

MLflow loads it by `headrace.api.pyfunc_model`; nothing is pickled.
"""

import base64
import json
import platform
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import headrace
from headrace.bundle import Bundle
from headrace.contract import Contract
from headrace.engines.supported_versions import BY_MODULE
from headrace.errors import ConfigurationError, HeadraceError
from headrace.features.input_kind_loader import input_module
from headrace.predict.outputs.prediction_columns_interface import predicted_fields

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

LOADER = "headrace.api.pyfunc_model"
MODEL, REQUIREMENTS, ENVIRONMENT, EXAMPLE = "MLmodel", "requirements.txt", "python_env.yaml", "input_example.json"
# The column of files or texts of a model whose training named none.
INPUT = "input"
ENGINES = ("keras", "tensorflow", "numpy", "pyarrow")


def has_flavor(contract: Contract) -> bool:
    """Return whether raw inputs, one per row, can be predicted; windows are several rows each."""
    return contract.feature.is_file or contract.feature.is_cell


def flavor_files(bundle: Bundle, run_id: str, folder: str, data: str) -> dict[str, bytes]:
    """Return the files that make `folder`, with the bundle in `data`, a model of MLflow; none for windows.

    Args:
        run_id: run of MLflow whose artifacts they become.
        folder: of the files, among the artifacts.
        data: folder of the bundle, relative to `folder`.
    """
    if not has_flavor(bundle.contract):
        return {}
    from mlflow import pyfunc
    from mlflow.models import Model

    example = {"artifact_path": EXAMPLE, "type": "dataframe", "pandas_orient": "split"}
    model = Model(run_id=run_id, artifact_path=folder, signature=signature(bundle), saved_input_example_info=example)
    pyfunc.add_to_model(model, loader_module=LOADER, data=data, env={"virtualenv": ENVIRONMENT})
    row = input_example(bundle)
    return {
        MODEL: model.to_yaml().encode(),
        REQUIREMENTS: "".join(f"{line}\n" for line in requirements()).encode(),
        ENVIRONMENT: f"python: {platform.python_version()}\ndependencies:\n- -r {REQUIREMENTS}\n".encode(),
        EXAMPLE: json.dumps({"columns": list(row), "data": [[_as_json(cell) for cell in row.values()]]}).encode(),
    }


def log_model(bundle: Bundle, name: str) -> str:
    """Log a bundle to the caller's active run of MLflow, or to a new one; return the address of the model.

    Raises:
        ConfigurationError: the model predicts from windows.
        HeadraceError: MLflow cannot store the model.
    """
    if not has_flavor(bundle.contract):
        raise ConfigurationError(
            f"The bundle {bundle.path} predicts from {bundle.contract.feature.noun}, which are several rows each; "
            "MLflow's python_function predicts one row at a time."
        )
    import pandas as pd
    from mlflow import pyfunc
    from mlflow.exceptions import MlflowException

    try:
        logged = pyfunc.log_model(
            name=name,
            loader_module=LOADER,
            data_path=str(bundle.folder),
            signature=signature(bundle),
            input_example=pd.DataFrame([input_example(bundle)]),
            pip_requirements=requirements(),
        )
    except MlflowException as error:
        raise HeadraceError(f"MLflow cannot store the model {name}: {' '.join(str(error).split())[:300]}") from error
    return str(logged.model_uri)


def requirements() -> list[str]:
    """Return what an environment needs to load the model: Headrace and the engines of this one."""
    return [f"headrace=={headrace.__version__}", *(f"{name}=={BY_MODULE[name].installed}" for name in ENGINES)]


def signature(bundle: Bundle) -> "ModelSignature":
    """Return the columns that the model takes, and those that it predicts."""
    from mlflow.models import ModelSignature
    from mlflow.types import Schema

    return ModelSignature(Schema(_inputs(bundle)), Schema(_outputs(bundle.contract)))


def _inputs(bundle: Bundle) -> list[Any]:
    from mlflow.types import ColSpec

    settings, contract = bundle.origin.prepare, bundle.contract
    if not settings.cells:
        kind = "string" if contract.feature.is_cell else "binary"
        return [ColSpec(kind, input_name(bundle))]
    types: dict[str, str] = {}
    for spec in contract.input_specs.values():
        types |= spec.cell_types
    # A category may be a number or a text in the source, and both are read alike. MLflow refuses int64 for double.
    others = {name: "binary" if name in settings.binary_cells else "string" for name in settings.cells}
    kinds = others | {name: _column_type(one) for name, one in types.items()}
    return [ColSpec(kinds[name], name, required=name not in types) for name in settings.cells]


def _column_type(kind: str) -> Any:
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType, Array

    any_type: Any = AnyType
    return Array(DataType.double) if kind == "vector" else any_type()


def _outputs(contract: Contract) -> list[Any]:
    from mlflow.types import ColSpec

    predicted = [ColSpec(_mlflow_type(field.type), field.name) for field in predicted_fields(contract)]
    return [*predicted, ColSpec("string", "rejected", required=False)]


def _mlflow_type(kind: pa.DataType) -> Any:
    """Return MLflow's type of a column of predictions: texts, files, numbers, or lists of them."""
    from mlflow.types import DataType
    from mlflow.types.schema import Array

    if pa.types.is_list(kind):
        return Array(_mlflow_type(kind.value_type))
    if pa.types.is_binary(kind):
        return DataType.binary
    return DataType.string if pa.types.is_string(kind) else DataType.float


def input_name(bundle: Bundle) -> str:
    """Return the column of the files or texts: that of the training, else `input`."""
    return bundle.origin.raw_column or INPUT


def input_example(bundle: Bundle) -> dict[str, Any]:
    """Return the cells of one row that the model takes, by column."""
    settings, contract = bundle.origin.prepare, bundle.contract
    if not settings.cells:
        return {input_name(bundle): _example(contract)}
    row: dict[str, Any] = {}
    for name, part in contract.inputs.items():
        example = _example(part)
        row |= example if part.spec.cell_types else {settings.inputs[name].columns[0]: example}
    # Nobody can name a file that whoever loads the model has.
    row |= dict.fromkeys(settings.path_cells, "path/of/a/file")
    return {name: row[name] for name in settings.cells}


def _example(contract: Contract) -> Any:
    return input_module(contract.input_kind, "random_inputs_and_mlflow_example").mlflow_input_example(contract)


def _as_json(cell: Any) -> Any:
    """Return a cell as MLflow reads it from an example: bytes become Base64."""
    return base64.b64encode(cell).decode("ascii") if isinstance(cell, bytes) else cell
