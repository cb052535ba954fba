"""The outcome of a check: a row for each thing that was looked at."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that was looked at.

    Attributes:
        name: of the thing.
        found: what is there; `none` where nothing is.
        needed: what must be there; empty where nothing must.
        ok: whether `found` will do.
        fix: what to do where it will not; empty where it will.
    """

    name: str
    found: str
    needed: str
    ok: bool
    fix: str = ""


@dataclass(frozen=True)
class Report:
    """Everything that was looked at, in the order to mend it."""

    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether every row is."""
        return all(row.ok for row in self.rows)

    def table(self) -> str:
        """For people: a line a row, with a tick or a cross, and below a cross how to mend it."""
        name, found = (max(len(getattr(row, part)) for row in self.rows) for part in ("name", "found"))
        lines = []
        for row in self.rows:
            needed = f"needs {row.needed}" if row.needed else ""
            lines.append(f"{'✓' if row.ok else '✗'} {row.name:{name}}  {row.found:{found}}  {needed}".rstrip())
            if row.fix:
                lines.append(f"  → {row.fix}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """For programs: `ok`, and `rows` with the attributes of each."""
        return {"ok": self.ok, "rows": [asdict(row) for row in self.rows]}
