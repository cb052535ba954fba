"""Gradient-boosted trees of scikit-learn on the data sets of rows: what a network has to reach.

    python -m tests.bench.tabular_baselines FOLDER

FOLDER gets the folders `diamonds` and `flights` of `headrace fetch`, if it does not have them. The trees learn from the
train rows with default settings but 300 iterations, and predict the test rows; the val rows are not used. Categories
are split as categories (`categorical_features`); a column of more than 255, the most that the trees take, is the
number of its category instead. The result is JSON.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, r2_score, roc_auc_score

from headrace.fetch import fetch

SETTINGS: dict[str, Any] = {"max_iter": 300, "early_stopping": False, "random_state": 0}
MAX_CATEGORIES = 255

Figures = dict[str, float]


def diamonds(folder: Path) -> Figures:
    """Predict the price in dollars."""
    train, test, is_category = _rows(folder, "diamonds", "price")
    model = HistGradientBoostingRegressor(categorical_features=is_category, **SETTINGS)
    began = time.monotonic()
    predicted = model.fit(*train).predict(test[0])
    return {
        "r2": r2_score(test[1], predicted),
        "mean_absolute_error": mean_absolute_error(test[1], predicted),
        "seconds": time.monotonic() - began,
    }


def flights(folder: Path) -> Figures:
    """Predict whether a flight is late."""
    train, test, is_category = _rows(folder, "flights", "late")
    model = HistGradientBoostingClassifier(categorical_features=is_category, **SETTINGS)
    began = time.monotonic()
    model.fit(train[0], train[1] == "late")
    probability = model.predict_proba(test[0])[:, 1]
    return {
        "roc_auc": roc_auc_score(test[1] == "late", probability),
        "accuracy": accuracy_score(test[1] == "late", probability > 0.5),
        "log_loss": log_loss(test[1] == "late", probability),
        "seconds": time.monotonic() - began,
    }


def _rows(folder: Path, name: str, target: str) -> tuple[tuple[Any, Any], tuple[Any, Any], list[bool]]:
    """Return inputs and target of the train and test rows, and which inputs are categories."""
    fetch(name, folder / name)
    # An empty text is the only missing value: NA may be a category.
    table = pd.read_csv(folder / name / f"{name}.csv", keep_default_na=False, na_values=[""])
    inputs = table.drop(columns=[target, "split"])
    is_train, is_test = table["split"] == "train", table["split"] == "test"
    columns, is_category = [], []
    for _, column in inputs.items():
        is_text = not pd.api.types.is_numeric_dtype(column)
        columns.append(_codes(column, is_train) if is_text else column.to_numpy(float))
        is_category.append(is_text and column.nunique() <= MAX_CATEGORIES)
    x, y = np.stack(columns, axis=1), table[target].to_numpy()
    return (x[is_train], y[is_train]), (x[is_test], y[is_test]), is_category


def _codes(column: Any, is_train: Any) -> Any:
    """Return the number of each category in alphabetical order; NaN if it is missing or no train row has it."""
    codes = pd.Categorical(column, categories=sorted(column[is_train].dropna().unique())).codes
    return np.where(codes < 0, np.nan, codes)


def main() -> None:
    """Measure and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    result = {"diamonds": diamonds(folder), "flights": flights(folder)}
    print(json.dumps({name: {k: round(v, 4) for k, v in figures.items()} for name, figures in result.items()}))


if __name__ == "__main__":
    main()
