"""`headrace networks` lists the options of each network, and its size for a table."""

import shutil
from pathlib import Path

import pytest

from headrace.errors import ConfigurationError
from headrace.networks.network_listing import list_networks
from tests.support.commands import headrace
from tests.support.small_table import Content, some_rows, write_table

pytestmark = pytest.mark.tensorflow

NAMES = [
    "audio_cnn",
    "autoencoder",
    "cnn",
    "image_text",
    "mlp",
    "resnet",
    "rnn",
    "series",
    "tabular",
    "text_cnn",
    "transformer",
    "two_tower",
    "unet",
    "vit",
]


def test_list_networks_reads_options_without_running_files(root: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(root / "models", tmp_path / "models"))
    for path in folder.glob("*.py"):
        path.write_text(path.read_text() + "\nraise SystemExit('ran')\n")
    found = {Path(network["file"]).stem: network for network in list_networks(folder, None)["networks"]}
    assert sorted(found) == NAMES
    assert found["rnn"]["options"]["cell"] == "lstm"
    assert found["text_cnn"]["options"]["sizes"] == (2, 3, 4)
    common = {"width", "depth", "dropout", "l2", "activation"}
    assert all(common <= set(network["options"]) for network in found.values())
    assert all(network["summary"] for network in found.values())


def test_networks_of_table_have_sizes_or_error(root: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table", Content(splits={"train": some_rows(12, shape=(16, 16, 3))})).table
    shown = headrace("networks", str(table), "--folder", str(root / "models"), cwd=tmp_path)
    found = {Path(network["file"]).stem: network for network in shown.json["networks"]}
    assert found["mlp"]["parameters"] == 16 * 16 * 3 * 128 + 128 + 128 * 128 + 128 + 128 * 3 + 3
    assert found["mlp"]["flops"] == 2 * (16 * 16 * 3 * 128 + 128 * 128 + 128 * 3)
    assert "expects a table of text" in found["transformer"]["error"]
    assert "FLOPs per row" in shown.stderr


def test_folder_without_networks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no file with a function `build`"):
        list_networks(tmp_path, None)
