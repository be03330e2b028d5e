# SPDX-License-Identifier: Apache-2.0
"""Compares an exported model with `lambdaml predict`: check_export.py GUIDE FOLDER KIND.

FOLDER holds model.onnx, model.json, rows.npy and what `lambdaml predict` wrote, predictions.csv. GUIDE is the page with
the function `load` for scikit-learn, which is run as it stands there.
"""

import csv
import re
import sys

import numpy
import onnxruntime

guide, folder, kind = sys.argv[1:]
rows = numpy.load(folder + "/rows.npy").astype(numpy.float32)
with open(folder + "/predictions.csv") as file:
    expected = list(csv.reader(file))[1:]
first = [line[0] for line in expected]
values = numpy.array([[float(value) for value in line[1:]] for line in expected])
assert len(expected) == len(rows) > 0

snippet = next(code for code in re.findall(r"```python\n(.*?)```", open(guide).read(), re.S) if "def load" in code)
space = {}
exec(snippet, space)
model = space["load"](folder + "/model.json")
session = onnxruntime.InferenceSession(folder + "/model.onnx", providers=["CPUExecutionProvider"])


def run(*names):
    return session.run(list(names), {"rows": rows})


if kind == "classes":
    label, scores = run("label", "scores")
    assert [str(name) for name in label] == first
    numpy.testing.assert_allclose(scores, values, atol=2e-5)
    assert [str(name) for name in model.predict(rows)] == first
elif kind == "numbers":
    predicted = numpy.array([float(value) for value in first])
    numpy.testing.assert_allclose(run("prediction")[0][:, 0], predicted, rtol=1e-4, atol=1e-4)
    numpy.testing.assert_allclose(numpy.ravel(model.predict(rows)), predicted, rtol=1e-4, atol=1e-4)
else:
    cluster, distance = run("cluster", "squared_distance")
    assert [str(number) for number in cluster] == first
    numpy.testing.assert_allclose(distance[:, 0], values[:, 0], rtol=1e-3, atol=1e-3)
    assert [str(number) for number in model.predict(rows)] == first
print("equal")
