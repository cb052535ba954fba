"""What executors answered, as rows: what is the same everywhere is told once, what differs with its machines."""

import ipaddress
from collections.abc import Callable, Sequence

from headrace.check.machine import FREE_GIGABYTES
from headrace.check.probe import ExecutorInfo
from headrace.check.report import Row
from headrace.engines.compatibility import SAME_ENVIRONMENT, differences, installed_versions

CLOCK_SECONDS = 1.0
HOSTS_SHOWN = 4


def executor_rows(answers: Sequence[ExecutorInfo]) -> list[Row]:
    """Rows about the executors: how many, what they have, how they reach the driver, what their clocks say."""
    executors = list({answer.executor: answer for answer in answers}.values())
    hosts = {answer.host for answer in answers}
    found = f"{len(executors)} with {len(answers)} slots; machines: {len(hosts)}"
    return [
        Row(name="Executors", found=found, needed="", ok=True),
        versions_row(executors),
        disk_row(executors),
        gpus_row(answers),
        network_row(executors),
        clock_row(answers),
    ]


def versions_row(executors: Sequence[ExecutorInfo]) -> Row:
    """Whether executors have the driver's versions."""
    here = installed_versions()
    differing = {
        f"{difference} on {answer.host}" for answer in executors for difference in differences(answer.versions, here)
    }
    return Row(
        name="Versions there",
        found="; ".join(sorted(differing)) or f"as here: {len(here)} the same",
        needed="the driver's",
        ok=not differing,
        fix=SAME_ENVIRONMENT if differing else "",
    )


def disk_row(executors: Sequence[ExecutorInfo]) -> Row:
    """The least free room in an executor's working folder."""
    least = min(executors, key=lambda answer: answer.free_gigabytes)
    ok = least.free_gigabytes >= FREE_GIGABYTES
    return Row(
        name="Free disk there",
        found=f"{least.free_gigabytes:.1f} GB at least",
        needed=f"{FREE_GIGABYTES:.0f} GB",
        ok=ok,
        fix="" if ok else f"make room on {least.host}, whose executor works in {least.folder}",
    )


def gpus_row(answers: Sequence[ExecutorInfo]) -> Row:
    """How many GPUs Spark gives to tasks; where it gives none, ranks use the CPU."""
    number = len({(answer.host, gpu) for answer in answers for gpu in answer.gpus})
    with_gpu = sum(bool(answer.gpus) for answer in answers)
    found = f"{number}, for {with_gpu} of {len(answers)} slots" if number else "none given to tasks"
    return Row(name="GPUs there", found=found, needed="", ok=with_gpu in (0, len(answers)), fix=_fix_gpus(with_gpu))


def _fix_gpus(with_gpu: int) -> str:
    return "set spark.task.resource.gpu.amount, so that every task has one" if with_gpu else ""


def network_row(executors: Sequence[ExecutorInfo]) -> Row:
    """From which addresses executors reach the driver; between machines it cannot be loopback."""
    several = len({answer.host for answer in executors}) > 1
    wrong = [answer for answer in executors if not _is_usable(answer.address, several)]
    found = _grouped(executors, lambda answer: answer.address)
    return Row(
        name="Network there",
        found=found,
        needed="a way to the driver",
        ok=not wrong,
        fix="set spark.driver.host to an address that all machines reach" if wrong else "",
    )


def clock_row(answers: Sequence[ExecutorInfo]) -> Row:
    """How far clocks are apart; logs of several machines are read together."""
    # A machine that was late to look at its clock was so at one of the moments, a clock that is wrong at all of them.
    apart = min(max(clocks) - min(clocks) for clocks in zip(*(answer.clocks for answer in answers), strict=True))
    ok = apart <= CLOCK_SECONDS
    latest = max(answers, key=lambda answer: answer.clocks[0]).host
    fix = "" if ok else f"set the machines' clocks by NTP; {latest} is the furthest ahead"
    return Row(
        name="Clocks there", found=f"{apart:.3f} s apart", needed=f"at most {CLOCK_SECONDS:.0f} s", ok=ok, fix=fix
    )


def _is_usable(address: str, several: bool) -> bool:
    try:
        return not (several and ipaddress.ip_address(address).is_loopback)
    except ValueError:
        return False


def _grouped(executors: Sequence[ExecutorInfo], value: Callable[[ExecutorInfo], str]) -> str:
    shown = [f"{value(answer)} on {answer.host}" for answer in executors[:HOSTS_SHOWN]]
    more = len(executors) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
