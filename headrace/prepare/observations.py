"""What a preparation does to records without rejecting them, counted over all of them for one warning each."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from headrace.prepare.encoders.grey_depth import narrow_colours_warning, narrow_warning
from headrace.prepare.encoders.image_findings import ImageFinding
from headrace.prepare.rejects.rejection import UnreadArchiveError


@dataclass
class Observations:
    """Counts of what the records of one task, or of all tasks, were found to be.

    Attributes:
        grey_bits: 16-bit grey images by the number of bits that their values use.
        colour_bits: 16-bit color images by the number of bits that their values use.
        findings: images by what is found in them.
        examples: path of the first image of each finding.
        damaged_archives: archives that could not be read to their end.
        archive_bytes: bytes of these archives.
        unread_bytes: bytes of them that were not read, at least.
    """

    grey_bits: Counter[int] = field(default_factory=Counter)
    colour_bits: Counter[int] = field(default_factory=Counter)
    findings: Counter[ImageFinding] = field(default_factory=Counter)
    examples: dict[ImageFinding, str] = field(default_factory=dict)
    damaged_archives: int = 0
    archive_bytes: int = 0
    unread_bytes: int = 0

    def add_findings(self, findings: Iterable[ImageFinding], path: str) -> None:
        """Count what is found in an image."""
        for finding in findings:
            self.findings[finding] += 1
            self.examples.setdefault(finding, path)

    def add_damaged_archive(self, error: UnreadArchiveError) -> None:
        """Count an archive that could not be read to its end."""
        self.damaged_archives += 1
        self.archive_bytes += error.size
        self.unread_bytes += error.unread

    def update(self, other: "Observations") -> None:
        """Add the counts of another task."""
        self.grey_bits.update(other.grey_bits)
        self.colour_bits.update(other.colour_bits)
        self.findings.update(other.findings)
        self.examples = other.examples | self.examples
        self.damaged_archives += other.damaged_archives
        self.archive_bytes += other.archive_bytes
        self.unread_bytes += other.unread_bytes

    def warnings(self, white: int | None) -> list[str]:
        """Return a line for each observation that the user must know of.

        Args:
            white: `prepare.image.white`.
        """
        grey = narrow_warning(self.grey_bits) if white is None else None
        lines = [grey, narrow_colours_warning(self.colour_bits), self._archive_warning()]
        for finding, images in sorted(self.findings.items()):
            verb = "images have" if images > 1 else "image has"
            lines.append(f"{images} {verb} {finding}, such as {self.examples[finding]!r}.")
        return [line for line in lines if line is not None]

    def _archive_warning(self) -> str | None:
        if not self.damaged_archives:
            return None
        several = self.damaged_archives > 1
        amount = f"at least {self.unread_bytes:,}" if self.unread_bytes else "an unknown part"
        return (
            f"{self.damaged_archives} archive{'s are' if several else ' is'} damaged: {amount} of "
            f"{'their' if several else 'its'} {self.archive_bytes:,} bytes was not read. prepare.max_rejects counts "
            "each as one record, however many it held."
        )
