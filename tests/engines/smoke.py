"""Raw images and raw texts to evaluated, used and exported models, with the engines of the Python that runs this.

    python -m tests.engines.smoke FOLDER IMAGES TEXTS

IMAGES and TEXTS are what `headrace fetch` writes of fashion-mnist and of movie-reviews. The last line on standard
output is one JSON object: versions, what was prepared, and for each model the SHA-256 of its weights and its metrics.
"""

import json
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("pyspark", "pyarrow", "tensorflow-cpu", "keras", "numpy", "pandas", "horovod", "petastorm", "deltalake")

# The first is the README's network for images with all its parts: convolution, batch norm, dropout.
IMAGES = """
data: {{source: {{kind: folder, path: {raw}}}, table: images}}
prepare: {{image: {{mode: L, size: [28, 28], codec: {codec}}}, shard_rows: 100}}
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


def run(folder: Path, *words: str) -> dict[str, Any]:
    """Run a command of Headrace and return its result.

    Raises:
        SystemExit: it failed; its standard error is printed.
    """
    command = [sys.executable, "-m", "headrace", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run_pipeline(folder: Path, name: str, unseen: Path, formats: tuple[str, ...]) -> dict[str, Any]:
    """Prepare, train, evaluate, predict and export what `name`.yaml configures."""
    prepared = run(folder, "prepare", f"{name}.yaml")
    trained = run(folder, "train", f"{name}.yaml")
    bundle = f"{name}-run/bundle"
    evaluated = run(folder, "evaluate", bundle, "--table", name)
    predicted = run(folder, "predict", bundle, str(unseen), f"{name}-predictions")
    for form in formats:
        run(folder, "export", bundle, f"{name}-{form}", "--to", form, "--table", name)
    return {"prepared": prepared, "trained": trained, "evaluated": evaluated, "predicted": predicted}


def main(folder: Path, images: Path, texts: Path) -> None:
    """Run all and print the result."""
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "models", folder / "models")
    (folder / "images.yaml").write_text(IMAGES.format(raw=images, codec="raw"))
    (folder / "texts.yaml").write_text(TEXTS.format(raw=texts))
    result = {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "images": run_pipeline(folder, "images", images / "test", ("saved_model", "onnx", "tflite")),
        "texts": run_pipeline(folder, "texts", texts / "records.jsonl", ("saved_model",)),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*(Path(word).absolute() for word in sys.argv[1:]))
