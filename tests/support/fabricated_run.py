"""A small table and run directory as training and evaluation leave them."""

import base64
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageDraw

from headrace.contract import Column, Contract
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.slice_metrics import Slicer
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.format_version import FORMAT
from headrace.prepare.arrow_schema_and_columns import IDENTITY
from headrace.table.rejects_and_duplicates_reader import SCHEMA, rejects_path
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import commit, open_base, with_contract
from headrace.table.version_and_preparation_summary import Summary
from headrace.targets.classification.evaluation import Classification
from headrace.targets.classification.label_encoder import COLUMN as LABEL

CHANNELS = {1: "L", 3: "RGB"}


@dataclass(frozen=True, kw_only=True)
class Example:
    """The options of a fabricated run."""

    classes: tuple[str, ...] = ("circle", "square", "cross")
    rows: dict[str, int] = field(default_factory=lambda: {"train": 24, "test": 12})
    codec: str = "png"
    shape: tuple[int, int, int] = (28, 28, 1)
    rejects: tuple[tuple[str, str, str], ...] = (("circle/broken.png", "damaged", "image file is truncated"),)
    mistake_path: str = "test/circle/7.png"
    ranks: int = 2
    epochs: int = 3
    steps_per_epoch: int = 20
    configuration: dict[str, Any] = field(default_factory=dict)
    draw: Callable[[int, tuple[int, int, int], np.random.Generator], Image.Image] | None = None


def write_example(folder: Path, example: Example) -> Path:
    """Write `folder`/table, `folder`/table.rejects and `folder`/runs/shapes, complete."""
    table, run = folder / "table", folder / "runs" / "shapes"
    (run / "bundle" / "evaluation").mkdir(parents=True)
    _write_table(table, example)
    _write_training(run, table, example)
    _dump(run / "bundle" / "evaluation" / "test.json", _evaluation(table, example))
    _dump(run / "bundle" / "bundle.json", {"format": FORMAT, "hashes": {"weights.h5": "d" * 64, "model.py": "e" * 64}})
    _dump(run / "stages.json", {"prepare": 21.5, "train": 231.25, "evaluate": 19.75})
    return run


def _write_table(table: Path, example: Example) -> None:
    columns = {
        "path": Column(role="identity", codec="plain", dtype="string"),
        "label": Column(role="target", codec="plain", dtype="int32"),
        "image": Column(role="input", codec=example.codec, dtype="uint8", shape=example.shape),
    }
    types = {"path": pa.string(), "label": pa.int32(), "image": pa.binary()}
    schema = pa.schema([with_contract(pa.field(name, types[name]), columns[name]) for name in columns])
    shards = [
        write_shard(_rows(split, count, schema, example), table, "shard", split)
        for split, count in example.rows.items()
    ]
    summary = _summary(columns, example, _write_rejects(table, example))
    commit(open_base(table), shards, schema, summary.model_dump_json())


def _rows(split: str, count: int, schema: pa.Schema, example: Example) -> pa.Table:
    random = np.random.default_rng(count)
    labels = [number % len(example.classes) for number in range(count)]
    images = [_stored(picture(label, example, random), example.codec) for label in labels]
    paths = [f"{split}/{example.classes[label]}/{number}.png" for number, label in enumerate(labels)]
    return pa.table({"path": paths, "label": labels, "image": images}, schema=schema)


def picture(label: int, example: Example, random: np.random.Generator) -> Image.Image:
    """Return an image of class `label`: a circle, a square or a cross, on noise."""
    if example.draw:
        return example.draw(label, example.shape, random)
    height, width, channels = example.shape
    noise = random.integers(0, 60, example.shape, dtype=np.uint8)
    image = Image.fromarray(noise[:, :, 0] if channels == 1 else noise)
    draw, box = ImageDraw.Draw(image), (width // 4, height // 4, 3 * width // 4, 3 * height // 4)
    shapes = (draw.ellipse, draw.rectangle, draw.line)
    shapes[label % 3](box, fill="white")
    return image


def _stored(image: Image.Image, codec: str) -> bytes:
    if codec == "raw":
        return image.tobytes()
    buffer = io.BytesIO()
    image.save(buffer, codec)
    return buffer.getvalue()


def _write_rejects(table: Path, example: Example) -> int | None:
    if not example.rejects:
        return None
    rows = pa.table(dict(zip(SCHEMA.names, zip(*example.rejects, strict=True), strict=True)), schema=SCHEMA)
    folder = rejects_path(table)
    return commit(open_base(folder), [write_shard(rows, folder, "rejects")], SCHEMA, "{}")


def _summary(columns: dict[str, Column], example: Example, rejects_version: int | None) -> Summary:
    channels = example.shape[2]
    statistics = Statistics(mean=(33.318,) * channels, variance=(6172.85,) * channels)
    counts = {
        split: {name: len(range(label, rows, len(example.classes))) for label, name in enumerate(example.classes)}
        for split, rows in example.rows.items()
    }
    reasons = [reason for _, reason, _ in example.rejects]
    written = sum(example.rows.values())
    return Summary(
        contract=Contract(
            columns=columns,
            classes=example.classes,
            input_specs={"image": ImageSpec(statistics=statistics)},
        ),
        rows_in=written + len(reasons) + 2,
        written=written,
        rejected=len(reasons),
        duplicates=2,
        counts=counts,
        rejects={reason: reasons.count(reason) for reason in sorted(set(reasons))},
        rejects_version=rejects_version,
        source={"kind": "folder", "path": "data/raw/shapes"},
        fingerprint="b" * 64,
        settings={},
        seconds=12.5,
    )


def _write_training(run: Path, table: Path, example: Example) -> None:
    steps = example.epochs * example.steps_per_epoch
    configuration = {
        "data": {"source": {"kind": "folder", "path": "data/raw/shapes"}, "table": str(table)},
        "model": {"file": "models/convnet.py", "options": {"dropout": 0.25}},
        "train": {"run": str(run), "ranks": example.ranks, "epochs": example.epochs, "seed": 7},
    }
    versions = {
        "python": "3.11.7", "pyspark": "4.0.5", "tensorflow-cpu": "2.18.1", "keras": "3.15.0", "horovod": "0.28.1",
        "petastorm": "0.13.1", "pyarrow": "14.0.2", "deltalake": "1.6.6",
    }  # fmt: skip
    asked = {
        "configuration": configuration | example.configuration, "table": str(table), "data_version": 0,
        "model_sha256": "a" * 64, "ranks": example.ranks, "global_batch": 64 * example.ranks, "lanes": 8,
        "steps_per_epoch": example.steps_per_epoch, "epochs": example.epochs,
        "versions": versions, "command": "headrace train conf/shapes.yaml train.ranks=2",
        "created": "2026-03-01T14:05:09+00:00",
    }  # fmt: skip
    result = {
        "run": str(run), "bundle": str(run / "bundle"), "steps": steps, "ranks": example.ranks,
        "weights_sha256": "c" * 64, "metrics": {"loss": 0.05, "accuracy": 0.98}, "seconds": 192.4,
        "seconds_to_first_step": 8.3, "samples_per_second": 718.2, "parameters": 421642,
    }  # fmt: skip
    _dump(run / "run.json", asked)
    _dump(run / "result.json", result)
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in _metrics(example)))


def _metrics(example: Example) -> list[dict[str, Any]]:
    random = np.random.default_rng(1)
    lines: list[dict[str, Any]] = []
    every = max(1, min(10, example.steps_per_epoch // 4))
    for step in range(1, example.epochs * example.steps_per_epoch + 1):
        epoch, rest = divmod(step, example.steps_per_epoch)
        common = {"step": step, "epoch": epoch - (not rest), "seconds": round(8.3 + step * 0.04, 3)}
        loss = (0.06 + 2.24 * math.exp(-step / (0.35 * example.steps_per_epoch))) * math.exp(random.normal(0, 0.25))
        figures = {"loss": round(loss, 5), "accuracy": round(1 - min(0.9, 0.33 * loss), 5)}
        if step % every == 0:
            speed = round(3100 + random.normal(0, 90), 1)
            lines.append({"kind": "step", **common, **figures, "samples_per_second": speed})
        if not rest:
            lines.append({"kind": "epoch", **common, **_epoch_figures(epoch)})
    return lines


def _epoch_figures(epoch: float) -> dict[str, float]:
    loss, validation = 0.06 + 0.5 * math.exp(-epoch / 2), 0.11 + 0.3 * math.exp(-epoch / 1.6)
    return {
        "loss": round(loss, 5),
        "accuracy": round(1 - 0.33 * loss, 5),
        "val_loss": round(validation, 5),
        "val_accuracy": round(1 - 0.3 * validation, 5),
    }


def _evaluation(table: Path, example: Example) -> dict[str, Any]:
    """Return an evaluation in which a few rows of each class are predicted as the next class."""
    size, rows = len(example.classes), example.rows["test"]
    confusion = np.zeros((size, size), dtype=int)
    for label in range(size):
        total = len(range(label, rows, size))
        wrong = max(1, total // (20 + 7 * label))
        confusion[label, label], confusion[label, (label + 1) % size] = total - wrong, wrong
    right = int(np.trace(confusion))
    scores = {
        name: {
            "precision": float(confusion[index, index] / confusion[:, index].sum()),
            "recall": float(confusion[index, index] / confusion[index].sum()),
            "f1": float(2 * confusion[index, index] / (confusion[index].sum() + confusion[:, index].sum())),
            "support": int(confusion[index].sum()),
        }
        for index, name in enumerate(example.classes)
    }
    return {
        "split": "test", "table": str(table), "version": 0, "rows": rows,
        "metrics": {"accuracy": right / rows, "loss": 0.0731}, "classes": list(example.classes),
        "confusion": confusion.tolist(), "per_class": scores, "worst": _mistakes(example), "seconds": 4.2,
        "command": "headrace evaluate runs/shapes/bundle --table table --split test --version 0",
    }  # fmt: skip


def full_evaluation(classes: tuple[str, ...], rows: int = 600) -> dict[str, Any]:
    """Return the content of a real evaluation of texts, by class and by the folders of their paths."""
    random, size = np.random.default_rng(7), len(classes)
    labels = random.integers(0, size, rows)
    certainty = (labels[:, None] == np.arange(size)) * np.linspace(1.4, 3, size)
    answers = np.exp(random.gumbel(0, 1, (rows, size)) + certainty)
    paths = np.array([f"shop {row % 4}/{row}.txt" for row in range(rows)])
    image = Column(role="input", codec="png", dtype="uint8", shape=(8, 8, 1))
    contract = Contract(columns={"path": IDENTITY, "label": LABEL, "image": image}, classes=classes)
    judge = Classification(classes, lambda _: {"png": None, "text": "words <b>of</b> a row"})
    slicer = Slicer(contract, Path(), ["path"])
    probabilities = (answers / answers.sum(1, keepdims=True)).astype(np.float32)
    batch = EvaluationBatch(paths, labels, np.zeros((rows, 4)), probabilities, {"path": paths, "label": labels})
    judge.add(batch)
    slicer.add(batch)
    about = {"split": "test", "table": "t", "version": 0, "seconds": 1.0, "command": "headrace evaluate b --table t"}
    return about | judge.metrics() | {"slices": slicer.metrics(judge)}


def _mistakes(example: Example) -> list[dict[str, Any]]:
    random = np.random.default_rng(3)
    mistakes = []
    for number in range(12):
        label = number % len(example.classes)
        png = base64.b64encode(_stored(picture(label, example, random), "png")).decode()
        path = example.mistake_path if number == 0 else f"test/{label}/{number}.png"
        predicted = example.classes[(label + 1) % len(example.classes)]
        probability = 1 - 0.0003 * (number + 1) ** 2
        mistakes.append(
            {"path": path, "label": example.classes[label], "predicted": predicted, "probability": probability,
             "label_probability": (1 - probability) / 2, "png": png}
        )  # fmt: skip
    return mistakes


def _dump(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the table and the run folder and returns the latter."""

    def make(**choices: Any) -> Path:
        return write_example(tmp_path, Example(**choices))

    return make
