"""The predict command: plans the inputs, predicts parts in parallel, and publishes the output when it is complete."""

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from headrace import bundle as bundles
from headrace.errors import ConfigurationError, DataError
from headrace.predict.input_files import STDIN
from headrace.predict.inputs_divided_into_parts import PredictionPlan, plan_prediction
from headrace.predict.outputs.flat_file import OutputFormat, output_format, write_predictions, write_rejects
from headrace.predict.predict_task import PartResult, PredictTask, manifest_hash
from headrace.predict.records.record_file_reader import TextColumns
from headrace.predict.run_on_spark_or_in_process import run_parts
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reject_summary import describe_reasons, list_reasons
from headrace.storage import is_remote
from headrace.storage.atomic_files_and_folders import atomic_directory, atomic_write, scratch_directory
from headrace.table.rejects_and_duplicates_reader import Reject
from headrace.wording import quantity

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PredictOptions:
    """Options of a prediction.

    Attributes:
        cluster: file of Spark settings for one kind of cluster.
        columns: columns of files of records.
        threshold: minimum probability, 0 to 1, of a label, or of the second of two classes.
        limit: maximum number of records, the first ones; None for all.
        format: format of the output; None: by its suffix.
    """

    cluster: Path | None = None
    columns: TextColumns = field(default_factory=TextColumns)
    threshold: float | None = None
    limit: int | None = None
    format: OutputFormat | None = None


def predict(
    path: Path, sources: Path | Sequence[Path], output: Path, options: PredictOptions | None = None
) -> dict[str, Any]:
    """Predict every file below `sources`, every row of a table, or every record of files of records.

    As Parquet, `output` is a folder of files with columns path, label and probabilities (in the order of the bundle's
    classes), of multi_label path, labels and probabilities, of retrieval path, items (the ten best) and scores, in
    regression path and value; for files of texts also line
    and, if requested, id. Rejected records are listed with their reasons in `output/_rejects`. `output/_summary.json`
    is written last: on a store, where no folder can be renamed, an output without it is not complete. As CSV or JSONL,
    `output` is one file, see `headrace.predict.outputs.flat_file`, and NAME.rejects.csv beside it lists the rejected
    records.

    Args:
        sources: files, folders, patterns, or `-` for standard input; or one table.

    Raises:
        ConfigurationError: `output` exists or its format is unclear, inputs do not go together, a column is missing, or
            `threshold` is given and there are not two classes.
        DataError: the bundle or an input is missing or damaged, or all records are rejected; no output is left.
    """
    began, options = time.monotonic(), options or PredictOptions()
    # The link to the champion may point to another bundle a moment later.
    bundle = bundles.load(path if is_remote(path) else path.resolve())
    output, form = output.absolute(), _require_output(output, options.format)
    require_decidable(bundle, options.threshold)
    plan = plan_prediction(bundle, [sources] if isinstance(sources, Path) else sources, options.columns, options.limit)
    work = _Work(bundle, plan, options)
    result = work.write_folder(output) if form == "parquet" else work.write_file(output, form)
    return result | {"seconds": round(time.monotonic() - began, 3)}


def _require_output(output: Path, wanted: OutputFormat | None) -> OutputFormat:
    if output == STDIN:
        raise ConfigurationError(
            "The output is -, and standard output has the result of the command; name a file such as answers.csv."
        )
    form = output_format(output, wanted)
    _require_free(output)
    if form != "parquet":
        _require_free(rejects_file(output))
    return form


def rejects_file(output: Path) -> Path:
    """Return the file for the rejected records beside the file `output`: answers.rejects.csv for answers.csv."""
    return output.with_name(f"{output.stem}.rejects{output.suffix}")


def _require_free(output: Path) -> None:
    if output.exists() or output.is_symlink():
        raise ConfigurationError(f"The output {output} exists; name a new folder or file as the last argument.")


def require_decidable(bundle: bundles.Bundle, threshold: float | None, name: str = "--threshold") -> None:
    """Raise if a threshold is given and the bundle does not decide by one.

    Args:
        name: of the threshold in messages.

    Raises:
        ConfigurationError: in that case.
    """
    contract = bundle.contract
    is_decided = contract.target.has_labels or (contract.target.lists_classes and len(contract.classes) == 2)
    if threshold is not None and not is_decided:
        found = quantity(len(contract.classes), contract.target.class_noun) if contract.classes else "numbers"
        found += " of pixels" if contract.target.is_per_pixel else ""
        raise ConfigurationError(
            f"{name} applies to two classes or to multi_label; the bundle {bundle.path} predicts {found}."
        )


@dataclass(frozen=True)
class _Work:
    """A planned prediction, ready to write its output."""

    bundle: bundles.Bundle
    plan: PredictionPlan
    options: PredictOptions

    def write_folder(self, output: Path) -> dict[str, Any]:
        """Write Parquet files into the new folder `output`."""
        with atomic_directory(output) as folder:
            result = self._predict(folder, output, "parquet")
            result["rejects"] = str(output / "_rejects") if result["rejected"] else None
            contract = self.bundle.contract
            # Predictions name items, and do not give them by their numbers.
            classes = () if contract.target.has_items else contract.classes
            about = result | {"classes": classes, "bundle": str(self.bundle.path)}
            atomic_write(folder / "_summary.json", json.dumps(about, indent=2).encode())
            if folder != output:
                _require_free(output)
        return result

    def write_file(self, output: Path, form: OutputFormat) -> dict[str, Any]:
        """Write the new CSV or JSONL file `output`, after the file of rejected records if there are any."""
        rejects = rejects_file(output)
        with scratch_directory(output) as folder:
            result = self._predict(folder, output, form)
            result["rejects"] = str(rejects) if result["rejected"] else None
            with _local(folder) as local:
                write_predictions(folder, local / "predictions", form, self.bundle.contract)
                if result["rejected"]:
                    write_rejects(folder, local / "rejects", form)
                _require_free(output)
                if result["rejected"]:
                    _require_free(rejects)
                    _publish(local / "rejects", rejects)
                _publish_or_remove(local / "predictions", output, rejects if result["rejected"] else None)
        return result

    def _predict(self, folder: Path, output: Path, form: OutputFormat) -> dict[str, Any]:
        """Predict into Parquet files in `folder`."""
        task = PredictTask(
            bundle=self.bundle.path,
            manifest=manifest_hash(self.bundle.folder),
            output=folder,
            settings=self.bundle.origin.prepare,
            contract=self.plan.contract,
            table=self.plan.table,
            has_ids=self.options.columns.identity is not None,
            threshold=self.options.threshold,
        )
        written = run_parts(task, self.plan.parts, self.options.cluster)
        found = Observations()
        for one in written:
            found.update(one.observations)
        for warning in found.prediction_warnings(task.settings.image.white, task.contract):
            log.warning("%s", warning)
        rejects, examples = _add_up_rejects(written)
        rows = sum(one.rows for one in written)
        if rejects and not rows:
            raise _unusable_error(rejects, examples)
        for line in list_reasons(rejects, examples):
            log.warning("%s", line)
        if not rows:
            log.warning("No record could be predicted; the inputs hold none.")
        return {
            "rows": rows,
            "rejected": rejects.total(),
            "skipped": self.plan.skipped,
            "limited": self.plan.limited,
            "taken_for": list(self.plan.taken_for),
            "format": form,
            "output": str(output),
        }


def _add_up_rejects(written: Sequence[PartResult]) -> tuple[Counter[str], dict[str, Reject]]:
    """Return the number of rejected records by reason, and the first one of each."""
    rejects, examples = Counter[str](), dict[str, Reject]()
    for one in written:
        rejects.update(one.rejects)
        examples = one.reject_examples | examples
    return rejects, examples


def _unusable_error(rejects: Counter[str], examples: dict[str, Reject]) -> DataError:
    """Return the error that refuses inputs of which no record can be predicted."""
    records = "The only record could not" if rejects.total() == 1 else f"None of the {rejects.total():,} records could"
    return DataError(
        f"{records} be predicted ({describe_reasons(rejects, examples)}); nothing was written. Expected records like "
        "those that the model was trained on."
    )


@contextmanager
def _local(folder: Path) -> Iterator[Path]:
    """Yield a local folder: `folder`, or a temporary one for `folder` on a store."""
    if not is_remote(folder):
        yield folder
        return
    with TemporaryDirectory(prefix="headrace-") as scratch:
        yield Path(scratch)


def _publish(file: Path, target: Path) -> None:
    """Give the complete local file its name; a store publishes an object only when it is complete."""
    if is_remote(target):
        target.write_bytes(file.read_bytes())
        return
    with file.open("rb") as written:
        os.fsync(written.fileno())
    file.replace(target)


def _publish_or_remove(file: Path, target: Path, rejects: Path | None) -> None:
    """Publish the predictions; if that fails, remove the file of rejected records that was published before."""
    try:
        _publish(file, target)
    except BaseException:
        if rejects is not None:
            rejects.unlink(missing_ok=True)
        raise
