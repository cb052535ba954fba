"""Sample images come from shards of every codec, which are read no further than needed."""

import base64
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.report import run_page, write_report
from headrace.report.data_section import (
    LARGEST_SIDE,
    PER_CLASS,
    ChannelStatistics,
    Sample,
    TableData,
    describe_data,
    sample_images,
)
from headrace.report.run_folder_files import RunFile
from headrace.table import read

MakeRun = Callable[..., Path]


def open_image(sample: Sample) -> Image.Image:
    """Return the image of the sample's data URI."""
    header, _, data = sample.uri.partition(",")
    assert header in ("data:image/png;base64", "data:image/jpeg;base64")
    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.mark.parametrize("codec", ["raw", "png"])
@pytest.mark.parametrize("shape", [(20, 28, 1), (28, 20, 3)])
def test_small_samples_have_pixels_of_their_row(make_run: MakeRun, codec: str, shape: tuple[int, int, int]) -> None:
    version = read(make_run(codec=codec, shape=shape).parents[1] / "table")
    row = pq.read_table(version.table / version.split("train")[0].path, partitioning=None).to_pylist()[1]
    samples = sample_images(version)
    assert samples
    assert samples.pixelated
    sample = samples.by_class["square"][0]
    assert sample.path == row["path"]
    stored = row["image"]
    expected = np.asarray(Image.open(io.BytesIO(stored))) if codec == "png" else np.frombuffer(stored, np.uint8)
    assert open_image(sample).size == (shape[1], shape[0])
    assert np.array_equal(np.asarray(open_image(sample)).reshape(shape), expected.reshape(shape))


def test_large_samples_are_scaled_down_with_their_proportions(make_run: MakeRun) -> None:
    version = read(make_run(codec="jpeg", shape=(200, 400, 3)).parents[1] / "table")
    samples = sample_images(version)
    assert samples
    assert not samples.pixelated
    assert open_image(samples.by_class["circle"][0]).size == (LARGEST_SIDE, LARGEST_SIDE // 2)


def test_sample_images_reads_shard_only_as_far_as_needed(make_run: MakeRun) -> None:
    """Bytes in the second half of the shard are overwritten, and the samples are still complete."""
    version = read(make_run(codec="raw", shape=(32, 32, 3), rows={"train": 3000, "test": 12}).parents[1] / "table")
    shard = version.table / version.split("train")[0].path
    data = bytearray(shard.read_bytes())
    middle = slice(len(data) * 6 // 10, len(data) * 9 // 10)
    data[middle] = bytes(len(data[middle]))
    shard.write_bytes(data)
    samples = sample_images(version)
    assert samples
    assert {len(pictures) for pictures in samples.by_class.values()} == {PER_CLASS}


def test_class_without_rows_has_no_samples(make_run: MakeRun) -> None:
    version = read(make_run(rows={"train": 2, "test": 12}).parents[1] / "table")
    samples = sample_images(version)
    assert samples
    assert {name: len(pictures) for name, pictures in samples.by_class.items()} == {
        "circle": 1,
        "square": 1,
        "cross": 0,
    }


def test_input_other_than_image_has_no_samples(make_run: MakeRun) -> None:
    version = read(make_run().parents[1] / "table")
    tokenizer = Tokenizer(kind="word", file="t", sha256="0", vocabulary_size=50, max_length=40)
    contract = version.contract.model_copy(update={"input_specs": {"image": TextSpec(tokenizer=tokenizer)}})
    texts = replace(version, summary=version.summary.model_copy(update={"contract": contract}))
    assert sample_images(texts) is None


@pytest.mark.parametrize("numbers", [False, True])
def test_normalisation_of_windows_is_of_features_and_not_of_pixels(
    make_run: MakeRun, numbers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_feature(run: RunFile) -> TableData:
        data = describe_data(run)
        assert isinstance(data, TableData)
        return replace(
            data, channels=(ChannelStatistics("warmth", 1.25e-5, 21.5),), axis="feature" if numbers else "channel"
        )

    monkeypatch.setattr(run_page, "describe_data", with_feature)
    page = write_report(make_run()).read_text("utf-8")
    assert ("of the training split, 0 to 255." in page) != numbers
    assert (">Feature</th>" in page) == numbers
    assert ("1.250e-05" in page) == numbers
