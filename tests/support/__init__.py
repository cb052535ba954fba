"""Helpers of tests: commands, servers, raw data, tables, runs and bundles."""
