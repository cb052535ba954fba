"""Warn of converted texts and categories that stand for values which the table does not store."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial, reduce

import pyarrow as pa
import pyarrow.compute as pc

from headrace.convert.fields_and_rows import Field
from headrace.features.tabular.vocabulary_encoding import NAMES
from headrace.features.tabular.vocabulary_encoding import UNKNOWN as UNKNOWN_CATEGORY
from headrace.wording import quantity

log = logging.getLogger(__name__)


class PlaceholderCounter:
    """Counts the rows of a conversion that have a placeholder.

    Args:
        fields: columns of the converted rows.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        self._texts = [field.name for field in fields if field.value_type == "text" and field.is_input]
        self._categories = [field.name for field in fields if field.value_type == "text" and not field.is_input]
        self._rows: Counter[str] = Counter()

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch."""
        if self._texts:
            # The module loads tokenizers, which a table without texts does not need.
            from headrace.prepare.text.tokenizer import UNKNOWN as UNKNOWN_WORD

            self._rows[UNKNOWN_WORD] += _count(batch, self._texts, partial(pc.match_substring, pattern=UNKNOWN_WORD))
        unknown = NAMES[UNKNOWN_CATEGORY]
        self._rows[unknown] += _count(batch, self._categories, partial(pc.equal, unknown))

    def warn(self) -> None:
        """Warn of the rows that were counted."""
        for placeholder, rows in self._rows.items():
            if rows:
                log.warning(
                    "%s %s %s in place of what the vocabulary of the training split lacks and the table does not "
                    "store; `prepare` of the result takes it for a value as any other.",
                    quantity(rows, "row"), "has" if rows == 1 else "have", placeholder,
                )  # fmt: skip


def _count(batch: pa.RecordBatch, names: Sequence[str], matches: Callable[[pa.Array], pa.Array]) -> int:
    """Return the number of rows one of whose columns matches."""
    found = [matches(batch[name]).fill_null(False) for name in names]
    return pc.sum(reduce(pc.or_, found)).as_py() or 0 if found else 0
