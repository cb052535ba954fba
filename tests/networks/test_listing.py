"""`headrace networks` tells what each network can be told, and how large it is for a table."""

import shutil
from pathlib import Path

import pytest

from headrace.errors import ConfigurationError
from headrace.networks.listing import list_networks
from tests.support.commands import headrace
from tests.support.small_table import Content, some_rows, write_table

NAMES = ["cnn", "mlp", "resnet", "rnn", "series", "text_cnn", "transformer", "vit"]


def test_every_network_is_listed_with_its_options_without_running_it(root: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(root / "models", tmp_path / "models"))
    for path in folder.glob("*.py"):
        path.write_text(path.read_text() + "\nraise SystemExit('ran')\n")
    found = {Path(one["file"]).stem: one for one in list_networks(folder, None)["networks"]}
    assert sorted(found) == NAMES
    assert found["rnn"]["options"]["cell"] == "lstm"
    assert found["text_cnn"]["options"]["sizes"] == (2, 3, 4)
    assert all({"width", "depth", "dropout", "l2", "activation"} <= set(one["options"]) for one in found.values())
    assert all(one["what"].endswith((".", ":")) or one["what"] for one in found.values())


def test_for_a_table_they_have_sizes_or_a_reason_not_to_fit(root: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table", Content(splits={"train": some_rows(12, shape=(16, 16, 3))})).table
    shown = headrace("networks", str(table), "--folder", str(root / "models"), cwd=tmp_path)
    found = {Path(one["file"]).stem: one for one in shown.json["networks"]}
    assert found["mlp"]["parameters"] == 16 * 16 * 3 * 128 + 128 + 128 * 128 + 128 + 128 * 3 + 3
    assert found["mlp"]["flops"] == 2 * (16 * 16 * 3 * 128 + 128 * 128 + 128 * 3)
    assert "expects a table of text" in found["transformer"]["unfit"]
    assert "FLOPs a row" in shown.stderr


def test_a_folder_without_networks_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no file with a function `build`"):
        list_networks(tmp_path, None)
