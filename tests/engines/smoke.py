"""Prepare, train, evaluate, predict and export on raw images and texts, with the engines of the current Python.

    python -m tests.engines.smoke FOLDER IMAGES TEXTS

IMAGES and TEXTS are the folders that `headrace fetch` writes for fashion-mnist and movie-reviews. The last line on
standard output is one JSON object: versions, preparation results, and each model's weight SHA-256 and metrics.
"""

import json
import os
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.quick_java.environment import quick_java
from tests.support.commands import headrace_within

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("pyspark", "pyarrow", "tensorflow-cpu", "keras", "numpy", "pandas", "horovod", "petastorm", "deltalake")

# models/cnn.py has a convolution, batch normalisation and dropout.
IMAGES = """
data: {{source: {{kind: folder, path: {raw}}}, table: images}}
prepare: {{image: {{mode: L, size: [28, 28], codec: raw}}, shard_rows: 100}}
model: {{file: models/cnn.py, options: {{width: 8, dense: 16}}}}
train: {{run: images-run, ranks: 2, epochs: 1, batch_size: 32}}
spark: {{local: true}}
"""
TEXTS = """
data:
  source: {{kind: table, format: json, path: {raw}/records.jsonl, columns: {{input: text, label: label, identity: id}}}}
  table: texts
prepare: {{input: text, text: {{tokens: {{kind: word, vocabulary: 2000, max_length: 32}}}}}}
model: {{file: models/text_cnn.py}}
train: {{run: texts-run, ranks: 2, epochs: 1, batch_size: 32}}
spark: {{local: true}}
"""


def run_pipeline(folder: Path, name: str, unseen: Path, formats: tuple[str, ...]) -> dict[str, Any]:
    """Prepare, train, evaluate, predict and export as `name`.yaml configures."""

    def run(*arguments: str) -> dict[str, Any]:
        # In this process, so that TensorFlow is imported and Spark started once; ranks are separate processes.
        return headrace_within(*arguments, cwd=folder).json

    prepared = run("prepare", f"{name}.yaml")
    trained = run("train", f"{name}.yaml")
    bundle = f"{name}-run/bundle"
    evaluated = run("evaluate", bundle, "--table", name)
    predicted = run("predict", bundle, str(unseen), f"{name}-predictions")
    for export_format in formats:
        run("export", bundle, f"{name}-{export_format}", "--to", export_format, "--table", name)
    return {"prepared": prepared, "trained": trained, "evaluated": evaluated, "predicted": predicted}


def main(folder: Path, images: Path, texts: Path) -> None:
    """Run both pipelines and print the result as JSON."""
    os.environ.update(quick_java())
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "models", folder / "models")
    (folder / "images.yaml").write_text(IMAGES.format(raw=images))
    (folder / "texts.yaml").write_text(TEXTS.format(raw=texts))
    result = {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "images": run_pipeline(folder, "images", images / "test", ("saved_model", "onnx", "tflite")),
        "texts": run_pipeline(folder, "texts", texts / "records.jsonl", ("saved_model",)),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*(Path(argument).absolute() for argument in sys.argv[1:]))
