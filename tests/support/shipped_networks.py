"""The networks in models/: their kinds, options that make them small, and contracts and inputs for them."""

from pathlib import Path
from typing import Any

import numpy as np

from headrace.contract import Column, Contract
from headrace.features.audio.contract_spec import AudioSpec
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.features.vector.contract_spec import VectorSpec
from headrace.features.windows.contract_spec import WindowSpec

MODELS = sorted((Path(__file__).parents[2] / "models").glob("*.py"))
TEXT = ("rnn", "text_cnn", "transformer")
SERIES = ("series",)
SOUNDS = ("audio_cnn",)
ROWS_OF_CELLS = ("tabular",)
VECTORS = ("autoencoder",)
RECORDS = ("image_text", "two_tower")
MASKS = ("unet",)
RATE = 2000
SMALL: dict[str, dict[str, Any]] = {
    "audio_cnn": {"width": 4, "depth": 2, "bands": 16},
    "autoencoder": {"width": 8, "bottleneck": 2},
    "cnn": {"width": 4, "dense": 8},
    "image_text": {"width": 4, "depth": 2, "embedding": 8, "dense": 8},
    "mlp": {"width": 8},
    "resnet": {"width": 8, "depth": 1, "stages": 2},
    "vit": {"width": 16, "depth": 1, "heads": 2, "patch": 4},
    "rnn": {"width": 8, "embedding": 8},
    "series": {"width": 8},
    "tabular": {"width": 8, "embedding": 4, "depth": 1},
    "text_cnn": {"width": 8, "embedding": 8},
    "transformer": {"width": 16, "depth": 1, "heads": 2},
    "two_tower": {"width": 8, "embedding": 8},
    "unet": {"width": 4, "depth": 1},
}


TWO = Statistics(mean=(50.0, -3.0), variance=(100.0, 4.0))


def contract_for(path: Path, **changes: Any) -> Contract:
    """Return a contract of three classes for a network in models/."""
    about: dict[str, Any] = {"classes": ("bag", "boot", "coat")}
    if path.stem in RECORDS:
        return record_contract(about | changes)
    if path.stem in TEXT:
        column = Column(role="input", codec="tokens", dtype="uint16", shape=(None,))
        tokenizer = Tokenizer(kind="word", file="t", sha256="0", vocabulary_size=50, max_length=40)
        spec: InputSpec = TextSpec(tokenizer=tokenizer)
    elif path.stem in SERIES:
        column = Column(role="input", codec="raw", dtype="float32", shape=(12, 2))
        spec = WindowSpec(statistics=TWO, values=("warmth", "wind"), label="warmth", every_seconds=3600, horizon=2)
    elif path.stem in SOUNDS:
        column = Column(role="input", codec="raw", dtype="int16", shape=(RATE // 2,))
        spec = AudioSpec(rate=RATE)
    elif path.stem in ROWS_OF_CELLS:
        column = Column(role="input", codec="raw", dtype="float32", shape=(4,))
        spec = TabularSpec(statistics=TWO, numbers=("a", "b"), categories={"c": 5, "d": 9}, file="c", sha256="0")
    elif path.stem in VECTORS:
        column = Column(role="input", codec="raw", dtype="float32", shape=(2,))
        spec = VectorSpec(statistics=TWO, column="embedding")
    else:
        column = Column(role="input", codec="raw", dtype="uint8", shape=(16, 12, 3))
        statistics = Statistics(mean=(100.0, 120.0, 90.0), variance=(900.0, 400.0, 2500.0))
        spec = ImageSpec(statistics=statistics)
    about["input_specs"] = {"input": spec}
    about["columns"] = {"input": column, "label": Column(role="target", codec="plain", dtype="int32")}
    if path.stem in MASKS:
        about["task"] = "mask"
        about["columns"]["label"] = Column(role="target", codec="raw", dtype="uint8", shape=column.shape[:2])
    return Contract(**(about | changes))


def record_contract(about: dict[str, Any]) -> Contract:
    """Return a contract of records with an image, a text and a row, each as the network of its kind takes it."""
    kinds = {"photo": ("image", "cnn"), "title": ("text", "text_cnn"), "costs": ("tabular", "tabular")}
    parts = {name: (kind, contract_for(Path(network))) for name, (kind, network) in kinds.items()}
    columns = {name: one.columns["input"] for name, (_, one) in parts.items()}
    label = next(one.columns["label"] for _, one in parts.values())
    specs = {name: one.spec for name, (_, one) in parts.items()}
    return Contract(**{"columns": columns | {"label": label}, "input_specs": specs, "is_record": True} | about)


def inputs_for(contract: Contract, rows: int = 4) -> Any:
    """Return rows that a table of `contract` could contain; texts have 6 tokens."""
    if contract.is_record:
        return {name: inputs_for(one, rows) for name, one in contract.inputs.items()}
    random = np.random.default_rng(3)
    if contract.input_kind == "text":
        return random.integers(1, TextSpec.of(contract).tokenizer.vocabulary_size, (rows, 6), "int32")
    if contract.input_kind in ("windows", "vector"):
        return random.normal((50.0, -3.0), (10.0, 2.0), (rows, *contract.input_shape)).astype("float32")
    if contract.input_kind == "tabular":
        numbers, values = random.normal((50.0, -3.0), (10.0, 2.0), (rows, 2)), random.integers(0, (5, 9), (rows, 2))
        return np.concatenate([numbers, values], axis=1).astype("float32")
    if contract.input_kind == "audio":
        return random.normal(0.0, 3000.0, (rows, *contract.input_shape)).astype("int16")
    return random.integers(0, 256, (rows, *contract.input_shape), "uint8")


def vector_contract(path: Path) -> Contract:
    """Return a contract of targets of two numbers."""
    contract = contract_for(path, task="vector", classes=())
    target = Column(role="target", codec="raw", dtype="float32", shape=(2,))
    return contract.model_copy(update={"columns": contract.columns | {"label": target}})
