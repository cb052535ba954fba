"""What a preparation does to records without rejecting them, counted over all of them for one warning each."""

from collections import Counter
from dataclasses import dataclass, field

from headrace.prepare.encoders.grey_depth import narrow_warning
from headrace.prepare.rejects.rejection import UnreadArchiveError


@dataclass
class Observations:
    """Counts of what the records of one task, or of all tasks, were found to be.

    Attributes:
        grey_bits: 16-bit grey images by the number of bits that their values use.
        several_frames: images of several pages or frames, of which the first was used.
        frames_example: path of the first of them.
        damaged_archives: archives that could not be read to their end.
        archive_bytes: bytes of these archives.
        unread_bytes: bytes of them that were not read, at least.
    """

    grey_bits: Counter[int] = field(default_factory=Counter)
    several_frames: int = 0
    frames_example: str = ""
    damaged_archives: int = 0
    archive_bytes: int = 0
    unread_bytes: int = 0

    def add_frames(self, path: str) -> None:
        """Count an image of several pages or frames."""
        self.several_frames += 1
        self.frames_example = self.frames_example or path

    def add_damaged_archive(self, error: UnreadArchiveError) -> None:
        """Count an archive that could not be read to its end."""
        self.damaged_archives += 1
        self.archive_bytes += error.size
        self.unread_bytes += error.unread

    def update(self, other: "Observations") -> None:
        """Add the counts of another task."""
        self.grey_bits.update(other.grey_bits)
        self.several_frames += other.several_frames
        self.frames_example = self.frames_example or other.frames_example
        self.damaged_archives += other.damaged_archives
        self.archive_bytes += other.archive_bytes
        self.unread_bytes += other.unread_bytes

    def warnings(self, white: int | None) -> list[str]:
        """Return a line for each observation that the user must know of.

        Args:
            white: `prepare.image.white`.
        """
        narrow = narrow_warning(self.grey_bits) if white is None else None
        return [line for line in (narrow, self._frames_warning(), self._archive_warning()) if line is not None]

    def _frames_warning(self) -> str | None:
        if not self.several_frames:
            return None
        return (
            f"{self.several_frames} image{'s have' if self.several_frames > 1 else ' has'} several pages or frames, "
            f"such as {self.frames_example!r}; only the first one is used. If the others count, save each as a file."
        )

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
