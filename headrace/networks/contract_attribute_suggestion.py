"""Suggest the attribute that a user's network may have meant by one that does not exist."""

import difflib

from headrace.contract import Contract

# What a network reads from a contract; docs/networks.md describes them.
CONTRACT_ATTRIBUTES = (
    "input_shape", "model_dtype", "outputs", "output_activation", "classes", "task", "input_kind",
    "statistics", "label_statistics", "require", "record_inputs",
)  # fmt: skip
TOKENIZER = "require('text').tokenizer"
# Names of other libraries that look like another attribute, or like none.
SYNONYMS = {
    "num_classes": "outputs", "n_classes": "outputs", "nb_classes": "outputs", "num_labels": "outputs",
    "num_outputs": "outputs", "output_shape": "outputs", "output_dim": "outputs", "class_names": "classes",
    "labels": "classes", "activation": "output_activation", "shape": "input_shape", "dtype": "model_dtype",
    "vocabulary_size": f"{TOKENIZER}.vocabulary_size", "vocab_size": f"{TOKENIZER}.vocabulary_size",
    "tokenizer": TOKENIZER, "max_length": f"{TOKENIZER}.max_length", "mean": "statistics.mean",
    "variance": "statistics.variance",
}  # fmt: skip


def attribute_hint(error: BaseException) -> str:
    """Return a suggestion to append to an `AttributeError`; empty for other errors, and if nothing is similar."""
    if not isinstance(error, AttributeError) or not isinstance(error.name, str) or error.obj is None:
        return ""
    if isinstance(error.obj, Contract):
        synonym = SYNONYMS.get(error.name)
        near = [synonym] if synonym else difflib.get_close_matches(error.name, CONTRACT_ATTRIBUTES, n=1)
        known = f"a contract has {', '.join(CONTRACT_ATTRIBUTES)}"
        return f"; did you mean `{near[0]}`? {known[0].upper()}{known[1:]}" if near else f"; {known}"
    public = [name for name in dir(error.obj) if not name.startswith("_")]
    near = difflib.get_close_matches(error.name, public, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
