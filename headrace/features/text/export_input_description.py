"""Describe the texts that an exported model takes as input."""

from headrace.bundle import Bundle
from headrace.features.text.contract_spec import TextSpec
from headrace.stream.decode.pad_tokens_to_buckets import padded_length


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`."""
    tokenizer = TextSpec.of(bundle.contract).tokenizer
    only = padded_length(bundle.contract, bundle.origin.buckets)
    lengths = f"padded with zeros to {only}" if only else "and any length; shorter texts are padded with zeros"
    return (
        f"token numbers (rows, length), any number of rows {lengths}. The "
        f"model takes no strings: clean a text as `prepare` describes, tokenise it with {tokenizer.file}, keep the "
        f"first {tokenizer.max_length} tokens."
    )
