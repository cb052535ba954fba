"""What executors answered becomes rows: each thing that is wrong somewhere is told, with the machine."""

from dataclasses import replace

import pytest

from headrace.check.executors import executor_rows
from headrace.check.probe import ExecutorInfo
from headrace.check.report import Row
from headrace.engines.compatibility import installed_versions

GOOD = ExecutorInfo(
    host="a",
    folder="/work/1",
    partition=0,
    versions=installed_versions(),
    free_gigabytes=50.0,
    gpus=(),
    address="10.0.0.1",
    clocks=(1000.0, 1001.0, 1002.0),
    store="",
)
OTHER = replace(GOOD, host="b", partition=1, address="10.0.0.2", clocks=(1000.01, 1001.5, 1002.5))


def rows(*answers: ExecutorInfo) -> dict[str, Row]:
    return {row.name: row for row in executor_rows(answers)}


def test_executors_that_lack_nothing_are_told_in_a_row_a_thing() -> None:
    found = rows(GOOD, OTHER, replace(OTHER, partition=2))
    assert all(row.ok and not row.fix for row in found.values())
    assert found["Executors"].found == "2 with 3 slots; machines: 2"
    assert found["Network there"].found == "10.0.0.1 on a, 10.0.0.2 on b"
    assert found["Clocks there"].found == "0.010 s apart"


@pytest.mark.parametrize(
    ("wrong", "name", "told"),
    [
        ({"versions": GOOD.versions | {"NumPy": "1.24.0"}}, "Versions there", "NumPy 1.24.0 instead of"),
        ({"free_gigabytes": 0.1}, "Free disk there", "make room on b"),
        ({"gpus": ("0",)}, "GPUs there", "spark.task.resource.gpu.amount"),
        ({"address": "127.0.0.1"}, "Network there", "spark.driver.host"),
        ({"address": "no way: Network is unreachable"}, "Network there", "Network is unreachable"),
        ({"clocks": (1005.0, 1006.0, 1007.0)}, "Clocks there", "b is the furthest ahead"),
    ],
)
def test_what_one_of_them_lacks_is_told_with_its_machine(wrong: dict[str, object], name: str, told: str) -> None:
    found = rows(GOOD, replace(OTHER, **wrong))  # type: ignore[arg-type]
    assert [row.name for row in found.values() if not row.ok] == [name]
    assert told in f"{found[name].found} {found[name].fix}"


def test_gpus_are_counted_once_a_machine() -> None:
    found = rows(replace(GOOD, gpus=("0",)), replace(GOOD, gpus=("1",), partition=1), replace(OTHER, gpus=("0",)))
    assert found["GPUs there"].found == "3, for 3 of 3 slots"


def test_on_one_machine_loopback_is_a_way() -> None:
    assert rows(replace(GOOD, address="127.0.0.1"))["Network there"].ok
