#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the data sets that optima.py and the tests share, as LIBSVM files in tests/reference/data. They come with
scikit-learn; README.md says whose they are. Columns of real numbers are standardised and rounded to three digits, so
that both sides read the same numbers."""

import pathlib

import numpy as np
from sklearn import datasets

FOLDER = pathlib.Path(__file__).parent / "data"
DIGITS = 400  # rows


def write(name, x, y):
    with open(FOLDER / f"{name}.libsvm", "w") as file:
        for row, label in zip(x, y):
            entries = " ".join(f"{j + 1}:{value:.3g}" for j, value in enumerate(row) if value != 0)
            file.write(f"{label:.6g} {entries}\n")


def standardised(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def main():
    FOLDER.mkdir(exist_ok=True)
    cancer = datasets.load_breast_cancer()
    write("cancer", standardised(cancer.data), cancer.target)
    digits = datasets.load_digits()
    write("digits", digits.data[:DIGITS] / 16, digits.target[:DIGITS])
    diabetes = datasets.load_diabetes()
    write("diabetes", standardised(diabetes.data), diabetes.target)


main()
