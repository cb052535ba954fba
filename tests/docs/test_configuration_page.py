"""The generated page of configuration keys."""

import importlib.util
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from headrace.config.cluster_file import Cluster
from headrace.config.configuration_model import Configuration


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    spec = importlib.util.spec_from_file_location("configuration_page", root / "docs/hooks/configuration_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text: str = module.page()
    return text


def models(annotation: object) -> list[type[BaseModel]]:
    """The section within a type, such as `dict[str, Range]` or `Tune | None`; none if it is one of several."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found = [model for inner in get_args(annotation) for model in models(inner)]
    return found if len(found) == 1 else []


def keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """All keys below `model`, with dots; keys of a mapping's sections stand below NAME."""
    found = []
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        found.append(path)
        for inner in models(field.annotation):
            found += keys(inner, f"{path}.NAME." if "dict[" in str(field.annotation) else f"{path}.")
    return found


def test_page_has_every_key_once(page: str) -> None:
    expected = keys(Configuration) + keys(Cluster, "cluster.")
    anchors = re.findall(r"\{#([\w.]+)\}", page)
    assert len(anchors) == len(set(anchors))
    assert sorted(set(expected) - set(anchors)) == []
    assert len(expected) > 150


def test_row_has_type_default_range_and_description(page: str) -> None:
    row = next(line for line in page.splitlines() if "{#train.batch_size}" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:4] == ["integer", "`64`", ">\u00a00"]
    assert "global batch" in cells[4]


def test_required_key_is_marked(page: str) -> None:
    row = next(line for line in page.splitlines() if "{#train.run}" in line)
    assert "| required |" in row


def test_links_lead_to_anchors_of_the_page(page: str) -> None:
    links = re.findall(r"\]\(#([\w.]+)\)", page)
    assert links
    assert sorted(set(links) - set(re.findall(r"\{#([\w.]+)\}", page))) == []
