#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
check_report.py FORMAT FILE: what a report must hold to be taken by those who read that format, by
rules of the format's specification and of GitHub's documentation. Prints what is wrong.
"""
import html.parser
import json
import re
import sys

wrong = []


def need(what, holds):
    if not holds:
        wrong.append(what)


def check_sarif(text):
    log = json.loads(text)
    need("version and schema", log["version"] == "2.1.0" and "sarif-schema-2.1.0" in log["$schema"])
    need("runs", 1 <= len(log["runs"]) <= 20)
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        need("tool", driver["name"] == "pare" and driver["version"])
        ids = [rule["id"] for rule in driver["rules"]]
        need("rules are unique", len(set(ids)) == len(ids))
        for rule in driver["rules"]:
            need("texts of a rule", all(rule[k]["text"] for k in
                                        ("shortDescription", "fullDescription", "help")))
            need("level", rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error"))
            properties = rule["properties"]
            need("tags", 1 <= len(properties["tags"]) <= 20)
            need("severity goes with the tag",
                 ("security" in properties["tags"]) == ("security-severity" in properties))
            need("severity", 0 <= float(properties.get("security-severity", "0.0")) <= 10)
        need("results", len(run["results"]) <= 25000)
        prints = set()
        for result in run["results"]:
            need("rule of a result", ids[result["ruleIndex"]] == result["ruleId"])
            need("level of a result", result["level"] in ("note", "warning", "error"))
            need("message", result["message"]["text"])
            need("one location", len(result["locations"]) == 1)
            place = result["locations"][0]["physicalLocation"]
            need("uri", re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+",
                                     place["artifactLocation"]["uri"]))
            need("relative", not place["artifactLocation"]["uri"].startswith("/"))
            need("line", place["region"]["startLine"] >= 1)
            prints.add(result["partialFingerprints"]["primaryLocationLineHash"])
            for s in result.get("suppressions", []):
                need("suppression", s["kind"] == "external" and s["justification"])
        need("fingerprints are unique", len(prints) == len(run["results"]))


def check_github(text):
    for line in text.splitlines():
        need("a command: " + line, re.fullmatch(
            r"::(error|warning|notice) (file=[^:,]+,line=\d+,)?title=[^:,]+::.+", line))
        need("escaped: " + line, not re.search(r"%(?!25|0A|0D|3A|2C)|[\x00-\x08\x0b-\x1f\x7f]", line))


def check_markdown(text):
    """Every row of a table has as many cells as its head; no markup comes through."""
    cells = 0
    for line in text.splitlines():
        if not line.startswith("|"):
            cells = 0
            continue
        n = len(re.findall(r"(?<!\\)\|", line))
        cells = cells or n
        need("cells: " + line, n == cells)
    allowed = ("<details>", "</details>", "<summary>", "</summary>")
    need("markup", all(tag in allowed for tag in re.findall(r"<[^>]*>?", text)))
    need("control characters", not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text))


class Page(html.parser.HTMLParser):
    VOID = {"meta", "input", "rect"}

    def __init__(self):
        super().__init__()
        self.open, self.ids = [], set()

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            need(f"{tag} has {name}", not name.startswith("on") and name not in ("src", "style"))
            need(f"{tag} leads to {value}", name != "href" or value.startswith("#"))
            if name == "id":
                need("id twice: " + value, value not in self.ids)
                self.ids.add(value)
        self.open.append(tag)
        if tag in ("meta", "input"):
            self.open.pop()

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        while self.open and self.open[-1] != tag and self.open[-1] in ("li", "p"):
            self.open.pop()
        need(f"</{tag}> closes {self.open[-1:]}", self.open and self.open.pop() == tag)


def check_html(text):
    page = Page()
    page.feed(text)
    need(f"left open: {page.open}", not page.open)
    need("urls in the style", not re.search(r"@import|url\((?!#)", text))
    need("control characters", not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text))
    need("size", len(text.encode()) <= 2 << 20)
    need("policy", "default-src 'none'" in text and "script-src 'sha256-" in text)


with open(sys.argv[2], encoding="utf-8") as f:
    globals()["check_" + sys.argv[1]](f.read())
print("\n".join(wrong[:20]))
sys.exit(bool(wrong))
