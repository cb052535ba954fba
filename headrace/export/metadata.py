"""Files next to an exported model that describe its input and output, for programs that do not use Headrace.

export.json     format, description of input and output, comparison with the bundle, preparation of raw records
contract.json   the bundle's contract
labels.txt      one class per line, in the order of the probabilities
tokenizer.json  for text models; Hugging Face's `tokenizers` reads it
"""

import json
import shutil
from pathlib import Path
from typing import Any

from headrace.bundle import TOKENIZER, Bundle
from headrace.export.serving_function import ServingModel


def write_metadata(folder: Path, bundle: Bundle, served: ServingModel, summary: dict[str, Any]) -> None:
    """Write the files into `folder`; export.json contains `summary`."""
    contract = bundle.contract
    content = summary | {
        "input": {"name": served.input_name, "dtype": served.input.dtype.name, "meaning": _describe_input(bundle)},
        "output": {"name": served.output_name, "dtype": "float32", "meaning": _describe_output(bundle)},
        "prepare": bundle.origin.settings.get(contract.input_kind),
        "bundle": str(bundle.path),
        "weights_sha256": bundle.origin.weights_sha256,
    }
    (folder / "export.json").write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
    shutil.copyfile(bundle.folder / "contract.json", folder / "contract.json")
    if contract.classes:
        (folder / "labels.txt").write_text(
            "".join(f"{_one_line(name)}\n" for name in contract.classes), encoding="utf-8"
        )
    if contract.tokenizer:
        shutil.copyfile(bundle.folder / TOKENIZER, folder / TOKENIZER)


def _one_line(name: str) -> str:
    """Return a class name without line breaks, which would shift the names of all later classes."""
    return " ".join(name.splitlines())


def _describe_input(bundle: Bundle) -> str:
    tokenizer, windows = bundle.contract.tokenizer, bundle.contract.windows
    if windows is not None:
        return (
            f"windows (rows, {', '.join(map(str, bundle.contract.input_shape))}): consecutive rows of a series with "
            f"the columns {', '.join(windows.values)}, any number of windows; the model includes normalisation."
        )
    if tokenizer is None:
        return (
            f"images (rows, {', '.join(map(str, bundle.contract.input_shape))}), pixels 0 to 255, any number of rows; "
            "the model includes normalisation. Resize images of other sizes as `prepare` describes."
        )
    return (
        "token numbers (rows, length), any number of rows and any length; shorter texts are padded with zeros. The "
        f"model takes no strings: clean a text as `prepare` describes, tokenize it with {TOKENIZER}, keep the first "
        f"{tokenizer.max_length} tokens."
    )


def _describe_output(bundle: Bundle) -> str:
    if bundle.contract.task == "regression":
        return "(rows, 1): the predicted number"
    return f"(rows, {bundle.contract.outputs}): the probability of each class, in the order of labels.txt"
