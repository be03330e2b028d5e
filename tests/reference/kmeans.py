#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes kmeans.json: the inertia at which scikit-learn's Lloyd iterations end, in double precision, from given rows of
the files in tests/reference/data.

usage: kmeans.py    (Debian: python3-sklearn)"""

import json
import pathlib

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_svmlight_file

HERE = pathlib.Path(__file__).parent
CASES = [("cancer", 2), ("cancer", 20), ("diabetes", 8), ("digits", 10), ("digits", 60)]


def main():
    solved = []
    for seed, (data, k) in enumerate(CASES):
        x = load_svmlight_file(str(HERE / "data" / f"{data}.libsvm"))[0].toarray()
        rows = np.random.default_rng(seed).choice(len(x), k, replace=False)
        model = KMeans(k, init=x[rows], n_init=1, max_iter=1000, tol=0, algorithm="lloyd").fit(x)
        counts = np.bincount(model.labels_, minlength=k)
        assert model.n_iter_ < 1000 and counts.min() > 0
        solved.append({"data": data, "k": k, "rows": sorted(map(int, rows)), "inertia": model.inertia_})
    (HERE / "kmeans.json").write_text(json.dumps(solved, indent=1) + "\n")


main()
