"""Warn of converted texts and categories that stand for values which the table does not store."""

import logging
from collections import Counter
from collections.abc import Sequence

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
        # Tokenizers are loaded with the module, which a table without texts does not need.
        self._texts = [field.name for field in fields if field.kind == "text" and field.is_input]
        self._categories = [field.name for field in fields if field.kind == "text" and not field.is_input]
        self._rows: Counter[str] = Counter()

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch."""
        if self._texts:
            from headrace.prepare.text.tokenizer import UNKNOWN as UNKNOWN_WORD

            found = [pc.match_substring(batch[name], UNKNOWN_WORD) for name in self._texts]
            self._rows[UNKNOWN_WORD] += _rows_with_any(found)
        unknown = NAMES[UNKNOWN_CATEGORY]
        found = [pc.equal(batch[name], unknown) for name in self._categories]
        self._rows[unknown] += _rows_with_any(found)

    def warn(self) -> None:
        """Warn of the rows that were counted."""
        for placeholder, rows in self._rows.items():
            if rows:
                log.warning(
                    "%s %s %s in place of what the vocabulary of the training split lacks and the table does not "
                    "store; `prepare` of the result takes it for a value as any other.",
                    quantity(rows, "row"), "has" if rows == 1 else "have", placeholder,
                )  # fmt: skip


def _rows_with_any(found: Sequence[pa.Array]) -> int:
    """Return the number of rows for which one of the arrays is true."""
    total = pa.nulls(0, pa.bool_())
    for index, one in enumerate(found):
        present = pc.fill_null(one, False)
        total = pc.or_(total, present) if index else present
    return pc.sum(total).as_py() or 0
