"""Estimators and models of pyspark.ml: a network of Headrace as a stage of a Pipeline, and in a CrossValidator."""

from headrace.ml.classification import HeadraceClassificationModel, HeadraceClassifier
from headrace.ml.regression import HeadraceRegressionModel, HeadraceRegressor

__all__ = ["HeadraceClassificationModel", "HeadraceClassifier", "HeadraceRegressionModel", "HeadraceRegressor"]
