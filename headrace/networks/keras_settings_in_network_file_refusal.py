"""Refuse code of a network's file that changes Keras's global settings, which the configuration decides."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headrace.engines.keras_settings_reset import PRECISION, keras_settings
from headrace.errors import ConfigurationError

PRECISION_SETTINGS = ("floatx", "dtype_policy")
REMEDY = {
    "image_data_format": "give layers their `data_format`, as inputs are channels last",
    "epsilon": "give layers their `epsilon`",
    "max_epochs": "set train.epochs",
    "max_steps_per_epoch": "set train.epochs",
}


@contextmanager
def refuse_changed_keras_settings(path: Path) -> Iterator[None]:
    """Raise if the code of the file at `path`, which runs inside the block, changed a global setting of Keras.

    Raises:
        ConfigurationError: in that case.
    """
    before = [(setting, setting.read()) for setting in keras_settings()]
    yield
    for setting, value in before:
        found = setting.read()
        if not _is_unchanged(value, found):
            raise ConfigurationError(_describe(path, setting.name, found))


def _is_unchanged(before: Any, after: Any) -> bool:
    # A new policy with the name of the run's mixed precision is a change: bundles predict in float32.
    return before is after or bool(before == after and getattr(after, "name", PRECISION) == PRECISION)


def _describe(path: Path, name: str, value: Any) -> str:
    setting = f"The code of {path} sets Keras's global {name} to {getattr(value, 'name', value)}"
    if name in PRECISION_SETTINGS:
        return (
            f"{setting}, but train.precision decides the precision of a run. Remove the call (`clear_session` resets "
            "it too), and set train.precision to float32, mixed_bfloat16 or mixed_float16; one layer may have another "
            "`dtype`."
        )
    return f"{setting}, which has an effect on more than its network. Remove the call, and {REMEDY[name]}."
