"""Prediction by Spark: the network's predictions, in order, for files and for tables; or no output at all."""

import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import psutil
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from headrace import cli
from headrace.errors import ConfigurationError, DataError
from headrace.evaluate.job import evaluate
from headrace.predict import inputs_divided_into_parts, job
from headrace.predict.job import predict
from headrace.predict.predict_task import PredictTask, load_inference, manifest_hash, predict_parts
from headrace.predict.records.record_file_reader import TextColumns
from headrace.table import Version
from tests.support.commands import headrace
from tests.support.raw_images import noise_image
from tests.support.running_training import wait_for
from tests.support.small_bundle import small_model, write_bundle
from tests.support.small_disk import small_disk
from tests.support.small_table import CLASSES, Content, some_rows, write_table

CONTENT = Content(splits={"train": some_rows(30, shape=(12, 10, 3)), "test": some_rows(41, shape=(12, 10, 3))})
PIXELS = CONTENT.splits["test"].pixels

pytestmark = [pytest.mark.usefixtures("spark"), pytest.mark.tensorflow]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return write_table(tmp_path_factory.mktemp("data") / "table", CONTENT)


@pytest.fixture(scope="module")
def bundle(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("trained") / "bundle", version)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The test images as PNG files in three folders, numbered in the order of their paths."""
    folder = tmp_path / "photos"
    for number, pixels in enumerate(PIXELS):
        file = folder / f"day {number // 15}" / f"{number:03d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(pixels).save(file)
    return folder


def expected_predictions(version: Version, seed: int = 0) -> NDArray[np.float32]:
    return np.asarray(small_model(version, seed)(PIXELS))


def read_reasons(output: Path) -> dict[str, str]:
    """Reason by path."""
    rejects = pd.read_parquet(output / "_rejects")
    return dict(zip(rejects["path"], rejects["reason"], strict=True))


def probabilities(rows: pd.DataFrame) -> NDArray[np.float32]:
    return np.array(rows["probabilities"].tolist(), np.float32)


def test_files_are_predicted_in_the_order_of_their_paths(
    version: Version, bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs_divided_into_parts, "FILES_PER_PART", 12)
    result = predict(bundle, photos, tmp_path / "output")
    rows = pd.read_parquet(tmp_path / "output")
    assert rows["path"].tolist() == [f"day {number // 15}/{number:03d}.png" for number in range(41)]
    expected = expected_predictions(version)
    assert np.allclose(probabilities(rows), expected, atol=1e-6)
    assert rows["label"].tolist() == [CLASSES[number] for number in expected.argmax(1)]
    assert len(list((tmp_path / "output").glob("part-*.parquet"))) == 4
    assert {key: result[key] for key in ("rows", "rejected", "output")} == {
        "rows": 41,
        "rejected": 0,
        "output": str(tmp_path / "output"),
    }


def test_table_is_predicted_as_in_evaluation(version: Version, bundle: Path, tmp_path: Path) -> None:
    assert predict(bundle, version.table, tmp_path / "output")["rows"] == 71
    rows = pd.read_parquet(tmp_path / "output").set_index("path")
    rows = rows.loc[[f"test/{number}.png" for number in range(41)]]
    assert np.allclose(probabilities(rows), expected_predictions(version), atol=1e-6)
    trained = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    truth = np.array([CLASSES[label] for label in CONTENT.splits["test"].labels])
    accuracy = evaluate(trained, version.table, "test", None)["metrics"]["accuracy"]
    assert float(np.mean(rows["label"].to_numpy() == truth)) == pytest.approx(accuracy)
    assert rows["true_label"].tolist() == truth.tolist()
    assert set(rows["split"]) == {"test"}


def test_table_with_classes_in_another_order_gets_those_of_the_bundle(
    version: Version, bundle: Path, tmp_path: Path
) -> None:
    other = write_table(tmp_path / "table", replace(CONTENT, classes=CLASSES[::-1]))
    for table, name in ((version.table, "expected"), (other.table, "found")):
        predict(bundle, table, tmp_path / name)
    expected, found = (
        pd.read_parquet(tmp_path / name).set_index("path").sort_index() for name in ("expected", "found")
    )
    assert found["label"].tolist() == expected["label"].tolist()
    assert np.allclose(probabilities(found), probabilities(expected), atol=1e-6)


@pytest.mark.parametrize("name", ["answers.csv", "answers.jsonl"])
@pytest.mark.parametrize("classes", [("boot", "coat", "bag"), ("hat", *CLASSES), CLASSES[1:], ("shoe", "hat")])
def test_file_has_the_probabilities_of_the_bundles_classes_whatever_the_tables_are(
    bundle: Path, tmp_path: Path, classes: tuple[str, ...], name: str
) -> None:
    labels = [row % len(classes) for row in range(6)]
    rows = replace(some_rows(6, shape=(12, 10, 3)), labels=labels)
    table = write_table(tmp_path / "table", Content(splits={"test": rows}, classes=classes)).table
    predict(bundle, table, tmp_path / "folder")
    predict(bundle, table, tmp_path / name)
    expected = pd.read_parquet(tmp_path / "folder")
    found = pd.read_csv(tmp_path / name) if name.endswith("csv") else pd.read_json(tmp_path / name, lines=True)
    columns = [f"probability_{one}" for one in CLASSES]
    assert [one for one in found.columns if one.startswith("probability_")] == columns
    assert (found[columns].to_numpy(np.float32) == probabilities(expected)).all()
    assert (found["probability"].to_numpy(np.float32) == probabilities(expected).max(1)).all()
    assert found["label"].tolist() == expected["label"].tolist()
    assert found["true_label"].tolist() == [classes[label] for label in labels]


@pytest.mark.parametrize("codec", ["png", "jpeg"])
def test_files_are_prepared_as_those_of_the_training_were(photos: Path, tmp_path: Path, codec: str) -> None:
    stored = write_table(tmp_path / "table", replace(CONTENT, codec=codec))
    bundle = write_bundle(tmp_path / "bundle", stored)
    predict(bundle, photos, tmp_path / "files")
    predict(bundle, stored.table, tmp_path / "rows")
    rows = pd.read_parquet(tmp_path / "rows").set_index("path").loc[[f"test/{number}.png" for number in range(41)]]
    assert np.allclose(probabilities(pd.read_parquet(tmp_path / "files")), probabilities(rows), atol=1e-6)


def test_spark_and_pandas_read_the_output(spark: SparkSession, bundle: Path, photos: Path, tmp_path: Path) -> None:
    (photos / "broken.png").write_bytes(b"x")
    predict(bundle, photos, tmp_path / "output")
    rows = spark.read.parquet(str(tmp_path / "output"))
    assert rows.columns == ["path", "label", "probabilities"]
    assert rows.count() == len(pd.read_parquet(tmp_path / "output")) == 41
    assert all(abs(sum(row.probabilities) - 1) < 1e-5 for row in rows.collect())
    assert spark.read.parquet(str(tmp_path / "output" / "_rejects")).count() == 1
    about = json.loads((tmp_path / "output" / "_summary.json").read_text())
    assert (about["rows"], about["rejected"], about["classes"]) == (41, 1, list(CLASSES))


def test_grey_photos_for_a_model_of_coloured_ones_are_warned_of_once(
    bundle: Path, photos: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    predict(bundle, photos, tmp_path / "coloured")
    assert "grey" not in caplog.text
    (tmp_path / "grey").mkdir()
    for seed in range(4):
        noise_image(8, 8, channels=1, seed=seed).save(tmp_path / f"grey/{seed}.png")
    predict(bundle, tmp_path / "grey", tmp_path / "output")
    said = [one for one in caplog.messages if "grey" in one]
    assert said == ["4 of 4 images are grey, such as '0.png', and those of training are not all grey."]


def test_files_that_are_not_images_are_listed_with_reasons(
    bundle: Path, photos: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An image of several pages is predicted by the first, and warned of."""
    pages = [noise_image(8, 8, seed=seed) for seed in range(2)]
    pages[0].save(photos / "day 0" / "pages.tif", save_all=True, append_images=pages[1:])
    (photos / "a text.png").write_text("no image")
    (photos / "empty.png").write_bytes(b"")
    whole = (photos / "day 0" / "000.png").read_bytes()
    (photos / "day 0" / "000.png").write_bytes(whole[: len(whole) // 2])
    (photos / "day 1" / "huge.png").touch()
    os.truncate(photos / "day 1" / "huge.png", 10**12)
    os.mkfifo(photos / "day 1" / "pipe.png")
    result = predict(bundle, photos, tmp_path / "output")
    assert (result["rows"], result["rejected"]) == (41, 5)
    assert "1 image has several pages or frames, of which only the first is used" in caplog.text
    assert read_reasons(tmp_path / "output") == {
        "a text.png": "not_an_image",
        "empty.png": "empty",
        "day 0/000.png": "truncated",
        "day 1/huge.png": "too_many_bytes",
        "day 1/pipe.png": "not_an_image",
    }
    assert "day 0/000.png" not in pd.read_parquet(tmp_path / "output")["path"].tolist()


@pytest.mark.parametrize("name", ["new/output", "new/answers.csv", "new/answers.jsonl"])
def test_records_of_which_none_can_be_predicted_are_refused_and_leave_no_output(
    bundle: Path, tmp_path: Path, name: str
) -> None:
    """A job that predicts nothing must not look like one that succeeds; the error has the reasons."""
    (tmp_path / "input").mkdir()
    for number in range(3):
        (tmp_path / "input" / f"{number}.png").write_text("no image")
    (tmp_path / "input" / "empty.png").write_bytes(b"")
    with pytest.raises(DataError) as raised:
        predict(bundle, tmp_path / "input", tmp_path / name)
    message = str(raised.value)
    assert message.startswith("None of the 4 records could be predicted (not_an_image: 3, such as '0.png': the file")
    assert "; empty: 1, such as 'empty.png': " in message
    assert "nothing was written" in message
    assert not (tmp_path / "new").exists()


def test_file_names_that_are_not_utf_8_stay_distinct(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    for name in (b"caf\xe9.png", b"caf\xe8.png", "café.png".encode()):
        PIL.Image.fromarray(PIXELS[0]).save(folder / os.fsdecode(name))
    (folder / os.fsdecode(b"\xff.png")).write_bytes(b"")
    predict(bundle, folder, tmp_path / "output")
    assert set(pd.read_parquet(tmp_path / "output")["path"]) == {r"caf\xe9.png", r"caf\xe8.png", "café.png"}
    assert read_reasons(tmp_path / "output") == {r"\xff.png": "empty"}


def test_hidden_files_are_left_out_and_links_are_followed(bundle: Path, photos: Path, tmp_path: Path) -> None:
    image = photos / "day 0" / "000.png"
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "linked").symlink_to(photos / "day 2")
    (tmp_path / "input" / "link.png").symlink_to(image)
    for hidden in (".DS_Store", ".cache/1.png"):
        (tmp_path / "input" / hidden).parent.mkdir(exist_ok=True)
        shutil.copyfile(image, tmp_path / "input" / hidden)
    predict(bundle, tmp_path / "input", tmp_path / "output")
    expected = ["link.png", *(f"linked/{number:03d}.png" for number in range(30, 41))]
    assert pd.read_parquet(tmp_path / "output")["path"].tolist() == expected


def nothing_left(tmp_path: Path) -> bool:
    return not [entry for entry in tmp_path.iterdir() if "output" in entry.name]


def test_links_in_a_circle_are_refused(bundle: Path, photos: Path, tmp_path: Path) -> None:
    (photos / "day 0" / "again").symlink_to(photos)
    with pytest.raises(DataError, match="links back to a parent folder"):
        predict(bundle, photos, tmp_path / "output")
    assert nothing_left(tmp_path)


def test_unreadable_file_is_reported_and_leaves_no_output(bundle: Path, photos: Path, tmp_path: Path) -> None:
    (photos / "gone.png").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"gone\.png was listed but cannot be read \(No such file or directory\)"):
        predict(bundle, photos, tmp_path / "output")
    assert nothing_left(tmp_path)


def test_damaged_table_is_reported_and_leaves_no_output(bundle: Path, tmp_path: Path) -> None:
    damaged = write_table(tmp_path / "table", CONTENT)
    shard = damaged.table / damaged.shards[3].path
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(bytes(data))
    with pytest.raises(DataError, match="was changed after it was written"):
        predict(bundle, damaged.table, tmp_path / "output")
    assert nothing_left(tmp_path)


def test_replaced_bundle_predicts_with_its_new_network(
    version: Version, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    mine = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    predict(mine, photos, tmp_path / "before")
    write_bundle(mine, version, small_model(version, seed=1))
    predict(mine, photos, tmp_path / "after")
    assert np.allclose(probabilities(pd.read_parquet(tmp_path / "before")), expected_predictions(version), atol=1e-6)
    assert np.allclose(
        probabilities(pd.read_parquet(tmp_path / "after")), expected_predictions(version, seed=1), atol=1e-6
    )


def refused(capsys: pytest.CaptureFixture[str], code: int, *words: Any) -> str:
    """The one sentence in which `headrace predict` ends."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--quiet", "predict", *map(str, words)])
    assert ended.value.code == code
    printed = capsys.readouterr()
    assert printed.out == ""
    (sentence,) = printed.err.strip().splitlines()
    return sentence


def test_existing_output_is_kept(
    bundle: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "output").mkdir()
    assert "exists; name a new folder" in refused(capsys, 2, bundle, photos, tmp_path / "output")
    (tmp_path / "file").write_text("mine")
    assert "exists; name a new folder" in refused(capsys, 2, bundle, photos, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_output_that_appears_during_prediction_is_kept(
    bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = job.run_parts

    def run_slowly(*words: Any) -> Any:
        (tmp_path / "output").mkdir()
        (tmp_path / "output" / "mine").write_text("mine")
        return run(*words)

    monkeypatch.setattr(job, "run_parts", run_slowly)
    with pytest.raises(ConfigurationError, match="exists; name a new folder"):
        predict(bundle, photos, tmp_path / "output")
    assert [entry.name for entry in (tmp_path / "output").iterdir()] == ["mine"]


def test_unsuitable_input_is_refused(
    bundle: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty" / ".hidden").mkdir(parents=True)
    output = tmp_path / "output"
    assert "holds no files" in refused(capsys, 3, bundle, tmp_path / "empty", output)
    assert "does not exist; expected a file or a folder" in refused(capsys, 3, bundle, tmp_path / "nowhere", output)
    assert "is not a bundle" in refused(capsys, 3, photos, photos, output)
    assert nothing_left(tmp_path)


def test_table_with_images_of_another_shape_is_refused(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_table(tmp_path / "table", Content(splits={"test": some_rows(3, shape=(12, 10, 1))}))
    sentence = refused(capsys, 3, bundle, other.table, tmp_path / "output")
    assert "takes inputs of shape (12, 10, 3)" in sentence
    assert "(12, 10, 1)" in sentence


def test_bundle_replaced_during_prediction_is_refused(bundle: Path, photos: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    loaded = job.bundles.load(copy)
    planned = inputs_divided_into_parts.plan_prediction(loaded, [photos], TextColumns())
    task = PredictTask(
        bundle=copy,
        manifest=manifest_hash(copy),
        output=tmp_path,
        settings=loaded.origin.prepare,
        contract=planned.contract,
    )
    (copy / "bundle.json").write_text((copy / "bundle.json").read_text() + " ")
    with pytest.raises(DataError, match=r"was replaced while its predictions were computed .*Predict again"):
        list(predict_parts(task, iter(planned.parts)))


def test_table_with_other_preparation_gets_a_warning(
    bundle: Path, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    settings = json.loads(json.dumps(version.summary.settings))
    settings["image"]["resize"] = "stretch"
    other = replace_settings(version, settings)
    job.bundles.load(bundle).require_matching_input(version)
    assert caplog.text == ""
    job.bundles.load(bundle).require_matching_input(other)
    assert "image.resize (crop and stretch)" in caplog.text


def replace_settings(version: Version, settings: dict[str, Any]) -> Version:
    """Return `version` as if it was prepared with other settings."""
    summary = version.summary.model_copy(update={"settings": settings})
    return Version(table=version.table, number=version.number, shards=version.shards, summary=summary)


def test_command_prints_its_result_on_the_last_line(bundle: Path, photos: Path, tmp_path: Path) -> None:
    answer = headrace("predict", str(bundle), "photos", "out/put", cwd=tmp_path).json
    assert (answer["rows"], answer["rejected"], answer["output"]) == (41, 0, str(tmp_path / "out" / "put"))
    assert pq.read_table(tmp_path / "out" / "put").num_rows == 41


def test_killed_prediction_leaves_no_output(bundle: Path, photos: Path, tmp_path: Path) -> None:
    for copy in range(300):
        shutil.copytree(photos / "day 0", photos / f"copy {copy}")
    command = [sys.executable, "-m", "headrace", "predict", str(bundle), str(photos), str(tmp_path / "output")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as run:
        until = time.monotonic() + 120
        while not list(tmp_path.glob(".output.*/part-*")) and time.monotonic() < until and run.poll() is None:
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGKILL)
    assert list(tmp_path.glob(".output.*/part-*"))
    assert not (tmp_path / "output").exists()


def test_interrupted_prediction_leaves_nothing(bundle: Path, photos: Path, tmp_path: Path) -> None:
    for copy in range(300):
        shutil.copytree(photos / "day 0", photos / f"copy {copy}")
    command = [sys.executable, "-m", "headrace", "predict", str(bundle), str(photos), str(tmp_path / "output")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        wait_for(lambda: list(tmp_path.glob(".output.*/part-*")))
        processes = psutil.Process(run.pid).children(recursive=True)
        os.killpg(run.pid, signal.SIGINT)
        _, log = run.communicate(timeout=30)
    assert run.returncode == 130
    assert log.splitlines()[-1] == "headrace: interrupted"
    assert "Traceback" not in log
    assert "Exception" not in log
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]
    assert not psutil.wait_procs(processes, timeout=5)[1]


def test_full_disk_is_reported_and_leaves_nothing(
    bundle: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs_divided_into_parts, "FILES_PER_PART", 2)
    with small_disk(tmp_path / "disk", "20k") as disk:
        sentence = refused(capsys, 1, bundle, photos, disk / "output")
        assert re.search(r"headrace: \S+/disk/output/part-\d+\.parquet: No space left on device; free", sentence)
        assert list(disk.iterdir()) == []


def test_objects_of_a_model_are_excluded_from_garbage_collection(bundle: Path) -> None:
    gc.unfreeze()
    try:
        load_inference(bundle, b"of this test")
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()
        load_inference.cache_clear()
