"""ONNX: one file for ONNX Runtime and what else reads it; converted by tf2onnx."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from headrace.errors import ConfigurationError
from headrace.export.served import Served

# Of 2021: runtimes on phones and in browsers know it too.
OPSET = 15


def require_onnx() -> None:
    """Raise if the packages that write and check ONNX files are missing.

    Raises:
        ConfigurationError: they are.
    """
    try:
        import onnxruntime  # noqa: F401
        import tf2onnx  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            f"Exporting to ONNX needs packages that are not installed ({error.name}); pip install 'headrace[onnx]'."
        ) from None


def write_onnx(served: Served, folder: Path) -> Path:
    """Write `model.onnx`."""
    import tf2onnx

    target = folder / "model.onnx"
    # It tells of every pass over the graph.
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    frozen = _frozen(served)
    (given,), (answers,) = frozen.inputs, frozen.outputs
    tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(add_shapes=True),
        input_names=[given.name],
        output_names=[answers.name],
        tensors_to_rename={given.name: served.input_name, answers.name: served.output_name},
        opset=OPSET,
        output_path=str(target),
    )
    return target


def _frozen(served: Served) -> Any:
    """The network as one graph without variables; tf2onnx would take a normalisation's constants for inputs."""
    return convert_variables_to_constants_v2(
        served.function().get_concrete_function(), lower_control_flow=False, aggressive_inlining=True
    )


class OnnxModel:
    """The exported model in ONNX Runtime, on the processor."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def answers(self, inputs: NDArray[Any]) -> NDArray[np.float32]:
        """For images or tokens."""
        (argument,), (output,) = self._session.get_inputs(), self._session.get_outputs()
        answers: NDArray[np.float32] = self._session.run([output.name], {argument.name: inputs})[0]
        return answers
