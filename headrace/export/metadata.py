"""Files next to an exported model that describe its input and output, for programs that do not use Headrace.

export.json     format, name of the model's file or folder, description of input, output and signatures, comparison
                with the bundle, preparation of raw records
contract.json   the bundle's contract
labels.txt      one class per line, in the order of the probabilities
tokenizer.json  for text models; Hugging Face's `tokenizers` reads it
"""

import json
import shutil
from pathlib import Path
from typing import Any

from headrace.bundle import FITTED, Bundle
from headrace.export.exported_input_interface import serving_module
from headrace.export.serving_function import ServingModel


def write_metadata(folder: Path, bundle: Bundle, served: ServingModel, summary: dict[str, Any]) -> None:
    """Write the files into `folder`; export.json contains `summary`."""
    contract = bundle.contract
    content = summary | {
        "input": {
            "name": served.input_name,
            "dtype": served.input.dtype.name,
            "meaning": serving_module(contract).describe_input(bundle),
        },
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
    for name, field in FITTED.items():
        if getattr(contract, field):
            shutil.copyfile(bundle.folder / name, folder / name)


def _one_line(name: str) -> str:
    """Return a class name without line breaks, which would shift the names of all later classes."""
    return " ".join(name.splitlines())


def _describe_output(bundle: Bundle) -> str:
    return f"(rows, {bundle.contract.outputs}): {bundle.contract.target.output_meaning}"
