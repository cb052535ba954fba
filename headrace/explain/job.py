"""The explain command: explains a bundle's predictions for raw files on one HTML page."""

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
from headrace.explain.raw_input_readers import RawInput, raw_images, raw_texts
from headrace.explain.text_explainer import TextExplainer
from headrace.inference import Inference
from headrace.prepare.rejects.rejection import RejectedRecordError

log = logging.getLogger(__name__)


def explain(path: Path, source: Path, output: Path, options: ExplainOptions) -> dict[str, Any]:
    """Explain the predictions of the bundle at `path` for raw inputs and write (or replace) the page `output`.

    Raises:
        ConfigurationError: an option does not fit the bundle, or `output` is not an HTML file.
        DataError: the bundle or the input is missing or damaged, or no input can be explained.
    """
    start = time.monotonic()
    _require_page(output)
    bundle = bundles.load(path)
    inputs = _inputs(bundle, source, options)
    explainer = _explainer(bundle, options)
    explanations: list[Explanation] = []
    rejected: list[dict[str, str]] = []
    for number, raw in enumerate(inputs, 1):
        try:
            if raw.rejection:
                raise raw.rejection
            explanations.append(explainer.explain(raw))
            log.info("explained %d of %d: %s", number, len(inputs), raw.path)
        except RejectedRecordError as rejection:
            rejected.append({"path": raw.path, "reason": rejection.reason.value, "detail": rejection.detail})
    if not explanations:
        raise DataError(f"No input of {source} can be explained; the first was rejected: {rejected[0]['detail']}.")
    page = ExplanationPage(bundle, source, options.methods(bundle.contract), explanations, rejected, explainer.missing)
    write_page(output, page)
    return {"page": str(output.absolute())} | page.as_json() | {"seconds": round(time.monotonic() - start, 3)}


def _require_page(output: Path) -> None:
    if output.suffix.lower() not in (".html", ".htm") or output.is_dir():
        raise ConfigurationError(f"The output {output} is not an HTML file; name a file such as explanation.html.")


def _inputs(bundle: Bundle, source: Path, options: ExplainOptions) -> list[RawInput]:
    options.methods(bundle.contract)
    options.class_number(bundle.contract)
    if bundle.contract.tokenizer is None:
        return raw_images(source, options.limit)
    origin = bundle.origin
    reader_options = {**origin.reader_options, **options.reader_options}
    column = options.column or origin.text_column
    return raw_texts(source, options.limit, column, origin.prepare.text, reader_options)


def _explainer(bundle: Bundle, options: ExplainOptions) -> ImageExplainer | TextExplainer:
    """Return an explainer for the bundle's kind of input.

    Raises:
        ConfigurationError: the requested method cannot explain this network.
    """
    inference, tokenizer = Inference(bundle), bundle.contract.tokenizer
    explainer: ImageExplainer | TextExplainer
    if tokenizer is None:
        explainer = ImageExplainer(bundle, inference, options)
    else:
        explainer = TextExplainer(bundle, inference, options, tokenizer)
    reason = explainer.missing.get(options.method or "")
    if reason:
        raise ConfigurationError(f"{options.method} cannot explain this network: {reason}.")
    return explainer
