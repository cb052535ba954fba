"""The command that prepares the data of a command that trains."""

import pytest

from headrace.processes.prepare_command_from_training_command import configuration_file, prepare_command


@pytest.mark.parametrize(
    ("training", "preparing"),
    [
        ("headrace train conf/x.yaml", "headrace prepare conf/x.yaml"),
        (
            "headrace train conf/x.yaml train.ranks=4 data.table=t prepare.seed=2",
            "headrace prepare conf/x.yaml data.table=t prepare.seed=2",
        ),
        ("headrace --quiet train 'my conf.yml'", "headrace --quiet prepare 'my conf.yml'"),
        ("jobs/train.py conf/x.yaml", "jobs/prepare.py conf/x.yaml"),
        ("spark-submit /opt/train/jobs/train.py x.yaml", "spark-submit /opt/train/jobs/prepare.py x.yaml"),
        ("something else", "headrace prepare CONF"),
        ("headrace train 'unbalanced", "headrace prepare ''\"'\"'unbalanced'"),
    ],
)
def test_prepare_command_keeps_configuration_and_data_overrides(training: str, preparing: str) -> None:
    assert prepare_command(training) == preparing


def test_configuration_file_is_first_argument_that_is_not_an_option() -> None:
    assert configuration_file("headrace train data.table=t conf/x.yaml") == "conf/x.yaml"
    assert configuration_file("python notebook.py") is None
