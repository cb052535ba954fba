"""What the page shows of an evaluation, by kind of task."""
