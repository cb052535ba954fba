"""What lies beside an exported model, for whoever uses it without Headrace: what goes in and what comes out.

export.json     format, input and output in words, the comparison with the bundle, how raw records are prepared
contract.json   as in the bundle
labels.txt      a class a line, in the order of the probabilities
tokenizer.json  of text: Hugging Face's `tokenizers` reads it
"""

import json
import shutil
from pathlib import Path
from typing import Any

from headrace.bundle import TOKENIZER, Bundle
from headrace.export.serving import ServingModel


def write_metadata(folder: Path, bundle: Bundle, served: ServingModel, about: dict[str, Any]) -> None:
    """Write the files into `folder`; `about` is what is known of the exported model."""
    contract = bundle.contract
    described = about | {
        "input": {"name": served.input_name, "dtype": served.input.dtype.name, "meaning": _input_in_words(bundle)},
        "output": {"name": served.output_name, "dtype": "float32", "meaning": _output_in_words(bundle)},
        "prepare": bundle.origin.settings.get(contract.input_kind),
        "bundle": str(bundle.path),
        "weights_sha256": bundle.origin.weights_sha256,
    }
    (folder / "export.json").write_text(json.dumps(described, indent=2, ensure_ascii=False), encoding="utf-8")
    shutil.copyfile(bundle.folder / "contract.json", folder / "contract.json")
    if contract.classes:
        (folder / "labels.txt").write_text("".join(f"{name}\n" for name in contract.classes), encoding="utf-8")
    if contract.tokenizer:
        shutil.copyfile(bundle.folder / TOKENIZER, folder / TOKENIZER)


def _input_in_words(bundle: Bundle) -> str:
    tokenizer, windows = bundle.contract.tokenizer, bundle.contract.windows
    if windows is not None:
        return (
            f"windows (rows, {', '.join(map(str, bundle.contract.input_shape))}): runs of rows of a series with the "
            f"columns {', '.join(windows.values)}, any number of them; normalisation is part of the model."
        )
    if tokenizer is None:
        return (
            f"images (rows, {', '.join(map(str, bundle.contract.input_shape))}), pixels 0 to 255, any number of rows; "
            "normalisation is part of the model. Other sizes must be brought to this one as `prepare` says."
        )
    return (
        "numbers of tokens (rows, length), any number of rows and any length; shorter texts end in zeros. The model "
        f"takes no strings: clean a text as `prepare` says, let {TOKENIZER} make tokens of it, keep the first "
        f"{tokenizer.max_length}."
    )


def _output_in_words(bundle: Bundle) -> str:
    if bundle.contract.task == "regression":
        return "(rows, 1): the number"
    return f"(rows, {bundle.contract.outputs}): the probability of each class, in the order of labels.txt"
