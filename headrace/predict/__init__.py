"""Prediction of raw files, tables and files of records with Spark."""
