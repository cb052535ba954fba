"""Raw files -> explanations of a bundle's answers, on one page."""

import logging
import time
from pathlib import Path
from typing import Any

from headrace import bundle as bundles
from headrace.bundle import Bundle
from headrace.errors import ConfigurationError, DataError
from headrace.explain.explanation import Explanation
from headrace.explain.image_explainer import ImageExplainer
from headrace.explain.options import ExplainOptions
from headrace.explain.page import ExplanationPage, write_page
from headrace.explain.raw_inputs import RawInput, raw_images, raw_texts
from headrace.explain.text_explainer import TextExplainer
from headrace.inference import Inference
from headrace.prepare.rejection import RejectedRecordError

log = logging.getLogger(__name__)


def explain(path: Path, source: Path, output: Path, wish: ExplainOptions) -> dict[str, Any]:
    """Explain the answers of the bundle at `path` to raw inputs, on the page `output`; a page there is replaced.

    Raises:
        ConfigurationError: an option does not fit the bundle, or `output` is no HTML file.
        DataError: the bundle or the input is missing or damaged, or no input can be explained.
    """
    began = time.monotonic()
    _require_page(output)
    bundle = bundles.load(path)
    inputs = _inputs(bundle, source, wish)
    explainer = _explainer(bundle, wish)
    explained: list[Explanation] = []
    rejected: list[dict[str, str]] = []
    for number, raw in enumerate(inputs, 1):
        try:
            if raw.rejection:
                raise raw.rejection
            explained.append(explainer.explain(raw))
            log.info("explained %d of %d: %s", number, len(inputs), raw.path)
        except RejectedRecordError as rejection:
            rejected.append({"path": raw.path, "reason": rejection.reason.value, "detail": rejection.detail})
    if not explained:
        raise DataError(f"No input of {source} can be explained; the first was rejected: {rejected[0]['detail']}.")
    story = ExplanationPage(bundle, source, wish.methods(bundle.contract), explained, rejected, explainer.missing)
    write_page(output, story)
    return {"page": str(output.absolute())} | story.described() | {"seconds": round(time.monotonic() - began, 3)}


def _require_page(output: Path) -> None:
    if output.suffix.lower() not in (".html", ".htm") or output.is_dir():
        raise ConfigurationError(f"The output {output} is no HTML file; name one, such as explanation.html.")


def _inputs(bundle: Bundle, source: Path, wish: ExplainOptions) -> list[RawInput]:
    wish.methods(bundle.contract)
    wish.class_number(bundle.contract)
    if bundle.contract.tokenizer is None:
        return raw_images(source, wish.limit)
    return raw_texts(source, wish.limit, wish.column or bundle.origin.text_column, bundle.origin.prepare.text)


def _explainer(bundle: Bundle, wish: ExplainOptions) -> ImageExplainer | TextExplainer:
    """Of the kind of the bundle's inputs.

    Raises:
        ConfigurationError: the only method that is wanted cannot explain this network.
    """
    inference, tokenizer = Inference(bundle), bundle.contract.tokenizer
    made = ImageExplainer(bundle, inference, wish) if tokenizer is None else TextExplainer(
        bundle, inference, wish, tokenizer
    )  # fmt: skip
    reason = made.missing.get(wish.method or "")
    if reason:
        raise ConfigurationError(f"{wish.method} cannot explain this network: {reason}.")
    return made
