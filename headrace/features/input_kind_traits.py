"""Properties of input kinds, which every package may read without importing an engine."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class InputKindTraits:
    """The properties of an input kind.

    Attributes:
        is_file: whether a raw file can be one record, and can be predicted.
        is_cell: whether a file may hold many records, one per row, and each can be predicted.
        has_cells: whether several cells of a row form the input together.
        has_time: whether records have a time, by which splits can divide them.
        noun: plural noun for the inputs, in sentences.
        input_name: name of an exported model's input.
        visible_keys: keys of the kind's section of `prepare` that change what a model sees, and that neither shape,
            tokenizer nor layout reveals.
        methods: methods that explain a prediction for such an input, the first one by default; none if there are none.
        has_near_duplicates: whether `prepare.near_duplicates` finds such inputs that are almost equal.
        is_fitted: whether preparation fits something on the training split, such as a tokenizer.
        is_staged: whether the first stage's shards are not final, as what is fitted encodes their rows.
        has_pictures: whether a report shows pictures of them.
        has_pixels: whether such an input is an image, each pixel of which may have a class.
        statistics_axis: the values that have a statistic each.
        has_channel_statistics: whether the statistics of each version are those of its own channels or features, which
            `prepare.expectations` may check.
        exports_files: whether an exported SavedModel also takes such inputs as bytes of files.
        suffixes: suffixes of the names of files that hold one such input; none where all others are.
    """

    is_file: bool
    is_cell: bool
    noun: str
    input_name: str
    visible_keys: tuple[str, ...]
    methods: tuple[str, ...]
    has_near_duplicates: bool
    is_fitted: bool
    has_pictures: bool
    has_cells: bool = False
    has_time: bool = False
    is_staged: bool = False
    has_pixels: bool = False
    statistics_axis: str = "channel"
    has_channel_statistics: bool = False
    exports_files: bool = False
    suffixes: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """Return whether a file of text, or a cell of text, is one record."""
        return self.is_file and self.is_cell
