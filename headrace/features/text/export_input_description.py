"""Describe the texts that an exported model takes as input."""

from headrace.bundle import Bundle
from headrace.features.text.contract_spec import TextSpec


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`."""
    tokenizer = TextSpec.of(bundle.contract).tokenizer
    return (
        "token numbers (rows, length), any number of rows and any length; shorter texts are padded with zeros. The "
        f"model takes no strings: clean a text as `prepare` describes, tokenise it with {tokenizer.file}, keep the "
        f"first {tokenizer.max_length} tokens."
    )
