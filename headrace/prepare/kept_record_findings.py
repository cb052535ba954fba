"""Count observations about records that are kept, and turn each kind into one warning."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from headrace.contract import Contract
from headrace.prepare.encoders.images.grey_or_colour_unlike_training import GreyAndColourCounts
from headrace.prepare.encoders.images.image_transcoding import DecodedFile
from headrace.prepare.encoders.images.unscaled_and_dark_image_warnings import (
    Brightness,
    unscaled_colours_warning,
    unscaled_grey_warning,
)
from headrace.prepare.encoders.number_notation_and_float32_warnings import (
    NumberFormat,
    number_format,
    thousands_warning,
)
from headrace.prepare.quality.dominant_weight_warning import SampleWeights
from headrace.prepare.quality.values_unlike_training import Tally, UnfamiliarValues, merge_tallies
from headrace.prepare.quality.zero_or_radian_location_warnings import LocationSample
from headrace.prepare.rejects.reasons_and_exceptions import UnreadArchiveError
from headrace.prepare.sources.archives.class_folder_warnings import (
    class_folder,
    innermost_folder,
    member_warnings,
    unused_split_warnings,
)
from headrace.prepare.sources.folders.derived_file_warnings import find_copies
from headrace.prepare.sources.folders.folder_layout_warnings import MAX_FOLDERS, class_warnings, split_class_warning
from headrace.prepare.sources.folders.masks_among_images_warning import find_masks
from headrace.wording import quantity, quantity_has, shorten

MAX_EXAMPLE = 60


@dataclass
class Observations:
    """Counts of the findings in the records of one task, or of all tasks.

    Attributes:
        grey_bits: 16-bit grey images by the number of bits that their values use.
        colour_bits: 16-bit colour images by the number of bits that their values use.
        brightness: largest value of all images.
        colours: images of RGB with and without colours.
        findings: records by what they are, such as `image`, and by what is found in them.
        examples: path of the first record of each finding.
        folders: folders of archives whose names are classes, by archive, then the class by the folder, without those
            named after splits.
        named_splits: whether a folder of an archive is named after a split.
        damaged_archives: archives that could not be read to their end.
        archive_bytes: bytes of these archives.
        unread_bytes: bytes of them that were not read, at least.
        doubtful_markup: texts with something that may or may not be a tag of HTML.
        with_split: records whose split the source gives.
        without_split: records that get one by `prepare.splits`.
        unsplit_example: path of the first unsplit record.
        overruled_folders: label and path of the first record in each folder of archives that is not its class, as a
            .cls or .json says otherwise.
        member_labels: labels of members of archives.
        markup_example: the first doubtful markup, and the path of its text.
        weights: sample weights.
        locations: locations in degrees.
        number_formats: numbers by how they are written, by what they are in a sentence.
        unfamiliar: values unlike those of training.
        cut_texts: texts with more tokens than a table keeps, by what they are in a sentence and the maximum.
        filled: rows whose number was missing and became the mean, by column.
        named_like_copies: members of archives that are named like a copy of another one.
        named_like_masks: number of images whose names are those of masks of other images.
        named_examples: path of the first member among the copies, and among the masks.
        left_out: copies of a record in another split, which are dropped whatever `prepare.duplicates` says.
        relabelled: of these the ones with another label than the record that is kept.
        left_out_example: path of one of them, if possible with another label, and of the record that is kept.
    """

    grey_bits: Counter[int] = field(default_factory=Counter)
    colour_bits: Counter[int] = field(default_factory=Counter)
    brightness: Brightness = field(default_factory=Brightness)
    colours: GreyAndColourCounts = field(default_factory=GreyAndColourCounts)
    findings: Counter[tuple[str, StrEnum]] = field(default_factory=Counter)
    examples: dict[tuple[str, StrEnum], str] = field(default_factory=dict)
    folders: dict[str, dict[str, str]] = field(default_factory=dict)
    named_splits: bool = False
    damaged_archives: int = 0
    archive_bytes: int = 0
    unread_bytes: int = 0
    with_split: int = 0
    without_split: int = 0
    unsplit_example: str = ""
    overruled_folders: dict[str, tuple[str, str]] = field(default_factory=dict)
    member_labels: set[str] = field(default_factory=set)
    doubtful_markup: int = 0
    markup_example: tuple[str, str] | None = None
    weights: SampleWeights = field(default_factory=SampleWeights)
    locations: LocationSample = field(default_factory=LocationSample)
    number_formats: dict[str, Counter[NumberFormat]] = field(default_factory=dict)
    unfamiliar: UnfamiliarValues = field(default_factory=UnfamiliarValues)
    cut_texts: dict[tuple[str, int], Tally] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    named_like_copies: int = 0
    named_like_masks: int = 0
    named_examples: dict[str, str] = field(default_factory=dict)
    left_out: int = 0
    relabelled: int = 0
    left_out_example: tuple[str, str] = ("", "")

    def add_image(self, decoded: DecodedFile, path: str) -> None:
        """Count the findings in an image."""
        if decoded.grey_bits is not None:
            self.grey_bits[decoded.grey_bits] += 1
        if decoded.colour_bits is not None:
            self.colour_bits[decoded.colour_bits] += 1
        self.brightness.add(decoded.pixels)
        self.colours.add(decoded.pixels, path)
        self.add_findings("image", decoded.findings, path)

    def add_findings(self, noun: str, findings: Iterable[StrEnum], path: str) -> None:
        """Count the findings in a record; `noun` names its kind, such as `image`."""
        for finding in findings:
            self.findings[noun, finding] += 1
            self.examples.setdefault((noun, finding), path)

    def add_member(self, path: str, label: str | None, name_finding: StrEnum | None = None) -> None:
        """Note the class folder of a member of an archive, if it has one, and the finding in its name."""
        self.add_findings("member", [] if name_finding is None else [name_finding], path)
        if label is not None and len(self.member_labels) < MAX_FOLDERS:
            self.member_labels.add(label)
        found = class_folder(path, label)
        if found is None:
            if label is not None and len(self.overruled_folders) < MAX_FOLDERS:
                self.overruled_folders.setdefault(innermost_folder(path), (label, path))
            return
        folders = self.folders.setdefault(found.archive, {})
        if len(folders) < MAX_FOLDERS:
            folders[found.folder] = found.label
        self.named_splits = self.named_splits or found.in_split

    def add_member_names(self, paths: Sequence[str]) -> None:
        """Count the members of archives that are named like copies or masks of others."""
        copies, masks = find_copies(paths), find_masks(paths)
        self.named_like_copies += len(copies)
        self.named_like_masks += len(masks)
        for what, found in (("copies", copies), ("masks", masks)):
            if found:
                self.named_examples.setdefault(what, found[0])

    def add_damaged_archive(self, error: UnreadArchiveError) -> None:
        """Count an archive that could not be read to its end."""
        self.damaged_archives += 1
        self.archive_bytes += error.size
        self.unread_bytes += error.unread

    def add_split(self, split: str | None, path: str) -> None:
        """Count a record by whether the source gives its split."""
        if split is None:
            self.without_split += 1
            self.unsplit_example = self.unsplit_example or path
        else:
            self.with_split += 1

    def add_markup(self, doubtful: Sequence[str], path: str) -> None:
        """Count a text if it has something that may or may not be a tag of HTML."""
        if doubtful:
            self.doubtful_markup += 1
            self.markup_example = self.markup_example or (doubtful[0][:MAX_EXAMPLE], path)

    def add_number(self, what: str, text: str) -> None:
        """Count how a number is written; `what` is the numbers in a sentence, in the plural."""
        self.number_formats.setdefault(what, Counter())[number_format(text)] += 1

    def add_cut(self, noun: str, limit: int, texts: int, cut: int) -> None:
        """Count texts, and those with more than `limit` tokens; `noun` is what they are, in the plural."""
        self.cut_texts.setdefault((noun, limit), Tally()).add(texts, cut)

    def add_left_out(self, records: int, relabelled: int, example: tuple[str, str]) -> None:
        """Count copies of records in another split, and those with another label."""
        if not self.left_out or (relabelled and not self.relabelled):
            self.left_out_example = example
        self.left_out += records
        self.relabelled += relabelled

    def update(self, other: "Observations") -> None:
        """Add the counts of another task."""
        self.grey_bits.update(other.grey_bits)
        self.colour_bits.update(other.colour_bits)
        self.brightness.update(other.brightness)
        self.colours.update(other.colours)
        self.findings.update(other.findings)
        self.examples = other.examples | self.examples
        for archive, folders in other.folders.items():
            self.folders.setdefault(archive, {}).update(folders)
        self.named_splits = self.named_splits or other.named_splits
        self.damaged_archives += other.damaged_archives
        self.archive_bytes += other.archive_bytes
        self.unread_bytes += other.unread_bytes
        self.with_split += other.with_split
        self.without_split += other.without_split
        self.unsplit_example = self.unsplit_example or other.unsplit_example
        self.overruled_folders = other.overruled_folders | self.overruled_folders
        self.member_labels |= other.member_labels
        self.weights.update(other.weights)
        self.locations.update(other.locations)
        for what, counts in other.number_formats.items():
            self.number_formats.setdefault(what, Counter()).update(counts)
        self.unfamiliar.update(other.unfamiliar)
        merge_tallies(self.cut_texts, other.cut_texts)
        self.filled.update(other.filled)
        self.doubtful_markup += other.doubtful_markup
        self.markup_example = self.markup_example or other.markup_example
        self.named_like_copies += other.named_like_copies
        self.named_like_masks += other.named_like_masks
        self.named_examples = other.named_examples | self.named_examples
        if other.left_out:
            self.add_left_out(other.left_out, other.relabelled, other.left_out_example)

    def warnings(self, white: int | None) -> list[str]:
        """Return a line for each observation that the user must know of.

        Args:
            white: `prepare.image.white`.
        """
        grey = unscaled_grey_warning(self.grey_bits) if white is None else None
        narrow = [grey, unscaled_colours_warning(self.colour_bits)]
        lines = [*(narrow if any(narrow) else [self.brightness.warning()]), self._archive_warning()]
        lines += [self._overruled_warning(), self._split_warning(), self._markup_warning(), self._left_out_warning()]
        lines.append(self.weights.warning())
        for (noun, finding), records in sorted(self.findings.items()):
            lines.append(f"{quantity_has(records, noun)} {finding}, such as {self.examples[noun, finding]!r}.")
        lines += [thousands_warning(what, counts) for what, counts in self.number_formats.items()]
        lines += self.locations.warnings() + self._folder_warnings() + self.cut_warnings() + self.unfamiliar.warnings()
        return [line for line in lines if line is not None]

    def prediction_warnings(self, white: int | None, contract: Contract) -> list[str]:
        """Return `warnings` of inputs of a prediction, and how they differ from those of training as a whole.

        Args:
            contract: of the model.
        """
        colours = self.colours.warning(contract)
        return self.warnings(white) + ([] if colours is None else [colours])

    def cut_warnings(self) -> list[str]:
        """Return a line about texts of which more than half have more tokens than a table keeps."""
        return [
            f"{tally} {noun} have more than {limit:,} tokens (prepare.text.tokens.max_length), and only the first "
            "are kept."
            for (noun, limit), tally in self.cut_texts.items()
            if tally.is_majority
        ]

    def _folder_warnings(self) -> list[str]:
        found = {one: text for one, folders in sorted(self.folders.items()) for text in member_warnings(folders)}
        lines = [
            f"{text} So it is in {len(found)} of {len(self.folders)} archives, such as {one!r}."
            for one, text in islice(found.items(), 1)
        ]
        if not self.named_splits:
            # The same classes in several folders are what is expected of splits.
            paths = [path for folders in self.folders.values() for path in folders]
            lines = unused_split_warnings(paths) or lines
        classes = {label for folders in self.folders.values() for label in folders.values()}
        lines += [f"In the archives, {text}" for text in class_warnings(sorted(classes))] + self._member_warnings()
        named = split_class_warning(sorted(classes), has_splits=self.named_splits)
        return lines if named is None else [*lines, named]

    def _member_warnings(self) -> list[str]:
        found = (
            (
                self.named_like_copies,
                "copies",
                "a smaller or changed copy of another",
                "may be in another split than its original",
            ),
            (self.named_like_masks, "masks", "the mask of another", "is of its folder's class"),
        )
        return [
            f"{quantity(count, 'member')} of archives {'is' if count == 1 else 'are'} named like {what}, such as "
            f"{self.named_examples[key]!r}; each is a record, and {result}. Leave them out of the archives."
            for count, key, what, result in found
            if count
        ]

    def _archive_warning(self) -> str | None:
        if not self.damaged_archives:
            return None
        lost = (
            f"at least {self.unread_bytes:,} of {self.archive_bytes:,} bytes were"
            if self.unread_bytes
            else "an unknown part was"
        )
        return (
            f"{quantity(self.damaged_archives, 'archive')} {'is' if self.damaged_archives == 1 else 'are'} damaged or "
            f"cut off: {lost} not read. "
            "prepare.max_rejects counts each as one record, however many it held."
        )

    def _overruled_warning(self) -> str | None:
        found = {name: one for name, one in sorted(self.overruled_folders.items()) if name in self.member_labels}
        if not found:
            return None
        name, (label, path) = next(iter(found.items()))
        return (
            f"The .cls or .json next to a record is its class, also in folders that are named after other classes "
            f"({shorten(list(map(repr, found)))}): {path!r} is {label!r} and not {name!r}."
        )

    def _split_warning(self) -> str | None:
        if not self.with_split or not self.without_split:
            return None
        return (
            f"The source gives no split for {quantity(self.without_split, 'record')} of "
            f"{self.with_split + self.without_split:,}, such as {self.unsplit_example!r}; prepare.splits splits them."
        )

    def _left_out_warning(self) -> str | None:
        if not self.left_out:
            return None
        dropped, kept = self.left_out_example
        verb, each = ("is", "it") if self.left_out == 1 else ("are", "each")
        labels = f"; {self.relabelled:,} with another label" if self.relabelled else ""
        return (
            f"{quantity(self.left_out, 'record')} {verb} left out, as {each} equals one in another split, such as "
            f"{dropped!r} and {kept!r}{labels}. `headrace inspect TABLE.duplicates` lists all."
        )

    def _markup_warning(self) -> str | None:
        if self.markup_example is None:
            return None
        markup, path = self.markup_example
        return (
            f"{quantity_has(self.doubtful_markup, 'text')} what may or may not be a tag of HTML, such as {markup!r} "
            f"in {path!r}: what is written as a tag was removed, with a <script>, <style> or <!-- that has no end all "
            "that follows it; anything else was kept. prepare.text.html: keep removes nothing."
        )
