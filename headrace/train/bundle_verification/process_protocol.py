"""Messages between a rank and its verification process: lines of JSON, with arrays in files."""

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from headrace.errors import HeadraceError
from headrace.one_or_several_inputs import Inputs
from headrace.train.bundle_verification.output_checks import LayerTrace, Outputs


class Request(BaseModel):
    """A request of the rank.

    Attributes:
        bundle: folder of the bundle.
        inputs: file for the batches.
        outputs: file for the outputs of two forward passes.
        precision: Keras's dtype policy under which the model is built.
        trace: whether to trace the outputs of every layer for the first batch, twice.
    """

    model_config = ConfigDict(frozen=True)

    bundle: Path
    inputs: Path
    outputs: Path
    precision: str = "float32"
    trace: bool = False

    def write_batches(self, batches: Sequence[Inputs]) -> None:
        """Write the inputs of the model."""
        arrays: dict[str, NDArray[Any]] = {}
        for number, batch in enumerate(batches):
            named = batch if isinstance(batch, dict) else {"": batch}
            arrays |= {f"{number}:{name}": values for name, values in named.items()}
        with self.inputs.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy types all keywords as its own flag

    def read_batches(self) -> list[Inputs]:
        """Return the inputs in their order."""
        batches: dict[int, dict[str, NDArray[Any]]] = {}
        with np.load(self.inputs, allow_pickle=False) as arrays:
            for key in arrays.files:
                number, _, name = key.partition(":")
                batches.setdefault(int(number), {})[name] = arrays[key]
        return [batch.get("", batch) for _, batch in sorted(batches.items())]

    def read_outputs(self) -> tuple[Outputs, Outputs]:
        """Return the outputs of the first and of the second pass, (rows, outputs) each."""
        first, second = _read(self.outputs)
        return first, second


class Answer(BaseModel):
    """The answer of the process.

    Attributes:
        weights: path and SHA-256 of every weight of the loaded model.
        traces: two forward passes, if they were requested.
        error: why the bundle cannot be loaded, or None.
        refused: files of this machine that the network tried to read and that are not in the bundle.
    """

    model_config = ConfigDict(frozen=True)

    weights: list[tuple[str, str]] = []
    traces: tuple[list[LayerTrace], ...] = ()
    error: str | None = None
    refused: tuple[str, ...] = ()


def describe(error: BaseException) -> str:
    """Return the class and the message of `error` on one line, with the line of the network that raised it."""
    if isinstance(error, HeadraceError):
        return str(error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith("model.py")]
    location = f" at line {frames[-1].lineno} of model.py" if frames else ""
    return f"{type(error).__name__}{location}: {' '.join(str(error).split())[:600]}"


def _read(file: Path) -> list[NDArray[Any]]:
    with np.load(file, allow_pickle=False) as arrays:
        return [arrays[f"arr_{number}"] for number in range(len(arrays.files))]
