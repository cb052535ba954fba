"""The journal of retraining: a folder for each cycle, a file for each step that is complete.

cycles/000007/cycle.json    what began it: the raw data's fingerprint, the configuration's digest
             /STEP.json     what the step gave, and the hashes of what it needed
             /outcome.json  how it ended, and why
             /run/          the training run
"""

import hashlib
import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from headrace.errors import DataError
from headrace.provenance import utc_now
from headrace.record_format import require_format
from headrace.retrain.records import FINAL, JUDGED, CycleRecord, Outcome, StepRecord
from headrace.storage.atomic import atomic_write

Record = TypeVar("Record", bound=BaseModel)


class Cycle:
    """One cycle on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = path / "run"

    @property
    def record(self) -> CycleRecord:
        """What it began with."""
        return _read(self.path / "cycle.json", CycleRecord)

    @property
    def number(self) -> int:
        """From 1."""
        return int(self.path.name)

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while it has not."""
        return _read_if_there(self.path / "outcome.json", Outcome)

    @property
    def is_open(self) -> bool:
        """Whether the next run is to go on with it."""
        outcome = self.outcome
        return outcome is None or (outcome.decision not in FINAL and not outcome.left)

    @property
    def is_final(self) -> bool:
        """Whether it came to a decision that stands."""
        outcome = self.outcome
        return outcome is not None and outcome.decision in FINAL

    @property
    def was_judged(self) -> bool:
        """Whether a challenger was promoted or refused."""
        outcome = self.outcome
        return outcome is not None and outcome.decision in JUDGED

    def step(self, name: str) -> StepRecord | None:
        """What the step gave; None where it is not complete."""
        return _read_if_there(self._file(name), StepRecord)

    def output(self, name: str) -> dict[str, Any]:
        """What the step gave; empty where it is not complete."""
        record = self.step(name)
        return record.output if record else {}

    def digest(self, name: str) -> str:
        """Of the step's record; empty where it is not complete."""
        try:
            return hashlib.sha256(self._file(name).read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""

    def keep_step(self, name: str, record: StepRecord) -> None:
        """Its presence makes the step complete."""
        atomic_write(self._file(name), record.model_dump_json(indent=2).encode())

    def end(self, outcome: Outcome) -> None:
        """Write how the cycle ended."""
        outcome = outcome.model_copy(update={"finished": utc_now()})
        atomic_write(self.path / "outcome.json", outcome.model_dump_json(indent=2).encode())

    def abandon(self, reason: str) -> None:
        """Go on with a newer one; what it has found out about its data stays told."""
        last = self.outcome or Outcome(decision="given up", reasons=())
        self.end(last.model_copy(update={"reasons": (*last.reasons, reason), "left": True}))

    def resume(self, name: str | None) -> None:
        """Take up an open cycle again, also by the name that a scheduler has for it now."""
        (self.path / "outcome.json").unlink(missing_ok=True)
        record = self.record
        if name and name not in record.names:
            self.keep(record.model_copy(update={"names": (*record.names, name)}))

    def keep(self, record: CycleRecord) -> None:
        """Write what it began with."""
        atomic_write(self.path / "cycle.json", record.model_dump_json(indent=2).encode())

    def _file(self, step: str) -> Path:
        return self.path / f"{step}.json"


class Journal:
    """All cycles of one configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report = folder / "report.html"

    def cycles(self) -> list[Cycle]:
        """Oldest first; a folder without a record is of a process that died before the cycle began."""
        found = sorted((self.folder / "cycles").glob("[0-9]*/cycle.json"))
        return [Cycle(file.parent) for file in found]

    def named(self, name: str) -> Cycle | None:
        """The cycle that a scheduler knows by this name."""
        return next((cycle for cycle in reversed(self.cycles()) if name in cycle.record.names), None)

    def begin(self, fingerprint: str, configuration: str, name: str | None, *, forced: bool) -> Cycle:
        """The next cycle."""
        cycles = self.cycles()
        number = cycles[-1].number + 1 if cycles else 1
        cycle = Cycle(self.folder / "cycles" / f"{number:06d}")
        names = (name,) if name else ()
        cycle.keep(
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


def _read(path: Path, kind: type[Record]) -> Record:
    found = _read_if_there(path, kind)
    if found is None:
        raise _damaged(path, "there is no such file")
    return found


def _read_if_there(path: Path, kind: type[Record]) -> Record | None:
    try:
        content = path.read_bytes()
        if kind is CycleRecord:
            require_format(content, f"The cycle {path.parent}", "name another retrain.folder", DataError)
        return kind.model_validate(json.loads(content))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ValidationError) as error:
        raise _damaged(path, " ".join(str(error).split())[:200]) from None


def _damaged(path: Path, why: str) -> DataError:
    return DataError(f"{path} cannot be read ({why}); restore it, or remove the cycle's folder.")
