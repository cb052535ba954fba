"""The evaluation sections of the page, by task."""
