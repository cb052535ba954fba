"""Targets of any number of classes per record, called labels."""
