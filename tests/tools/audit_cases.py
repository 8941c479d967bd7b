#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Makes the images of a file of cases and asks pare audit about each.

    audit_cases.py CASES MAKE-IMAGE PARE

The programs that cases put into images are in the current folder. Prints a line for each rule whose
cases are right, "ok RULE", and "not ok RULE" with what was there instead.
"""
import concurrent.futures
import json
import os
import runpy
import subprocess
import sys


class Case:
    def __init__(self, rule, fires, name, policy):
        self.rule, self.fires, self.name, self.policy = rule, fires, name, policy
        self.spec, self.wants, self.tag = "", [], "v1"


def read(path):
    prelude, cases, rule, policy, in_prelude = "", [], None, None, False
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        depth = len(line) - len(line.lstrip("\t"))
        text = line[depth:]
        word, _, rest = text.partition(" ")
        if not text or (depth == 0 and text[0] == "#"):
            continue
        if depth == 0:
            in_prelude, policy = word == "prelude", None
            rule = rest
        elif in_prelude:
            prelude += text + "\n"
        elif depth == 1 and word == "policy":
            policy = rest
        elif depth == 1:
            cases.append(Case(rule, {"fire": True, "miss": False}[word], rest, policy))
        elif word == "want":
            cases[-1].wants.append(rest)
        elif word == "TAG":
            cases[-1].tag = rest
        else:
            cases[-1].spec += text + "\n"
    return prelude, cases


def wrong_member(finding, want):
    at = min(i for i in (want.find("="), want.find("~")) if i > 0)
    key, value = want[:at], want[at + 1:]
    if value == "@PROG":
        value = str(os.path.getsize("prog"))
    got = str(finding.get(key))
    return not (value in got if want[at] == "~" else value == got)


def ask(pare, number, case):
    argv = [pare, "audit", "--format", "json", f"oci:c{number}:{case.tag}"]
    policy = f"c{number}.yaml"
    with open(policy, "w", encoding="utf-8") as f:
        f.write((case.policy or "levels: {}") + "\n")
    run = subprocess.run(argv + ["--policy", policy], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False)
    if run.returncode not in (0, 1):
        return f"exit status {run.returncode}: {run.stderr.decode()}"
    found = [f for f in json.loads(run.stdout)["findings"] if f["rule"] == case.rule]
    if not case.fires:
        return f"found {found}" if found else None
    if not found:
        return "nothing found"
    best = [[w for w in case.wants if wrong_member(f, w)] for f in found]
    return f"not {min(best, key=len)} in {found}" if all(best) else None


def main():
    cases_path, make_image, pare = sys.argv[1:]
    prelude, cases = read(cases_path)
    for number, case in enumerate(cases):
        sys.argv = ["make-image", f"c{number}:{case.tag}", prelude + case.spec]
        try:
            runpy.run_path(make_image)
        except Exception as e:
            raise SystemExit(f"{case.rule}: {case.name}: {e!r}") from e
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda x: ask(pare, *x), enumerate(cases)))
    for rule in dict.fromkeys(c.rule for c in cases):
        mine = [(c, a) for c, a in zip(cases, answers) if c.rule == rule]
        both = {c.fires for c, _ in mine} == {True, False}
        bad = [f"  {'fire' if c.fires else 'miss'} {c.name}: {a}" for c, a in mine if a]
        print("ok" if both and not bad else "not ok", rule)
        print("\n".join(bad + ([] if both else ["  one case that fires, one that doesn't"])), end="\n" if bad or not both else "")


main()
