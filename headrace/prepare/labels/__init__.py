"""Labels of the raw records: the names of the classes, and warnings about labels that look like a mistake."""
