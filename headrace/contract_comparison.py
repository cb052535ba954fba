"""Comparison of two contracts: whether a model can take a table's rows, and which of its outputs are which classes.

Every command that combines a bundle with a table or a bundle uses this module. Classes are compared by name: a class
index means nothing outside its own contract.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.errors import DataError
from headrace.features.input_kind_loader import RECORD, input_traits
from headrace.wording import join_names, quantity


@dataclass(frozen=True)
class ClassMatch:
    """The classes of a model and those of a table, compared by name.

    Attributes:
        model: classes in the order of the model's outputs.
        table: classes in the order of the table's indices.
    """

    model: tuple[str, ...]
    table: tuple[str, ...]

    def __str__(self) -> str:
        if self.has_same_names:
            model, table = join_names(self.model), join_names(self.table)
            return f"the same {len(self.model)} classes in another order: {model} and {table}"
        dropped, new = join_names(self.dropped) or "none", join_names(self.new) or "none"
        counts = f"{len(self.model)} and {len(self.table)} classes"
        return f"{counts}; only the model has {dropped}, only the table has {new}"

    @property
    def is_equal(self) -> bool:
        """Return whether names and order are the same."""
        return self.model == self.table

    @property
    def has_same_names(self) -> bool:
        """Return whether the classes are the same, in any order."""
        return len(self.model) == len(self.table) and not self.new

    @property
    def shared(self) -> tuple[str, ...]:
        """Classes of both, in the order of the table."""
        known = frozenset(self.model)
        return tuple(name for name in self.table if name in known)

    @property
    def new(self) -> tuple[str, ...]:
        """Classes that only the table has."""
        known = frozenset(self.model)
        return tuple(name for name in self.table if name not in known)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Classes that only the model has."""
        known = frozenset(self.table)
        return tuple(name for name in self.model if name not in known)

    @property
    def columns(self) -> tuple[int | None, ...]:
        """Index of each of the table's classes among the model's outputs; None for a class that the model lacks."""
        index = {name: number for number, name in enumerate(self.model)}
        return tuple(index.get(name) for name in self.table)

    def align(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a model's outputs in the order of the table's classes.

        Args:
            outputs: (rows, classes of the model) probabilities, or of masks (rows, height, width, classes).

        Returns:
            (rows, ..., classes of the table + classes that only the model has), the latter last; 0 for a class that the
            model lacks.
        """
        if self.is_equal:
            return outputs
        padded = np.pad(outputs, (*[(0, 0)] * (outputs.ndim - 1), (0, 1)))
        zero, index = outputs.shape[-1], {name: number for number, name in enumerate(self.model)}
        order = [zero if column is None else column for column in self.columns]
        return padded[..., order + [index[name] for name in self.dropped]]


def require_same_input(model: Contract, table: Contract, table_name: object) -> None:
    """Raise if a model for the contract `model` cannot take the rows of `table` as inputs.

    Statistics may differ: a bundle normalises with those of its own training data.

    Raises:
        DataError: the kind, shape or type of the inputs, the tokenizer, the rate, the columns or the windows differ.
    """
    if model.input_kind != table.input_kind:
        raise DataError(
            f"The bundle takes {model.input_kind} inputs, but {table_name} holds {table.input_kind} inputs."
        )
    if model.is_record:
        _require_same_names(model, table, table_name)
        for name, part in model.inputs.items():
            require_same_input(part, table.inputs[name], f"the input {name} of {table_name}")
        return
    expected, received = ((c.input_shape, c.named("input")[1].dtype) for c in (model, table))
    # A model receives some kinds in one type, whatever type they are stored in.
    if expected[0] != received[0] or (expected[1] != received[1] and model.spec.model_dtype is None):
        raise DataError(
            f"The bundle takes inputs of shape {expected[0]} ({expected[1]}), but {table_name} holds inputs of shape "
            f"{received[0]} ({received[1]}). Prepare the table with the bundle's settings."
        )
    model.spec.require_same(table.spec, table_name)


def _require_same_names(model: Contract, table: Contract, table_name: object) -> None:
    if set(model.input_names) != set(table.input_names):
        raise DataError(
            f"The bundle takes the inputs {join_names(model.input_names)}, but {table_name} holds "
            f"{join_names(table.input_names)}. Prepare the table with the bundle's settings."
        )


def require_same_targets(
    model: Contract,
    table: Contract,
    table_name: object,
    *,
    may_grow: bool = False,
    absent: Collection[str] = (),
    find_remedy: Callable[[], str] = lambda: "",
) -> ClassMatch:
    """Return how a model's classes match those of a table that it is evaluated on.

    Args:
        may_grow: whether one of them may know classes that the other lacks, as after a class was added to a table.
        absent: classes of the table that none of the rows has, so that the model need not know them.
        find_remedy: returns what to do if the classes differ; no text stands for giving them the same names.

    Raises:
        DataError: the tasks differ, the length of vectors, or the classes: without `may_grow` their names, with it
            both know classes that the other lacks.
    """
    if model.task != table.task:
        raise DataError(f"The bundle was trained for {model.task}, but {table_name} was prepared for {table.task}.")
    if model.target.is_sized and model.outputs != table.outputs:
        raise DataError(
            f"The bundle predicts vectors of {quantity(model.outputs, 'number')}, but the labels of {table_name} have "
            f"{table.outputs}. Evaluate it on a table of the same labels."
        )
    match = ClassMatch(model.classes, table.classes)
    new = [name for name in match.new if name not in absent]
    if not (new or match.dropped) or (may_grow and not (new and match.dropped)):
        return match
    remedy = find_remedy() or "Classes are matched by name; give them the same names with data.source.class_names."
    raise DataError(f"The bundle and {table_name} differ in their classes: {match}. {remedy}")


def interface_changes(old: Contract, new: Contract) -> list[str]:
    """Return what clients of a served model must know if a model of another contract replaces it.

    Tokenizers and statistics are part of a bundle, and clients do not see them.

    Returns:
        One sentence for each difference; classes are compared in the order of the outputs.
    """
    changes = []
    if old.task != new.task:
        changes.append(f"The task was {old.task} and is {new.task}.")
    if old.is_record and new.is_record:
        changes += _changes_by_name(old, new)
    elif old.is_record != new.is_record:
        changes.append(f"The input was {_named_inputs(old)} and is {_named_inputs(new)}.")
    else:
        changes += _input_changes(old, new)
    if old.task == new.task and old.target.is_sized and old.outputs != new.outputs:
        changes.append(f"The outputs were vectors of {quantity(old.outputs, 'number')} and have {new.outputs}.")
    if old.classes != new.classes and old.classes and new.classes:
        changes.append(_describe_class_change(ClassMatch(old.classes, new.classes)))
    return changes


def _named_inputs(contract: Contract) -> str:
    """Return the names of several inputs, or the kind of the only one."""
    return f"several ({join_names(contract.input_names)})" if contract.is_record else contract.input_kind


def _changes_by_name(old: Contract, new: Contract) -> list[str]:
    """Return what changed in each of several inputs."""
    if set(old.input_names) != set(new.input_names):
        return [f"The inputs were {_named_inputs(old)} and are {_named_inputs(new)}."]
    return [f"{name}: {one}" for name, part in old.inputs.items() for one in _input_changes(part, new.inputs[name])]


def _input_changes(old: Contract, new: Contract) -> list[str]:
    """Return what changed in one input."""
    before, after = ((c.input_kind, c.input_shape) for c in (old, new))
    if before != after:
        return [f"Inputs were {before[0]} of shape {before[1]} and are {after[0]} of shape {after[1]}."]
    change = old.spec.interface_change(new.spec)
    return [] if change is None else [change]


def _describe_class_change(match: ClassMatch) -> str:
    if match.has_same_names:
        order = f"{join_names(match.model)} before, {join_names(match.table)} now"
        return f"The outputs are the same {len(match.model)} classes in another order: {order}."
    added, removed = join_names(match.new) or "none", join_names(match.dropped) or "none"
    return f"The outputs were {len(match.model)} classes and are {len(match.table)}: added {added}; removed {removed}."


def transfer_changes(pretrained: Contract, table: Contract, table_name: object) -> list[str]:
    """Return the differences between the inputs of a pretrained bundle and those of a table, one sentence each.

    Classes and tokens are not included, because weights are matched to them by name.

    Raises:
        DataError: the inputs are of another kind, or the same features are in another order.
    """
    if pretrained.input_kind != table.input_kind:
        raise DataError(
            f"The pretrained bundle takes {pretrained.input_kind} inputs, but {table_name} holds {table.input_kind} "
            "inputs; fine-tune from a bundle of the same kind."
        )
    changes = (
        []
        if pretrained.task == table.task
        else [f"The pretrained bundle was trained for {pretrained.task}, the table is {table.task}."]
    )
    if pretrained.is_record:
        return changes + _transfer_by_name(pretrained, table, table_name)
    return changes + pretrained.spec.transfer_changes(table.spec, table_name)


def _transfer_by_name(pretrained: Contract, table: Contract, table_name: object) -> list[str]:
    """Return what `transfer_changes` returns of each of several inputs.

    Raises:
        DataError: their names differ, or their tokenizers, as tokens are matched by name for a single text only.
    """
    _require_same_names(pretrained, table, table_name)
    changes = list[str]()
    for name, one in pretrained.inputs.items():
        other = table.inputs[name]
        tokens, others = one.spec.vocabulary, other.spec.vocabulary
        if tokens and others and tokens.sha256 != others.sha256:
            raise DataError(
                f"The pretrained bundle has another tokenizer for the input {name} than {table_name}; weights would be "
                "applied to other tokens. Fine-tune on the next version of the pretrained bundle's table."
            )
        changes += [f"{name}: {change}" for change in transfer_changes(one, other, f"the input {name} of {table_name}")]
    return changes


def changed_preparation(kind: str, model: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    """Return the keys of `prepare` by which the same raw record becomes another input, with both values.

    Args:
        kind: kind of the inputs, as in `prepare.input`.
        model: the `prepare` section of the model's training data.
        table: the `prepare` section of the table.
    """
    if kind == RECORD:
        return _changed_preparation_by_name(model.get("inputs") or {}, table.get("inputs") or {})
    one, other = model.get(kind) or {}, table.get(kind) or {}
    return ", ".join(
        f"{kind}.{key} ({one[key]} and {other[key]})"
        for key in input_traits(kind).visible_keys
        if key in one and key in other and one[key] != other[key]
    )


def _changed_preparation_by_name(model: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    """Return what `changed_preparation` returns of each of several inputs; `missing` changes what a model sees too."""
    changes = list[str]()
    for name in sorted(model.keys() & table.keys()):
        one, other = model[name], table[name]
        keys = sorted({*input_traits(one["kind"]).visible_keys, "missing"} & one.keys() & other.keys())
        changes += (f"inputs.{name}.{key} ({one[key]} and {other[key]})" for key in keys if one[key] != other[key])
    return ", ".join(changes)
