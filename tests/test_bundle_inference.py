"""A bundle's model predicts the same for the same pixels, however they are stored."""

from pathlib import Path

import numpy as np
import pytest

from headrace import bundle
from headrace.bundle_inference import Inference
from headrace.errors import DataError
from headrace.stream.read.ordered_shard_reader import read_shards
from headrace.table import Version
from tests.support.small_bundle import small_model, write_bundle
from tests.support.small_table import Content, some_images, some_rows, write_table

pytestmark = pytest.mark.tensorflow


def table(folder: Path, codec: str = "raw") -> Version:
    return write_table(folder / codec, Content(splits={"train": some_rows(12, shape=(8, 8, 3))}, codec=codec))


def test_predictions_equal_network_outputs_for_any_number_of_rows(tmp_path: Path) -> None:
    version = table(tmp_path)
    inference = Inference(bundle.load(write_bundle(tmp_path / "bundle", version)))
    images = some_images(300, (8, 8, 3))
    expected = np.asarray(small_model(version)(images))
    for rows in (1, 7, 256, 300):
        predictions = inference.predict(images[:rows])
        assert predictions.shape == (rows, 3)
        assert predictions.dtype == np.float32
        assert np.allclose(predictions, expected[:rows], atol=1e-6)


def test_predict_disables_dropout(tmp_path: Path) -> None:
    inference = Inference(bundle.load(write_bundle(tmp_path / "bundle", table(tmp_path))))
    images = some_images(20, (8, 8, 3))
    assert np.array_equal(inference.predict(images), inference.predict(images))


@pytest.mark.parametrize("codec", ["raw", "png", "jpeg"])
def test_decode_uses_contract_of_the_rows_table(tmp_path: Path, codec: str) -> None:
    inference = Inference(bundle.load(write_bundle(tmp_path / "bundle", table(tmp_path))))
    version = table(tmp_path, codec)
    (rows,) = list(read_shards(version.table, version.shards[:1], ["image"]))
    pixels = inference.decode(rows, version.contract)
    stored = some_rows(12, shape=(8, 8, 3)).pixels[:10]
    assert (pixels.dtype, pixels.shape) == (np.uint8, (10, 8, 8, 3))
    assert np.abs(pixels.astype(int) - stored).max() <= (0 if codec != "jpeg" else 60)
    assert np.abs(pixels.astype(int) - stored).mean() < 12


def test_predict_refuses_diverged_network(tmp_path: Path) -> None:
    version = table(tmp_path)
    model = small_model(version)
    model.layers[-1].bias.assign([float("nan")] * 3)
    inference = Inference(bundle.load(write_bundle(tmp_path / "bundle", version, model)))
    with pytest.raises(DataError, match="its training diverged"):
        inference.predict(some_images(2, (8, 8, 3)))
