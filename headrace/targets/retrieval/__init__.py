"""Targets of one item per record, chosen among thousands, such as a product, a film or a document."""
