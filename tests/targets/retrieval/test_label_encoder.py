"""The id of an item becomes its index, under the name that the configuration gives it."""

from typing import Any, cast

import pytest

from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.targets.retrieval.label_encoder import encode


class Known:
    """The part of a context that the encoder reads."""

    labels: dict[str, int] = {"m1": 0, "m2": 1}  # noqa: RUF012
    class_names: dict[str, str] = {"film two": "m2"}  # noqa: RUF012


KNOWN = cast("PrepareContext", cast("Any", Known()))


def test_id_becomes_the_index() -> None:
    assert encode("m2", KNOWN) == 1
    assert encode("film two", KNOWN) == 1


def test_unknown_id_is_rejected() -> None:
    with pytest.raises(RejectedRecordError, match="'m9' is not one of the items") as caught:
        encode("m9", KNOWN)
    assert caught.value.reason is Reason.BAD_LABEL
