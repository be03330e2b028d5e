#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a machine can check: who may include whom (cmake/modules.cmake is the source of truth),
leaves that only their registry knows, headers that compile alone, and a table in ARCHITECTURE.md that tells the truth.
Prints one line for each breach and exits 1."""

import concurrent.futures
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)
WARNINGS = "-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror".split()


def modules():
    text = (ROOT / "cmake/modules.cmake").read_text()
    return {name: imports.split() for name, imports in re.findall(r'"(\w+):([^"]*)"', text)}


def sources():
    return sorted(path for path in SRC.rglob("*") if path.suffix in (".h", ".cpp"))


def check_order(table):
    """A folder may only be allowed folders that stand above it, so the folders cannot form a cycle."""
    seen = set()
    for name, imports in table.items():
        for imported in imports:
            if imported not in seen:
                yield f"cmake/modules.cmake: {name} imports {imported}, which does not stand above it"
        seen.add(name)
    for folder in sorted(path.name for path in SRC.iterdir() if path.is_dir()):
        if folder not in table:
            yield f"src/{folder}: not in cmake/modules.cmake"
    for name in table:
        if not (SRC / name).is_dir():
            yield f"cmake/modules.cmake: there is no folder src/{name}"


def check_layers(table, path):
    relative = path.relative_to(SRC)
    folder = relative.parts[0]
    for target in INCLUDE.findall(path.read_text()):
        if not (SRC / target).is_file():
            yield f"src/{relative}: includes {target}, which is not in src/"
        elif target.split("/")[0] not in [folder, *table.get(folder, [])]:
            yield f"src/{relative}: {folder} may not include {target} (cmake/modules.cmake)"


def leaf_of(relative):
    """The leaf folder of a file, as "storage/file"; None for a file at the top of its module."""
    return "/".join(relative.parts[:2]) if len(relative.parts) > 2 else None


# Folders of parts that others may use: layers over any store, servers for tests, a protocol's client.
OPEN_LEAVES = {"storage/layers", "storage/testing", "net/aws", "platform/runtime"}


def check_leaves(path):
    relative = path.relative_to(SRC)
    if relative.name == "registry.cpp" or relative.name.endswith("_test.cpp"):
        return
    for target in INCLUDE.findall(path.read_text()):
        leaf = leaf_of(pathlib.PurePath(target))
        if leaf and leaf != leaf_of(relative) and leaf not in OPEN_LEAVES:
            yield f"src/{relative}: includes {target}; only a registry knows the leaf {leaf}"


def check_form(path):
    relative = path.relative_to(ROOT)
    lines = path.read_text().splitlines()
    if not lines or lines[0] != "// SPDX-License-Identifier: Apache-2.0":
        yield f"{relative}: the first line is not the licence"
    if path.suffix == ".h" and (len(lines) < 2 or lines[1] != "#pragma once"):
        yield f"{relative}: the second line of a header is #pragma once"


def has_proof(header):
    """Whether a source file of the same name includes the header first, so that every build compiles it alone."""
    source = header.with_suffix(".cpp")
    first = re.search(r"^#include (.*)", source.read_text(), re.M) if source.is_file() else None
    return first is not None and first.group(1) == f'"{header.relative_to(SRC)}"'


def check_header(path):
    command = ["g++", "-std=c++20", "-fsyntax-only", *WARNINGS, f"-I{SRC}", "-x", "c++", "-"]
    done = subprocess.run(command, input=f'#include "{path}"\n', capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield f"{path.relative_to(ROOT)}: does not compile alone: {done.stderr.strip().splitlines()[0]}"


def check_architecture(table):
    rows = dict(re.findall(r"^\| `src/(\w+)/` \|[^|]*\| ([^|]*?) \|$", (ROOT / "ARCHITECTURE.md").read_text(), re.M))
    expected = {name: " ".join(imports) or "std only" for name, imports in table.items()}
    for name in sorted(expected.keys() | rows.keys()):
        if expected.get(name) != rows.get(name):
            yield (f"ARCHITECTURE.md: the row of src/{name}/ says it imports '{rows.get(name)}', "
                   f"cmake/modules.cmake says '{expected.get(name)}'")


def main():
    table = modules()
    breaches = [*check_order(table), *check_architecture(table)]
    for path in sources():
        breaches += [*check_layers(table, path), *check_leaves(path), *check_form(path)]
    headers = [path for path in sources() if path.suffix == ".h" and not has_proof(path)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for found in pool.map(lambda path: list(check_header(path)), headers):
            breaches += found
    print("\n".join(breaches) if breaches else f"house: {len(sources())} files keep the rules")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
