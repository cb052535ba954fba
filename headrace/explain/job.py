"""The explain command: explain predictions for raw files on one HTML page."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from headrace import bundle as bundles
from headrace.bundle import Bundle
from headrace.bundle_inference import Inference
from headrace.errors import ConfigurationError, DataError
from headrace.explain.explainer_interface import Explainer, ExplainerInterface, explainer_module
from headrace.explain.explanation_of_one_input import Explanation
from headrace.explain.options import ExplainOptions
from headrace.explain.page import ExplanationPage, write_page
from headrace.explain.raw_records_to_explain import BLANK, IGNORED, RawInputs
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.wording import quantity

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
    explanations, rejected = _explain_up_to(options.limit, inputs, explainer)
    for warning in explainer.observations.prediction_warnings(bundle.origin.prepare.image.white, bundle.contract):
        log.warning("%s", warning)
    if not explanations:
        raise DataError(f"No input of {source} can be explained; the first was rejected: {rejected[0]['detail']}.")
    page = ExplanationPage(bundle, source, options.methods(bundle.contract), explanations, rejected, explainer.missing)
    write_page(output, page)
    skipped = {**inputs.skipped, **Counter(one["reason"] for one in rejected)}
    _log_skipped(skipped, len(explanations), options.limit)
    result = {"page": str(output.absolute())} | page.as_json() | {"skipped": skipped}
    return result | {"seconds": round(time.monotonic() - start, 3)}


def _explain_up_to(
    limit: int, inputs: RawInputs, explainer: Explainer
) -> tuple[list[Explanation], list[dict[str, str]]]:
    """Return `limit` explanations, or all if there are fewer, in the order of the inputs, and the rejected inputs."""
    explanations: dict[int, Explanation] = {}
    rejected: dict[int, dict[str, str]] = {}

    def is_explained(index: int) -> bool:
        raw = inputs.read(index)
        try:
            if raw.rejection:
                raise raw.rejection
            explanations[index] = explainer.explain(raw)
            log.info("explained %d of at most %d: %s", len(explanations), min(limit, inputs.count), raw.path)
        except RejectedRecordError as rejection:
            rejected[index] = {"path": raw.path, "reason": rejection.reason.value, "detail": rejection.detail}
        return index in explanations

    choose_spread(inputs.count, limit, is_explained)
    return [explanations[index] for index in sorted(explanations)], [rejected[index] for index in sorted(rejected)]


def choose_spread(count: int, limit: int, accepts: Callable[[int], bool]) -> list[int]:
    """Return up to `limit` accepted numbers below `count`: evenly spaced ones, or for a refused one the next untried.

    Args:
        accepts: called at most once with a number.
    """
    slots, tried, chosen = min(limit, count), set[int](), list[int]()
    for slot in range(slots):
        index = slot * count // slots
        while len(tried) < count:
            while index in tried:
                index = (index + 1) % count
            tried.add(index)
            if accepts(index):
                chosen.append(index)
                break
    return chosen


def _log_skipped(skipped: Mapping[str, int], explained: int, limit: int) -> None:
    if skipped:
        reasons = ", ".join(_describe_reason(reason, count) for reason, count in sorted(skipped.items()))
        log.warning("Skipped %s: %s.", quantity(sum(skipped.values()), "input"), reasons)
    if explained < limit:
        log.info("The input holds no more than %d that can be explained; --limit is %d.", explained, limit)


def _describe_reason(reason: str, count: int) -> str:
    """Return a count with its reason; what was passed over is a thing, what was rejected has a property."""
    words = reason.replace("_", " ")
    return quantity(count, words) if reason in (IGNORED, BLANK) else f"{count} {words}"


def _require_page(output: Path) -> None:
    if output.suffix.lower() not in (".html", ".htm") or output.is_dir():
        raise ConfigurationError(f"The output {output} is not an HTML file; name a file such as explanation.html.")


def _inputs(bundle: Bundle, source: Path, options: ExplainOptions) -> RawInputs:
    options.methods(bundle.contract)
    options.class_number(bundle.contract)
    return _explanation(bundle).read_inputs(bundle, source, options)


def _explainer(bundle: Bundle, options: ExplainOptions) -> Explainer:
    """Return an explainer for the bundle's kind of input.

    Raises:
        ConfigurationError: the requested method cannot explain this network.
    """
    explainer = _explanation(bundle).make_explainer(bundle, Inference(bundle), options)
    reason = explainer.missing.get(options.method or "")
    if reason:
        raise ConfigurationError(f"{options.method} cannot explain this network: {reason}.")
    return explainer


def _explanation(bundle: Bundle) -> ExplainerInterface:
    return explainer_module(bundle.contract.input_kind)
