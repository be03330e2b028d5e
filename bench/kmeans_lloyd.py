#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints, for one thread, the seconds of an iteration of scikit-learn's KMeans and the GFLOP/s of a matrix product.

usage: kmeans_lloyd.py FILE.npy K    (the first K rows are the first centres)"""

import os
import sys
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
if "avx512vl" in open("/proc/cpuinfo").read():  # OpenBLAS does not know newer processors by name
    os.environ["OPENBLAS_CORETYPE"] = "SkylakeX"

import numpy as np  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402

warnings.simplefilter("ignore")  # that it has not converged
FEW, MANY = 2, 12
TIMES = 3


def fit_seconds(x, k, iterations):
    model = KMeans(k, init=x[:k].copy(), n_init=1, max_iter=iterations, tol=0, algorithm="lloyd", copy_x=False)
    begin = time.perf_counter()
    model.fit(x)
    seconds = time.perf_counter() - begin
    assert model.n_iter_ == iterations, "converged too early"
    return seconds


def product_rate(size=2048):
    a = np.random.default_rng(1).random((size, size), dtype=np.float32)
    best = float("inf")
    for _ in range(2 * TIMES):
        begin = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - begin)
    return 2 * size**3 / best / 1e9


def main():
    x, k = np.load(sys.argv[1]), int(sys.argv[2])
    few, many = (min(fit_seconds(x, k, n) for _ in range(TIMES)) for n in (FEW, MANY))
    print((many - few) / (MANY - FEW), product_rate())


main()
