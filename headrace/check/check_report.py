"""The report of a check: one row for each requirement."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """One requirement and its state.

    Attributes:
        name: of the requirement.
        found: state that the check found; `none` if it found nothing.
        needed: required state; empty if nothing is required.
        ok: whether `found` satisfies `needed`.
        fix: how to fix it; empty if `ok`.
    """

    name: str
    found: str
    needed: str
    ok: bool
    fix: str = ""


@dataclass(frozen=True)
class Report:
    """All rows, in the order in which to fix them."""

    rows: tuple[CheckRow, ...]

    @property
    def ok(self) -> bool:
        """Return whether every row is ok."""
        return all(row.ok for row in self.rows)

    def table(self) -> str:
        """Return a text table: one line per row with a tick or a cross, and below a cross how to fix it."""
        name, found = (max(len(getattr(row, field)) for row in self.rows) for field in ("name", "found"))
        lines = []
        for row in self.rows:
            needed = f"needs {row.needed}" if row.needed else ""
            lines.append(f"{'✓' if row.ok else '✗'} {row.name:{name}}  {row.found:{found}}  {needed}".rstrip())
            if row.fix:
                lines.append(f"  → {row.fix}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """Return `ok`, and `rows` with the attributes of each row, for JSON."""
        return {"ok": self.ok, "rows": [asdict(row) for row in self.rows]}
