"""Progress bars for loops in the driver; Spark shows its own for tasks."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm


@contextmanager
def progress(name: str, total: int, unit: str) -> Iterator[Callable[[int], object]]:
    """Show a bar with counts, speed and time left in the block, and yield the function that adds to its count.

    Standard error must be a terminal, and information must be logged, which `--quiet` switches off; otherwise nothing
    is shown. Log lines appear above the bar, which disappears at the end.

    Args:
        unit: what is counted, in the plural, such as `rows`.
    """
    shown = sys.stderr.isatty() and logging.getLogger().isEnabledFor(logging.INFO)
    with (
        logging_redirect_tqdm() if shown else nullcontext(),
        tqdm(desc=name, total=total, unit=f" {unit}", leave=False, disable=not shown, dynamic_ncols=True) as bar,
    ):
        yield bar.update
