"""Properties of target kinds, which every package may read without importing an engine."""

from dataclasses import dataclass
from typing import Literal

# The kinds of targets, as in `prepare.task`: the names of the packages beside this module.
TaskType = Literal["classification", "mask", "multi_label", "regression", "retrieval", "vector"]
Activation = Literal["softmax", "sigmoid", "linear"]


@dataclass(frozen=True, kw_only=True)
class TargetKindTraits:
    """The properties of a target kind.

    Attributes:
        label_meaning: what the label of a record is, as in "a label is ...".
        list_noun: what a label is that may be a list, which the name of a folder cannot be; empty if it may not.
        output_kind: name of the kind of a DataFrame's column that a model predicts.
        has_classes: whether the table has class names; without them a target is a number.
        has_one_class: whether a record belongs to exactly one class.
        is_per_pixel: whether a target is a class for each pixel of an image, in a file that the label names.
        has_items: whether the classes are items to choose from, thousands of them: no warning, table or page lists them
            one by one, predictions name the best ones, and equal inputs with different items are no contradiction.
        is_sized: whether the first version of a table fixes the shape of its targets.
        may_be_input: whether the column of the labels may be an input too, as that of an autoencoder.
        output_name: name of an exported model's output.
        output_meaning: what an exported model's output of shape (rows, outputs) is.
        activation: Keras name of the activation of a model's last layer.
        comparison_metrics: metrics that models are compared by; the first one by default.
        slice_metric: metric by which the gate compares models on a slice of the rows.
        training_metrics: metrics that `train.metrics` may name.
        default_training_metrics: metrics of a training whose settings name none.
    """

    label_meaning: str
    output_kind: str
    has_classes: bool
    has_one_class: bool
    output_name: str
    output_meaning: str
    activation: Activation
    comparison_metrics: tuple[str, ...]
    slice_metric: str
    training_metrics: tuple[str, ...]
    default_training_metrics: tuple[str, ...]
    list_noun: str = ""
    is_per_pixel: bool = False
    has_items: bool = False
    is_sized: bool = False
    may_be_input: bool = False

    @property
    def has_many_classes(self) -> bool:
        """Return whether a record belongs to any number of classes, as a whole or by its pixels."""
        return self.has_classes and not self.has_one_class

    @property
    def has_labels(self) -> bool:
        """Return whether the label of a record lists any number of classes."""
        return self.has_many_classes and not self.is_per_pixel

    @property
    def lists_classes(self) -> bool:
        """Return whether a record belongs to one of so few classes that each is shown by its name."""
        return self.has_one_class and not self.has_items

    @property
    def class_noun(self) -> str:
        """Return what a class is called in messages."""
        return "item" if self.has_items else "class"

    @property
    def has_summary(self) -> bool:
        """Return whether the outputs for a row are so large that predictions keep a summary of them."""
        return self.is_per_pixel or self.has_items
