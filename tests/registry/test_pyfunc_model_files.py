"""A version in the registry is a model of MLflow too, with the same predictions as the bundle."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import PIL.Image
import pytest
from pyspark.sql import SparkSession

import headrace
from headrace.bundle import Origin, write
from headrace.errors import ConfigurationError
from headrace.networks.network_build_and_checks import build_model
from headrace.predict.job import predict
from headrace.registry.registry_connection import RegistryConnection
from headrace.table import read
from tests.models.tables import prepare_table
from tests.support.runs import Runs
from tests.support.shipped_networks import MODELS, SERIES, SMALL, contract_for
from tests.support.trained_bundles import write as write_bundle

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def tracking(registry: RegistryConnection, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The registry as the store of MLflow's own functions."""
    monkeypatch.chdir(registry.folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(registry.tracking_uri))
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(registry.tracking_uri)
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("notebook", str(registry.folder / "logged")))
    try:
        yield str(registry.tracking_uri)
    finally:
        mlflow.set_tracking_uri(previous)


def images(bundle: Path, rows: int = 5) -> list[bytes]:
    height, width, channels = headrace.load(bundle).contract.input_shape
    random = np.random.default_rng(4)
    files = []
    for _ in range(rows):
        file = BytesIO()
        pixels = random.integers(0, 256, (height, width, channels), np.uint8)
        PIL.Image.fromarray(pixels.squeeze()).save(file, "PNG")
        files.append(file.getvalue())
    return files


def expected(bundle: Path, files: list[bytes], folder: Path) -> pd.DataFrame:
    """What `headrace predict` says of the files."""
    folder.mkdir()
    for number, data in enumerate(files):
        (folder / f"{number}.png").write_bytes(data)
    predict(bundle, folder, folder / "answers")
    return pd.read_parquet(folder / "answers")


@pytest.mark.usefixtures("tracking")
def test_version_of_the_registry_predicts_as_its_bundle(
    register_run: Callable[[int], int], runs: Runs, tmp_path: Path
) -> None:
    version = register_run(1)
    files = images(runs[1] / "bundle")
    model = mlflow.pyfunc.load_model(f"models:/clothes/{version}")
    found = model.predict(pd.DataFrame({"input": [*files, b"no image"]}))
    want = expected(runs[1] / "bundle", files, tmp_path / "photos")
    assert found["label"].tolist() == [*want["label"], None]
    np.testing.assert_allclose(np.stack(found["probabilities"][:5]), np.stack(want["probabilities"]), atol=1e-6)
    assert found["rejected"][:5].isna().all()
    assert found["rejected"][5].startswith("not_an_image")


@pytest.mark.usefixtures("tracking")
def test_version_has_a_signature_an_example_and_requirements(register_run: Callable[[int], int]) -> None:
    info = mlflow.models.get_model_info(f"models:/clothes/{register_run(1)}")
    assert [column.name for column in info.signature.inputs] == ["input"]
    assert [column.name for column in info.signature.outputs] == ["label", "probabilities", "rejected"]
    model = mlflow.pyfunc.load_model(info.model_uri)
    assert model.predict(model.input_example)["rejected"].isna().all()
    assert f"headrace=={headrace.__version__}" in Path(mlflow.pyfunc.get_model_dependencies(info.model_uri)).read_text()


@pytest.mark.usefixtures("tracking")
def test_spark_udf_of_mlflow_predicts_as_the_bundle(
    spark: SparkSession, register_run: Callable[[int], int], runs: Runs
) -> None:
    version, files = register_run(1), images(runs[1] / "bundle")
    frame = spark.createDataFrame([(number, data) for number, data in enumerate(files)], "number int, input binary")
    classify = mlflow.pyfunc.spark_udf(spark, f"models:/clothes/{version}", env_manager="local")
    found = frame.select("number", classify("input").alias("found")).orderBy("number").collect()
    own = headrace.load(runs[1] / "bundle").transform(frame).orderBy("number").collect()
    assert [row["found"]["label"] for row in found] == [row["label"] for row in own]
    np.testing.assert_allclose([row["found"]["probabilities"] for row in found], [row["probabilities"] for row in own])


@pytest.mark.usefixtures("tracking")
def test_log_model_logs_to_the_active_run(runs: Runs) -> None:
    with mlflow.start_run() as run:
        address = headrace.log_model(runs[1] / "bundle", "clothes")
    assert mlflow.search_logged_models(filter_string=f"source_run_id='{run.info.run_id}'", output_format="list")
    files = images(runs[1] / "bundle")
    found = mlflow.pyfunc.load_model(address).predict(pd.DataFrame({"input": files}))
    assert found["rejected"].isna().all()


def test_log_model_refuses_windows(tmp_path: Path) -> None:
    path = next(path for path in MODELS if path.stem in SERIES)
    contract = contract_for(path, task="regression", classes=())
    origin = Origin(run="r", table="t", data_version=0, steps=0, weights_sha256="0" * 64, settings={})
    bundle = write(
        tmp_path / "b", build_model(path, contract, SMALL[path.stem]), path, contract, SMALL[path.stem], origin
    )
    with pytest.raises(ConfigurationError, match="python_function predicts one row at a time"):
        headrace.log_model(bundle)


@pytest.mark.parametrize(
    ("network", "content"),
    [("text_cnn", "texts"), ("tabular", "rows"), ("audio_cnn", "sounds"), ("image_text", "records")],
)
@pytest.mark.usefixtures("tracking", "spark")
def test_example_of_every_kind_is_predicted(network: str, content: str, tmp_path: Path) -> None:
    version = read(Path(prepare_table(tmp_path, content, "regression").data.table))
    path = next(path for path in MODELS if path.stem == network)
    model = build_model(path, version.contract, SMALL[network])
    bundle = write_bundle(tmp_path / "bundle", path, model, version, SMALL[network])
    with mlflow.start_run():
        loaded = mlflow.pyfunc.load_model(headrace.log_model(bundle))
    predicted = loaded.predict(loaded.input_example)
    if content == "rows":
        # As pandas reads them from the file that the model was trained on.
        frame = pd.DataFrame(loaded.input_example)
        numbers = frame.select_dtypes("number").columns
        assert len(numbers)
        for kind in ("int64", "float32", "float64"):
            assert loaded.predict(frame.astype(dict.fromkeys(numbers, kind)))["rejected"].isna().all()
    # The example of records names a file that does not exist.
    reasons = [str(reason).partition(":")[0] for reason in predicted["rejected"]]
    assert reasons == (["missing_file"] if content == "records" else ["None"])
    assert predicted["value"].isna().tolist() == [content == "records"]
