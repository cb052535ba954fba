"""What every layer may know of an input kind without importing an engine."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FeatureFacts:
    """The properties of an input kind.

    Attributes:
        noun: what the inputs are, in sentences.
        input_name: name of an exported model's input.
        visible_keys: keys of the kind's section of `prepare` that change what a model sees, and that neither shape,
            tokenizer nor window layout reveals.
        methods: methods that explain a prediction for such an input, the first one by default; none if there are none.
    """

    noun: str
    input_name: str
    visible_keys: tuple[str, ...]
    methods: tuple[str, ...]
