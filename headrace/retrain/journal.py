"""The journal of retraining: one folder per cycle, with one file per completed step.

cycles/000007/cycle.json    the cycle's start: fingerprint of the raw data, digest of the configuration
             /STEP.json     the output of a step and the hashes of its inputs
             /outcome.json  the decision and its reasons
             /run/          the training run
"""

import hashlib
import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from headrace.errors import DataError
from headrace.format_version import NumberedRecord, require_format
from headrace.processes.own_command_line_and_utc_now import utc_now
from headrace.retrain.journal_records import EVALUATED, FINAL, CycleRecord, Outcome, StepRecord
from headrace.storage.atomic_files_and_folders import atomic_write

Record = TypeVar("Record", bound=BaseModel)


class Cycle:
    """One cycle of the journal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = path / "run"

    @property
    def record(self) -> CycleRecord:
        """Record of the cycle's start."""
        return _read(self.path / "cycle.json", CycleRecord)

    @property
    def number(self) -> int:
        """Number of the cycle, from 1."""
        return int(self.path.name)

    @property
    def outcome(self) -> Outcome | None:
        """Outcome of the cycle; None while it is in progress."""
        return _read_optional(self.path / "outcome.json", Outcome)

    @property
    def is_open(self) -> bool:
        """Return whether the next run resumes the cycle."""
        outcome = self.outcome
        return outcome is None or (outcome.decision not in FINAL and not outcome.abandoned)

    @property
    def is_final(self) -> bool:
        """Return whether the cycle ended with a final decision."""
        outcome = self.outcome
        return outcome is not None and outcome.decision in FINAL

    @property
    def was_evaluated(self) -> bool:
        """Return whether a challenger was promoted or refused."""
        outcome = self.outcome
        return outcome is not None and outcome.decision in EVALUATED

    def step(self, name: str) -> StepRecord | None:
        """Return the record of a step; None if the step is not complete."""
        return _read_optional(self._file(name), StepRecord)

    def output(self, name: str) -> dict[str, Any]:
        """Return the output of a step; empty if the step is not complete."""
        record = self.step(name)
        return record.output if record else {}

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a step's record; empty if the step is not complete."""
        try:
            return hashlib.sha256(self._file(name).read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""

    def write_step(self, name: str, record: StepRecord) -> None:
        """Write the record of a step, which marks the step as complete."""
        atomic_write(self._file(name), record.model_dump_json(indent=2).encode())

    def end(self, outcome: Outcome) -> None:
        """Write the outcome of the cycle with the current time."""
        outcome = outcome.model_copy(update={"finished": utc_now()})
        atomic_write(self.path / "outcome.json", outcome.model_dump_json(indent=2).encode())

    def abandon(self, reason: str) -> None:
        """Mark the cycle as abandoned for a newer one; an earlier outcome keeps its decision and reasons."""
        last = self.outcome or Outcome(decision="abandoned", reasons=())
        self.end(last.model_copy(update={"reasons": (*last.reasons, reason), "abandoned": True}))

    def resume(self, name: str | None) -> None:
        """Reopen the cycle, and record the name that a scheduler uses for it now."""
        (self.path / "outcome.json").unlink(missing_ok=True)
        record = self.record
        if name and name not in record.names:
            self.write_record(record.model_copy(update={"names": (*record.names, name)}))

    def write_record(self, record: CycleRecord) -> None:
        """Write the record of the cycle's start."""
        atomic_write(self.path / "cycle.json", record.model_dump_json(indent=2).encode())

    def _file(self, step: str) -> Path:
        return self.path / f"{step}.json"


class Journal:
    """All cycles of one configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report = folder / "report.html"

    def cycles(self) -> list[Cycle]:
        """Return all cycles, oldest first; skip folders without a record, left by a process killed at the start."""
        files = sorted((self.folder / "cycles").glob("[0-9]*/cycle.json"))
        return [Cycle(file.parent) for file in files]

    def find(self, name: str) -> Cycle | None:
        """Return the latest cycle that a scheduler named `name`; None without one."""
        return next((cycle for cycle in reversed(self.cycles()) if name in cycle.record.names), None)

    def begin(self, fingerprint: str, configuration: str, name: str | None, *, forced: bool) -> Cycle:
        """Create the next cycle."""
        cycles = self.cycles()
        number = cycles[-1].number + 1 if cycles else 1
        cycle = Cycle(self.folder / "cycles" / f"{number:06d}")
        names = (name,) if name else ()
        cycle.write_record(
            CycleRecord(
                number=number,
                created=utc_now(),
                fingerprint=fingerprint,
                configuration=configuration,
                forced=forced,
                names=names,
            )
        )
        return cycle


def _read(path: Path, record_type: type[Record]) -> Record:
    record = _read_optional(path, record_type)
    if record is None:
        raise _damaged(path, "file not found")
    return record


def _read_optional(path: Path, record_type: type[Record]) -> Record | None:
    try:
        content = path.read_bytes()
        if issubclass(record_type, NumberedRecord):
            require_format(content, f"The cycle {path.parent}", "name another retrain.folder", DataError)
        return record_type.model_validate(json.loads(content))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ValidationError) as error:
        raise _damaged(path, " ".join(str(error).split())[:200]) from None


def _damaged(path: Path, cause: str) -> DataError:
    return DataError(f"{path} cannot be read ({cause}); restore it, or remove the cycle's folder.")
