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

from headrace.bundle import Bundle, fitted_files
from headrace.export.export_description_and_test_files_interfaces import export_input_module
from headrace.export.serving_function import ServingModel


def write_metadata(folder: Path, bundle: Bundle, served: ServingModel, summary: dict[str, Any]) -> None:
    """Write the files into `folder`; export.json contains `summary`."""
    contract = bundle.contract
    content = summary | {
        **_describe_inputs(bundle, served),
        "output": {"name": served.output_name, "dtype": "float32", "meaning": _describe_output(bundle)},
        "prepare": bundle.origin.settings.get("inputs" if contract.is_record else contract.input_kind),
        "bundle": str(bundle.path),
        "weights_sha256": bundle.origin.weights_sha256,
    }
    (folder / "export.json").write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
    shutil.copyfile(bundle.folder / "contract.json", folder / "contract.json")
    if contract.classes:
        (folder / "labels.txt").write_text(
            "".join(f"{_one_line(name)}\n" for name in contract.classes), encoding="utf-8"
        )
    for name in fitted_files(contract):
        shutil.copyfile(bundle.folder / name, folder / name)


def _describe_inputs(bundle: Bundle, served: ServingModel) -> dict[str, Any]:
    """Return `input`, or `inputs` by name if there are several: name, data type and meaning."""
    contract = bundle.contract
    described = [
        {
            "name": name,
            "dtype": spec.dtype.name,
            "meaning": export_input_module(one).describe_input(bundle.of_input(name)),
        }
        for (name, spec), one in zip(served.inputs.items(), contract.inputs.values(), strict=True)
    ]
    return {"inputs": described} if contract.is_record else {"input": described[0]}


def _one_line(name: str) -> str:
    """Return a class name without line breaks, which would shift the names of all later classes."""
    return " ".join(name.splitlines())


def _describe_output(bundle: Bundle) -> str:
    shape = ", ".join(map(str, bundle.contract.output_shape))
    return f"(rows, {shape}): {bundle.contract.target.output_meaning}"
