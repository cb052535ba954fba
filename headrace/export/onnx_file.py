"""ONNX: one file for ONNX Runtime and what else reads it; converted by tf2onnx."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from headrace.errors import ConfigurationError
from headrace.export.converter_output import captured_stderr
from headrace.export.serving import ServingModel

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


def write_onnx(served: ServingModel, folder: Path) -> Path:
    """Write `model.onnx`.

    Raises:
        ConfigurationError: the network does what ONNX has no operation for.
    """
    import onnx

    target = folder / "model.onnx"
    with captured_stderr():
        model = _convert(served)
        onnx.save_model(model, str(target))
    try:
        onnx.checker.check_model(str(target))
    except onnx.checker.ValidationError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ConfigurationError(
            f"ONNX cannot hold this network: {reason}; nothing was written. Export to another format, or change the "
            "network."
        ) from None
    return target


def _convert(served: ServingModel) -> Any:
    """Return the network as an `onnx.ModelProto`; what has no operation in ONNX keeps the name it has in TensorFlow."""
    import tf2onnx

    # It tells of every pass over the graph, and prints a traceback for what it cannot convert.
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    frozen = _frozen(served)
    (given,), (answers,) = frozen.inputs, frozen.outputs
    model, _ = tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(add_shapes=True),
        input_names=[given.name],
        output_names=[answers.name],
        tensors_to_rename={given.name: served.input_name, answers.name: served.output_name},
        opset=OPSET,
        custom_op_handlers={"Erfc": (_erfc, [])},
    )
    return model


def _erfc(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Replace the complement of the error function, of which TensorFlow 2.21 makes GELU, by 1 - erf(x).

    tf2onnx calls this with its graph; ONNX has no operation of that name, and tf2onnx no handler.
    """
    from tf2onnx.utils import map_onnx_to_numpy_type

    dtype = graph.get_dtype(node.output[0])
    one = graph.make_const(f"{name}_one", np.array(1, map_onnx_to_numpy_type(dtype)))
    (output,), shapes = node.output, node.output_shapes
    graph.remove_node(name)
    erf = graph.make_node("Erf", node.input, name=f"{name}_erf", shapes=shapes, dtypes=[dtype])
    inputs = [one.output[0], erf.output[0]]
    graph.make_node("Sub", inputs, name=name, outputs=[output], shapes=shapes, dtypes=[dtype])


def _frozen(served: ServingModel) -> Any:
    """The network as one graph without variables; tf2onnx would take a normalisation's constants for inputs."""
    return convert_variables_to_constants_v2(
        served.function().get_concrete_function(), lower_control_flow=False, aggressive_inlining=True
    )


class OnnxModel:
    """The exported model in ONNX Runtime, on the processor."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def predict(self, inputs: NDArray[Any]) -> NDArray[np.float32]:
        """For images or tokens."""
        (argument,), (output,) = self._session.get_inputs(), self._session.get_outputs()
        answers: NDArray[np.float32] = self._session.run([output.name], {argument.name: inputs})[0]
        return answers
