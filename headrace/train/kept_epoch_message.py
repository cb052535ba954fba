"""Describe which epoch's weights the bundle holds when training ends."""

from headrace.train.launch.rank_message_channel import Message
from headrace.wording import figure

# Share of the best epoch's value by which the epoch in the bundle may be worse without a warning.
CLEARLY_WORSE = 0.1


def describe_ending(outcome: Message) -> str:
    """Return why training ended early and which epoch is in the bundle; empty if it is the last of all epochs."""
    last, best, saved = (outcome[key] + 1 for key in ("last_epoch", "best_epoch", "bundle_epoch"))
    metric = outcome["monitored"]
    if outcome["stopped_by_callback"]:
        return f"A callback stopped the training after epoch {last}; the bundle has the weights of epoch {saved}."
    if outcome["stopped_early"]:
        return (
            f"Stopped early after epoch {last}: {metric} has not improved since epoch {best}; the bundle has the "
            f"weights of epoch {saved}."
        )
    return f"The bundle has the weights of epoch {saved}, the best by {metric}." if saved != last else ""


def describe_worse_epoch(outcome: Message, saved: dict[str, float], best: dict[str, float]) -> str:
    """Return that the epoch in the bundle is clearly worse than the best one; empty if it is not.

    Args:
        saved: metrics of the epoch whose weights the bundle has.
        best: metrics of the best epoch.
    """
    metric = outcome["monitored"]
    if metric not in saved or metric not in best:
        return ""
    if abs(saved[metric] - best[metric]) <= CLEARLY_WORSE * abs(best[metric]):
        return ""
    return (
        f"The bundle has the weights of the last epoch, {outcome['bundle_epoch'] + 1}, with {metric} "
        f"{figure(saved[metric])}; epoch {outcome['best_epoch'] + 1} was better, with {figure(best[metric])}. "
        "For its weights, train another run (train.run) with train.monitor.bundle=best."
    )
