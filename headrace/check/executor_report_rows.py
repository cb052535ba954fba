"""Report rows on executors; values that differ between machines are listed by machine."""

import ipaddress
from collections.abc import Callable, Sequence

from headrace.check.check_report import CheckRow
from headrace.check.executor_probe import ExecutorInfo
from headrace.check.system_and_version_checks import FREE_GIGABYTES
from headrace.engines.supported_versions import SAME_ENVIRONMENT, differences, installed_versions
from headrace.wording import join_names, quantity

CLOCK_SECONDS = 1.0
HOSTS_SHOWN = 4


def executor_rows(probes: Sequence[ExecutorInfo]) -> list[CheckRow]:
    """Return rows about executors: number, versions, disk, GPUs, network and clocks.

    Args:
        probes: one result for each task; an executor with several slots has several.
    """
    executors = list({info.executor: info for info in probes}.values())
    hosts = {info.host for info in probes}
    found = f"{len(executors)} with {quantity(len(probes), 'slot')}; machines: {len(hosts)}"
    return [
        CheckRow(name="Executors", found=found, needed="", ok=True),
        versions_row(executors),
        disk_row(executors),
        gpus_row(probes),
        network_row(executors),
        clock_row(probes),
    ]


def versions_row(executors: Sequence[ExecutorInfo]) -> CheckRow:
    """Return the row that compares the executors' versions with the driver's."""
    here = installed_versions()
    differing = {
        f"{difference} on {info.host}" for info in executors for difference in differences(info.versions, here)
    }
    return CheckRow(
        name="Executor versions",
        found="; ".join(sorted(differing)) or f"all {len(here)} as on the driver",
        needed="the driver's",
        ok=not differing,
        fix=SAME_ENVIRONMENT if differing else "",
    )


def disk_row(executors: Sequence[ExecutorInfo]) -> CheckRow:
    """Return the row with the least free disk space of an executor's working folder."""
    least = min(executors, key=lambda info: info.free_gigabytes)
    ok = least.free_gigabytes >= FREE_GIGABYTES
    return CheckRow(
        name="Executor disk",
        found=f"{least.free_gigabytes:.1f} GB free or more",
        needed=f"{FREE_GIGABYTES:.0f} GB",
        ok=ok,
        fix="" if ok else f"free disk space on {least.host}, where an executor works in {least.folder}",
    )


def gpus_row(probes: Sequence[ExecutorInfo]) -> CheckRow:
    """Return the row with the GPUs that Spark assigns to tasks; if it assigns none, ranks use the CPU."""
    number = len({(info.host, gpu) for info in probes for gpu in info.gpus})
    with_gpu = sum(bool(info.gpus) for info in probes)
    found = f"{number}, for {with_gpu} of {len(probes)} slots" if number else "none assigned to tasks"
    return CheckRow(
        name="Executor GPUs", found=found, needed="", ok=with_gpu in (0, len(probes)), fix=_fix_gpus(with_gpu)
    )


def _fix_gpus(with_gpu: int) -> str:
    return "set spark.task.resource.gpu.amount, so that every task gets a GPU" if with_gpu else ""


def network_row(executors: Sequence[ExecutorInfo]) -> CheckRow:
    """Return the row with the addresses from which executors reach the driver.

    With several machines the address must not be a loopback address.
    """
    several = len({info.host for info in executors}) > 1
    unusable = [info for info in executors if not _is_usable(info.address, several)]
    found = _list_by_host(executors, lambda info: info.address)
    return CheckRow(
        name="Executor network",
        found=found,
        needed="a route to the driver",
        ok=not unusable,
        fix="set spark.driver.host to an address that all machines can reach" if unusable else "",
    )


def clock_row(probes: Sequence[ExecutorInfo]) -> CheckRow:
    """Return the row with the difference between clocks, which matters when logs of several machines are merged."""
    # A busy machine reads its clock late in one sample; a wrong clock is off in all samples. So take the minimum.
    skew = min(max(clocks) - min(clocks) for clocks in zip(*(info.clocks for info in probes), strict=True))
    ok = skew <= CLOCK_SECONDS
    latest = max(probes, key=lambda info: info.clocks[0]).host
    fix = "" if ok else f"synchronise the clocks with NTP; {latest} is the furthest ahead"
    return CheckRow(
        name="Executor clocks", found=f"{skew:.3f} s apart", needed=f"at most {CLOCK_SECONDS:.0f} s", ok=ok, fix=fix
    )


def _is_usable(address: str, several: bool) -> bool:
    try:
        return not (several and ipaddress.ip_address(address).is_loopback)
    except ValueError:
        return False


def _list_by_host(executors: Sequence[ExecutorInfo], value: Callable[[ExecutorInfo], str]) -> str:
    return join_names([f"{value(info)} on {info.host}" for info in executors], HOSTS_SHOWN)
