#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes optima.json: the least value that each objective has on the files in tests/reference/data, by scikit-learn in
double precision and, where it has such a problem, by liblinear's command line. The objective is lambdaml's,

    mean loss + l1 |w|_1 + l2 / 2 |w|^2,   the bias is free.

Of the Huber loss scikit-learn has another form, so that case rests on the proof below alone.

scikit-learn and liblinear weigh the sum of the losses with C instead: C = 1 / (l2 n), or 1 / (l1 n). liblinear punishes
the bias; as the weight of a constant column of 100 it costs next to nothing. Before anything is written each solution
is proven to be an optimum (its proximal gradient step moves nothing) and the two programs to agree.

usage: optima.py    (Debian: python3-sklearn, liblinear-tools)"""

import json
import pathlib
import subprocess
import tempfile

import numpy as np
import scipy.optimize
from sklearn import linear_model, svm
from sklearn.datasets import load_svmlight_file

HERE = pathlib.Path(__file__).parent
BIAS_COLUMN = 100
STATIONARY = 1e-6
AGREEMENT = 2e-6

CASES = [
    # data, model, settings, liblinear's solver
    ("cancer", "logistic", {"l2": 0.001}, 0),
    ("cancer", "logistic", {"l2": 0.1, "class_weights": "balanced"}, None),
    ("cancer", "logistic", {"l1": 0.01}, 6),
    ("cancer", "logistic", {"l1": 0.005, "l2": 0.01}, None),
    ("digits", "logistic", {"l2": 0.01}, None),
    ("digits", "logistic", {"l1": 0.005}, None),
    ("digits", "logistic", {"l1": 0.003, "l2": 0.01}, None),
    ("cancer", "svm", {"loss": "squared_hinge", "l2": 0.01}, 2),
    ("cancer", "svm", {"loss": "squared_hinge", "l1": 0.02}, 5),
    ("digits", "svm", {"loss": "squared_hinge", "l2": 0.1}, 2),
    ("diabetes", "linear", {"l2": 0.1}, None),
    ("diabetes", "linear", {"l1": 2}, None),
    ("diabetes", "linear", {"l1": 1, "l2": 0.5}, None),
    ("diabetes", "linear", {"loss": "huber", "delta": 20, "l2": 0.1}, None),
]


class Problem:
    def __init__(self, data, model, settings):
        x, y = load_svmlight_file(str(HERE / "data" / f"{data}.libsvm"))
        self.file = HERE / "data" / f"{data}.libsvm"
        self.x, self.y, self.model, self.settings = x.toarray(), y, model, settings
        self.l1, self.l2 = settings.get("l1", 0), settings.get("l2", 0)
        self.classes = np.unique(y) if model != "linear" else []
        self.outputs = len(self.classes) if len(self.classes) > 2 else 1
        self.weights = np.ones(len(y))
        if settings.get("class_weights") == "balanced":
            counts = np.array([(y == c).sum() for c in self.classes])
            self.weights = (len(y) / (len(self.classes) * counts))[np.searchsorted(self.classes, y)]

    def losses(self, z):
        """The losses of the rows and their derivatives by the outputs z."""
        if self.model == "linear":
            error = z[:, 0] - self.y
            cut = np.clip(error, -self.settings["delta"], self.settings["delta"]) if "delta" in self.settings else error
            return cut * (error - cut / 2), cut[:, None]
        signs = np.where(self.y[:, None] == (self.classes if self.outputs > 1 else self.classes[1:]), 1, -1)
        if self.model == "svm":
            slack = np.maximum(0, 1 - signs * z)
            return (slack**2).sum(axis=1), -2 * signs * slack
        if self.outputs == 1:
            return np.logaddexp(0, -signs * z)[:, 0], -signs / (1 + np.exp(signs * z))
        shifted = z - z.max(axis=1, keepdims=True)
        total = np.exp(shifted).sum(axis=1, keepdims=True)
        return (np.log(total) - shifted)[signs == 1], np.exp(shifted) / total - (signs == 1)

    def objective(self, w, b):
        loss = (self.weights * self.losses(self.x @ w.T + b)[0]).mean()
        return loss + self.l1 * np.abs(w).sum() + self.l2 / 2 * (w**2).sum()

    def gradient(self, w, b):
        """Of all but the l1 part."""
        slopes = self.losses(self.x @ w.T + b)[1] * self.weights[:, None] / len(self.y)
        return slopes.T @ self.x + self.l2 * w, slopes.sum(axis=0)

    def polish(self, w, b):
        """Newton's quasi steps to where double precision ends. With w = u - v, u and v at least 0, |w|_1 is the sum of
        both and everything is smooth."""
        shape, half = w.shape, w.size

        def unpack(x):
            return (x[:half] - x[half : 2 * half]).reshape(shape), x[2 * half :]

        def smooth(x):
            weight, bias = unpack(x)
            by_weight, by_bias = self.gradient(weight, bias)
            value = self.objective(weight, bias) + self.l1 * (x[: 2 * half].sum() - np.abs(weight).sum())
            slope = by_weight.ravel()
            return value, np.concatenate([slope + self.l1, self.l1 - slope, by_bias])

        start = np.concatenate([np.maximum(w, 0).ravel(), np.maximum(-w, 0).ravel(), b])
        bounds = [(0, None)] * (2 * half) + [(None, None)] * len(b)
        options = {"maxiter": 10**5, "maxfun": 10**5, "ftol": 0, "gtol": 1e-11, "maxcor": 50}
        return unpack(scipy.optimize.minimize(smooth, start, jac=True, method="L-BFGS-B", bounds=bounds,
                                              options=options).x)

    def movement(self, w, b):
        """How far a proximal gradient step of length 1 goes; 0 at the optimum and nowhere else."""
        by_weight, by_bias = self.gradient(w, b)
        stepped = w - by_weight
        stepped = np.sign(stepped) * np.maximum(np.abs(stepped) - self.l1, 0)
        return max(np.abs(stepped - w).max(), np.abs(by_bias).max())


def by_scikit_learn(p):
    n = len(p.y)
    strength = p.l1 + p.l2
    share = p.l1 / strength
    if p.model == "linear":
        if "delta" in p.settings:
            return np.zeros((1, p.x.shape[1])), np.array([p.y.mean()])  # HuberRegressor scales delta: a start for polish
        fitted = linear_model.ElasticNet(alpha=strength, l1_ratio=share, tol=1e-14, max_iter=10**6).fit(p.x, p.y)
        return np.atleast_2d(fitted.coef_), np.atleast_1d(fitted.intercept_)
    if p.model == "svm":
        fitted = svm.LinearSVC(penalty="l1" if p.l1 else "l2", C=1 / (strength * n), dual=False, tol=1e-10,
                               intercept_scaling=BIAS_COLUMN, max_iter=10**6)
    else:
        solver = {"solver": "saga", "penalty": "elasticnet", "l1_ratio": share} if p.l1 else {"solver": "lbfgs"}
        fitted = linear_model.LogisticRegression(C=1 / (strength * n), tol=1e-10, max_iter=20000, random_state=0,
                                                 class_weight=p.settings.get("class_weights"), **solver)
    fitted.fit(p.x, p.y)
    return fitted.coef_, fitted.intercept_


def by_liblinear(p, solver):
    """The weights and biases that liblinear-train writes into its model file."""
    with tempfile.NamedTemporaryFile() as model:
        cost = 1 / ((p.l1 + p.l2) * len(p.y))
        subprocess.run(["liblinear-train", "-q", "-s", str(solver), "-c", repr(cost), "-B", str(BIAS_COLUMN),
                        "-e", "1e-8", str(p.file), model.name], check=True)
        head, rows = pathlib.Path(model.name).read_text().split("\nw\n")
    labels = next(line for line in head.splitlines() if line.startswith("label")).split()[1:]
    table = np.array([line.split() for line in rows.strip().splitlines()], dtype=float).T
    w, b = table[:, :-1], table[:, -1] * BIAS_COLUMN
    if p.outputs == 1:
        return (w, b) if float(labels[0]) == p.classes[1] else (-w, -b)
    order = np.argsort(np.array(labels, dtype=float))
    return w[order], b[order]


def solve(data, model, settings, solver):
    p = Problem(data, model, settings)
    w, b = by_scikit_learn(p)
    raw = p.objective(w, b)
    w, b = p.polish(w, b)
    best, movement = p.objective(w, b), p.movement(w, b)
    print(f"{data} {model} {settings}: {best:.10g}, movement {movement:.1e}", end="")
    assert movement < STATIONARY * max(1, np.abs(p.y).max() if model == "linear" else 1), "not an optimum"
    if "delta" not in settings:
        print(f", scikit-learn {raw / best - 1:+.1e}", end="")
        assert abs(raw / best - 1) < AGREEMENT, "scikit-learn is elsewhere"
    if solver is not None:
        theirs = p.objective(*by_liblinear(p, solver))
        print(f", liblinear {theirs / best - 1:+.1e}", end="")
        assert abs(theirs / best - 1) < AGREEMENT, "liblinear is elsewhere"
    print()
    return {"data": data, "model": model, "settings": {k: str(v) for k, v in settings.items()},
            "objective": float(f"{best:.10g}"), "zeros": int((w == 0).sum())}


def main():
    optima = [solve(*case) for case in CASES]
    (HERE / "optima.json").write_text(json.dumps(optima, indent=1) + "\n")


main()
