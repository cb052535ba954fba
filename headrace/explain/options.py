"""The options of an explanation and the methods for each kind of input."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.wording import close_name_question, join_names

Method = Literal["integrated-gradients", "grad-cam", "occlusion"]

# Names on the page.
TITLES: dict[Method, str] = {
    "integrated-gradients": "integrated gradients",
    "grad-cam": "Grad-CAM",
    "occlusion": "occlusion",
}


@dataclass(frozen=True, kw_only=True)
class ExplainOptions:
    """The options of one explanation.

    Attributes:
        limit: maximum number of inputs.
        class_name: class to explain; None explains the predicted class of each input.
        steps: initial number of steps of integrated gradients.
        method: the only method to use; None uses all that fit the input.
        column: text column in files of rows.
        reader_options: options of the reader of such files, in place of the bundle's.
    """

    limit: int = 8
    class_name: str | None = None
    steps: int = 64
    method: Method | None = None
    column: str | None = None
    reader_options: Mapping[str, str] = field(default_factory=dict)

    def methods(self, contract: Contract) -> tuple[Method, ...]:
        """Return the methods to use for inputs of `contract`.

        Raises:
            ConfigurationError: no method fits the inputs, or the requested method does not.
        """
        kind, methods = contract.input_kind, tuple(name for name in TITLES if name in contract.feature.methods)
        if not methods:
            raise ConfigurationError(
                f"The bundle predicts from {contract.feature.noun}, which cannot be explained; only images, texts, "
                "audio and rows can."
            )
        if self.method is None:
            return methods
        if self.method not in methods:
            raise ConfigurationError(
                f"The method {self.method} does not fit {kind} inputs; expected {' or '.join(methods)}."
            )
        return (self.method,)

    def class_number(self, contract: Contract) -> int | None:
        """Return the index of the class to explain; None for the predicted class and in regression.

        Raises:
            ConfigurationError: the bundle does not have the class `class_name`.
        """
        if self.class_name is None:
            return None
        if self.class_name not in contract.classes:
            if contract.target.has_items:
                close = close_name_question(self.class_name, contract.classes)
                raise ConfigurationError(
                    f"The bundle has no item {self.class_name!r}; it knows {len(contract.classes):,}, such as "
                    f"{join_names(contract.classes, 3)}.{close}"
                )
            known = ", ".join(contract.classes) or "none, as it predicts numbers"
            raise ConfigurationError(f"The bundle has no class {self.class_name!r}; its classes are: {known}.")
        return contract.classes.index(self.class_name)
