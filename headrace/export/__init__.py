"""Exports of bundles to formats that other programs run, verified against the bundle's predictions."""
