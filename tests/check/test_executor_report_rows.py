"""Rows about executors: each fault is reported with its machine."""

from dataclasses import replace

import pytest

from headrace.check.check_report import CheckRow
from headrace.check.executor_probe import ExecutorInfo
from headrace.check.executor_report_rows import executor_rows
from headrace.engines.supported_versions import installed_versions

GOOD = ExecutorInfo(
    host="a",
    folder="/work/1",
    partition=0,
    versions=installed_versions(),
    free_gigabytes=50.0,
    gpus=(),
    address="10.0.0.1",
    clocks=(1000.0, 1001.0, 1002.0),
    store_error="",
)
OTHER = replace(GOOD, host="b", partition=1, address="10.0.0.2", clocks=(1000.01, 1001.5, 1002.5))


def rows_by_name(*probes: ExecutorInfo) -> dict[str, CheckRow]:
    """Return the rows about these executors by name."""
    return {row.name: row for row in executor_rows(probes)}


def test_executor_rows_are_ok_on_a_good_cluster() -> None:
    found = rows_by_name(GOOD, OTHER, replace(OTHER, partition=2))
    assert all(row.ok and not row.fix for row in found.values())
    assert found["Executors"].found == "2 with 3 slots; machines: 2"
    assert found["Executor network"].found == "10.0.0.1 on a, 10.0.0.2 on b"
    assert found["Executor clocks"].found == "0.010 s apart"


@pytest.mark.parametrize(
    ("fault", "name", "message"),
    [
        ({"versions": GOOD.versions | {"NumPy": "1.24.0"}}, "Executor versions", "NumPy 1.24.0 instead of"),
        ({"free_gigabytes": 0.1}, "Executor disk", "free disk space on b"),
        ({"gpus": ("0",)}, "Executor GPUs", "spark.task.resource.gpu.amount"),
        ({"address": "127.0.0.1"}, "Executor network", "spark.driver.host"),
        ({"address": "no route: Network is unreachable"}, "Executor network", "Network is unreachable"),
        ({"clocks": (1005.0, 1006.0, 1007.0)}, "Executor clocks", "b is the furthest ahead"),
    ],
)
def test_executor_rows_name_the_machine_of_a_fault(fault: dict[str, object], name: str, message: str) -> None:
    found = rows_by_name(GOOD, replace(OTHER, **fault))  # type: ignore[arg-type]
    assert [row.name for row in found.values() if not row.ok] == [name]
    assert message in f"{found[name].found} {found[name].fix}"


def test_gpus_row_counts_each_gpu_of_a_machine_once() -> None:
    found = rows_by_name(
        replace(GOOD, gpus=("0",)), replace(GOOD, gpus=("1",), partition=1), replace(OTHER, gpus=("0",))
    )
    assert found["Executor GPUs"].found == "3, for 3 of 3 slots"


def test_network_row_accepts_loopback_on_a_single_machine() -> None:
    assert rows_by_name(replace(GOOD, address="127.0.0.1"))["Executor network"].ok
