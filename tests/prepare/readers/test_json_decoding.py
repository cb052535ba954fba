"""Texts of JSON are told apart by their beginnings, also where the first value is longer than what is looked at."""

import json

import pytest

from headrace.prepare.readers.json_decoding import HEAD, begins_with_objects, begins_with_texts


@pytest.mark.parametrize("value", [{"text": "x" * HEAD}, [{"text": "one"}] * HEAD])
def test_objects_that_are_longer_than_what_is_looked_at_are_recognised(value: object) -> None:
    head = json.dumps(value)[:HEAD]
    assert begins_with_objects(head)
    assert not begins_with_texts(head)


@pytest.mark.parametrize("value", [["x" * HEAD], ["one"] * HEAD, [["one"]] * HEAD])
def test_texts_that_are_longer_than_what_is_looked_at_are_recognised(value: object) -> None:
    head = json.dumps(value)[:HEAD]
    assert begins_with_texts(head)
    assert not begins_with_objects(head)
