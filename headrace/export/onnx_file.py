"""ONNX export: one file for ONNX Runtime and other programs, converted by tf2onnx."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from headrace.errors import ConfigurationError
from headrace.export.converter_output import captured_stderr
from headrace.export.serving_function import ServingModel, as_arguments
from headrace.one_or_several_inputs import Inputs

# Released in 2021, so that runtimes on phones and in browsers support it too.
OPSET = 15


def require_onnx() -> None:
    """Raise if the packages that write and check ONNX files are missing.

    Raises:
        ConfigurationError: a package is missing.
    """
    try:
        import onnxruntime  # noqa: F401
        import tf2onnx  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            f"Exporting to ONNX needs packages that are not installed ({error.name}); pip install 'headrace[onnx]'."
        ) from None


def write_onnx(served: ServingModel, folder: Path, stem: str = "model") -> Path:
    """Write `model.onnx` into `folder` and return its path.

    Args:
        stem: name of the file without its suffix.

    Raises:
        ConfigurationError: ONNX has no operation for a part of the network.
    """
    import onnx

    target = folder / f"{stem}.onnx"
    with captured_stderr():
        model = _convert(served)
        onnx.save_model(model, str(target))
    try:
        onnx.checker.check_model(str(target))
    except onnx.checker.ValidationError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ConfigurationError(
            f"ONNX cannot represent this network: {reason}; nothing was written. Export to another format, or "
            "change the network."
        ) from None
    return target


def _convert(served: ServingModel) -> Any:
    """Return the network as an `onnx.ModelProto`; operations that ONNX lacks keep their TensorFlow names."""
    import tf2onnx

    # It logs every pass over the graph, and prints a traceback for operations that it cannot convert.
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    frozen = _frozen(served)
    (output,) = frozen.outputs
    # TensorFlow orders several inputs by their names.
    named = dict(zip((one.name for one in frozen.inputs), sorted(served.inputs), strict=True))
    model, _ = tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(add_shapes=True),
        input_names=list(named),
        output_names=[output.name],
        tensors_to_rename={**named, output.name: served.output_name},
        opset=OPSET,
        custom_op_handlers={"Erfc": (_erfc, [])},
    )
    _name_open_dimensions(model)
    return model


def _name_open_dimensions(model: Any) -> None:
    """Name dimensions of any size alike in inputs and outputs; tf2onnx numbers each of them, as `unk__218`."""
    for value in (*model.graph.input, *model.graph.output):
        for name, dimension in zip(("rows", "length"), value.type.tensor_type.shape.dim, strict=False):
            if not dimension.HasField("dim_value"):
                dimension.dim_param = name


def _erfc(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Replace the complementary error function, which TensorFlow 2.21 uses for GELU, by 1 - erf(x).

    tf2onnx calls this with its graph; ONNX has no operation of that name and tf2onnx has no handler for it.
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
    """Return the network as a graph without variables; tf2onnx would treat normalisation constants as inputs."""
    return convert_variables_to_constants_v2(
        served.function().get_concrete_function(), lower_control_flow=False, aggressive_inlining=True
    )


class OnnxModel:
    """The exported model in ONNX Runtime, on the CPU."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def predict(self, inputs: Inputs) -> NDArray[np.float32]:
        """Return predictions (rows, outputs) for images, tokens, windows, or several by name."""
        (output,) = self._session.get_outputs()
        named = as_arguments(inputs, [one.name for one in self._session.get_inputs()])
        predictions: NDArray[np.float32] = self._session.run([output.name], named)[0]
        return predictions
