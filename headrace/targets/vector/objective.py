"""Loss and training metrics of vectors: means over all components of all rows.

All components of a row weigh alike, so that the loss of a row is the mean over them, and the metrics' states are sums
over rows, which can be summed over ranks.
"""

from headrace.targets.regression.objective import make_loss, make_metric

__all__ = ["make_loss", "make_metric"]
