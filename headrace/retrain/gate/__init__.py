"""The gate: challenger and champion predict the same test rows; checks decide which of them is promoted."""
