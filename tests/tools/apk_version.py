#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alpine's version order once more, as a regular expression and lists of keys: the second opinion
about tests/unit/pkg/data/apk-versions.txt, written from apk-package(5) and not from the C code.

    apk_version.py FILE        checks the lines "A SIGN B", sign one of < = > ~ !~, and "!A"
    apk_version.py A SIGN B    one of them
"""
import re
import sys

SUFFIXES = ["alpha", "beta", "pre", "rc", None, "cvs", "svn", "git", "hg", "p"]
FORM = re.compile(r"(\d+)((?:\.\d+)*)([a-z]?)((?:_(?:%s)\d*)*)(~[0-9a-f]+)?(-r\d+)?"
                  % "|".join(s for s in SUFFIXES if s))


def cut(version):
    """A list of (kind, value); the kinds count down to what is the least of a version."""
    found = FORM.fullmatch(version)
    if not found:
        return None
    first, dots, letter, suffixes, commit, revision = found.groups()
    parts = [(9, first)] + [(8, number) for number in dots.split(".")[1:]]
    if letter:
        parts.append((7, letter))
    for name, number in re.findall(r"_([a-z]+)(\d*)", suffixes):
        order = SUFFIXES.index(name) - SUFFIXES.index(None)
        parts.append((6 if order > 0 else 0, order))
        if number:
            parts.append((5, int(number)))
    if commit:
        parts.append((4, commit))
    if revision:
        parts.append((3, int(revision[2:])))
    return parts


def sign(a, b):
    return (a > b) - (a < b)


def compare_part(a, b):
    if a[0] != b[0]:
        return sign(a[0], b[0])
    if a[0] == 9 or (a[0] == 8 and "0" not in (a[1][0], b[1][0])):
        return sign(int(a[1]), int(b[1]))
    return sign(a[1], b[1])


def compare(a, b):
    end = [(1, 0)]
    for x, y in zip(cut(a) + end, cut(b) + end):
        order = compare_part(x, y)
        if order:
            return order
    return 0


def begins(a, b):
    x, y = cut(a), cut(b)
    return len(x) >= len(y) and all(compare_part(p, q) == 0 for p, q in zip(x, y))


def holds(a, operator, b):
    if operator.lstrip("!") == "~":
        return begins(a, b) != (operator[0] == "!")
    return "<=>"[compare(a, b) + 1] == operator


def check(path):
    wrong = total = 0
    for line in open(path, encoding="ascii"):
        words = line.split()
        if not words or line[0] == "#":
            continue
        total += 1
        good = cut(words[0][1:]) is None if line[0] == "!" else holds(*words)
        if not good:
            wrong += 1
            print("not so: " + line.strip())
    print(f"{total} lines, {wrong} wrong")
    return wrong or total == 0


if __name__ == "__main__":
    if len(sys.argv) == 2:
        sys.exit(1 if check(sys.argv[1]) else 0)
    sys.exit(0 if holds(*sys.argv[1:4]) else 1)
