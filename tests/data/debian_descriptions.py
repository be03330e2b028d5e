#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a sparse text classification task from Debian's own package index: tf-idf of a package's description, and whether
its section holds components (libraries and language modules) or programs. Rows are split by source package, since the
packages of one source share sentences.

usage: debian_descriptions.py FOLDER    writes FOLDER/train.libsvm and FOLDER/test.libsvm

The texts belong to their packages and are fetched by apt; nothing of them is kept in this repository."""

import collections
import hashlib
import math
import os
import pathlib
import re
import subprocess
import sys

COMPONENTS = set("libs libdevel oldlibs perl python haskell golang rust java javascript ruby php ocaml lisp gnu-r "
                 "cli-mono introspection debug".split())
TOKEN = re.compile(r"[a-z0-9]+(?:[+\-_.][a-z0-9]+)*\+*")


def fetch(folder):
    """The unpacked Packages and Translation-en files, by an apt of our own lists; the system's state is not touched."""
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "-o", f"Dir::State::lists={lists}", "-o", "Acquire::Languages=en", "update"],
                   check=True)
    texts = []
    for suffix in ("main_binary-amd64_Packages", "main_i18n_Translation-en"):
        files = sorted(path for path in lists.glob(f"*bookworm_{suffix}*") if path.is_file())
        if not files:
            sys.exit(f"debian_descriptions: apt fetched no *bookworm_{suffix}; is bookworm main among its sources?")
        texts.append(subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", files[0]], check=True,
                                    capture_output=True).stdout.decode("utf-8", "replace"))
    return texts


def stanzas(text):
    for block in text.split("\n\n"):
        fields = {}
        name = None
        for line in block.split("\n"):
            if line[:1] in (" ", "\t"):
                if name:
                    fields[name] += "\n" + line
            elif ":" in line:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        if fields:
            yield fields


def tokens(text):
    return [t for t in TOKEN.findall(text.lower()) if 2 <= len(t) <= 30 and not t.isdigit()]


def rows(packages, translations):
    """(source, label, term counts) of every package that has a description and a section."""
    described = {s["Description-md5"]: s.get("Description-en", "") for s in stanzas(translations) if "Description-md5" in s}
    for package in stanzas(packages):
        text = described.get(package.get("Description-md5"))
        if text and "Section" in package:
            source = package.get("Source", package["Package"]).split(" ")[0]
            yield source, int(package["Section"].split("/")[-1] in COMPONENTS), collections.Counter(tokens(text))


def is_test(source):
    return int(hashlib.md5(source.encode()).hexdigest()[:8], 16) % 5 == 0


def line(label, counts, numbers, idf):
    values = sorted((numbers[t], (1 + math.log(c)) * idf[t]) for t, c in counts.items() if t in numbers)
    norm = math.sqrt(sum(v * v for _, v in values)) or 1.0
    return f"{label} " + " ".join(f"{j}:{v / norm:.6g}" for j, v in values) + "\n"


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    documents = list(rows(*fetch(folder)))
    shares = collections.Counter(t for _, _, counts in documents for t in counts)
    vocabulary = sorted(t for t, n in shares.items() if n >= 2)
    numbers = {t: j + 1 for j, t in enumerate(vocabulary)}
    idf = {t: math.log(len(documents) / shares[t]) for t in vocabulary}
    for name, wanted in (("test", True), ("train", False)):
        partial = folder / f"{name}.libsvm.partial"
        with partial.open("w") as file:
            file.writelines(line(label, counts, numbers, idf)
                            for source, label, counts in documents if is_test(source) == wanted)
        os.replace(partial, folder / f"{name}.libsvm")
    print(f"{len(documents)} rows, {len(vocabulary)} terms")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: debian_descriptions.py FOLDER")
    main(pathlib.Path(sys.argv[1]))
