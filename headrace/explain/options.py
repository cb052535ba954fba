"""What is to be explained, and how."""

from dataclasses import dataclass
from typing import Literal

from headrace.contract import Contract
from headrace.errors import ConfigurationError

Method = Literal["integrated-gradients", "grad-cam", "occlusion"]

METHODS: dict[str, tuple[Method, ...]] = {
    "image": ("integrated-gradients", "grad-cam"),
    "text": ("integrated-gradients", "occlusion"),
}
# As a page names them.
TITLES: dict[Method, str] = {
    "integrated-gradients": "integrated gradients",
    "grad-cam": "Grad-CAM",
    "occlusion": "occlusion",
}


@dataclass(frozen=True, kw_only=True)
class ExplainOptions:
    """The options of one explanation.

    Attributes:
        limit: inputs at most.
        class_name: which to explain; of each input the predicted one if None.
        steps: of integrated gradients, to begin with.
        method: the only one; all that fit the input if None.
        column: of texts, in files of rows.
    """

    limit: int = 8
    class_name: str | None = None
    steps: int = 64
    method: Method | None = None
    column: str | None = None

    def methods(self, contract: Contract) -> tuple[Method, ...]:
        """Those to be used for inputs of `contract`.

        Raises:
            ConfigurationError: there are none, or the one that is wanted is for other inputs.
        """
        kind = contract.input_kind
        if kind == "windows":
            raise ConfigurationError("The bundle answers about windows of numbers; images and texts can be explained.")
        if self.method is None:
            return METHODS[kind]
        if self.method not in METHODS[kind]:
            raise ConfigurationError(
                f"The method {self.method} does not fit {kind} inputs; expected {' or '.join(METHODS[kind])}."
            )
        return (self.method,)

    def class_number(self, contract: Contract) -> int | None:
        """Of the class to explain; None for the predicted one, and in regression.

        Raises:
            ConfigurationError: the bundle knows no such class.
        """
        if self.class_name is None:
            return None
        if self.class_name not in contract.classes:
            have = ", ".join(contract.classes) or "none, it predicts numbers"
            raise ConfigurationError(f"The bundle has no class {self.class_name!r}; its classes are: {have}.")
        return contract.classes.index(self.class_name)
