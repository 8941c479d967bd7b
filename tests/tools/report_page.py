#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
report_page.py MAKE_REPORT FOLDER: opens the page of reports in Chromium, clicks, types, hovers, and
checks what is shown then. FOLDER gets the pages, and screenshots for people. Prints what is wrong.
"""
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import browser  # noqa: E402

make_report, folder = sys.argv[1:]
wrong = []


def page(kind):
    path = os.path.join(folder, kind + ".html")
    with open(path, "wb") as f:
        subprocess.run([make_report, kind, "html"], stdout=f, check=True)
    return path


def expect(what, got, want):
    if got != want:
        wrong.append(f"{what}: {got!r}, not {want!r}")


SHOWN = """Array.from(document.querySelectorAll(".rule")).filter((r) => r.checkVisibility())
    .map((r) => r.querySelector(".id").textContent)"""
# Of at most 15 characters: longer ones may take two lines.
BROKEN_NAMES = """Array.from(document.querySelectorAll(".packages tbody td:nth-child(-n+2)"))
    .filter((c) => {
        const text = document.createRange();
        text.selectNodeContents(c);
        return c.textContent.length < 16 && text.getBoundingClientRect().height > 45;
    }).map((c) => c.textContent)"""
LUMINANCE = """getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
    .reduce((sum, n) => sum + Number(n), 0) / 3"""


def findings(b):
    rules = b.eval(SHOWN)
    expect("number of rules", len(rules), 8)
    expect("the first", rules[0], "start-library-missing")
    expect("summary", b.eval("document.querySelector('.badges').textContent"),
           "3 errors2 warnings10 notes1 ignored")
    expect("closed at first", b.eval("document.querySelector('.rule.warning').open"), False)
    b.click(".rule.warning summary")
    expect("open after a click", b.eval("document.querySelector('.rule.warning').open"), True)
    expect("evidence is shown", b.eval("""document.querySelector(".rule.warning .evidence")
           .checkVisibility()"""), True)
    b.click(".toggles button.note")
    expect("without notes", [r for r in b.eval(SHOWN) if r in ("surface-shell", "setuid-packaged")], [])
    b.click(".toggles button.note")
    b.type(".find-findings", "ghp_")
    expect("filtered", b.eval(SHOWN), ["secret-token"])
    b.type(".find-findings", "nothing has this")
    expect("nothing fits", b.eval("document.querySelector('.findings .none').hidden"), False)
    b.eval("""(() => { const i = document.querySelector(".find-findings"); i.value = "";
           i.dispatchEvent(new Event("input")); })()""")
    expect("all again", len(b.eval(SHOWN)), 8)


def sizes(b):
    b.hover(".leaf.h1")
    expect("hovered", b.eval("document.querySelector('.hovered').textContent"),
           "/usr/lib/gcc/x86_64-linux-gnu/12 · 31 MB in 1 file · gcc-12 · layer 2")
    b.type(".find-tiles", "libc6")
    expect("tiles of a package", b.eval("document.querySelectorAll('.leaf:not(.out)').length"), 3)
    expect("dead bytes are drawn", b.eval("document.querySelectorAll('.leaf.dead').length"), 2)
    areas = b.eval("""Array.from(document.querySelectorAll(".leaf")).map((r) =>
        [r.width.baseVal.value * r.height.baseVal.value, r.querySelector("title").textContent])""")
    lists = next(a for a, text in areas if "/var/lib/apt/lists" in text)
    gcc = next(a for a, text in areas if "gcc/x86_64" in text)
    # 42.3 and 31 MB; heads and edges take some of each
    expect("areas by bytes", abs(lists / gcc - 42.3 / 31) < 0.12, True)


def tables(b):
    first = "document.querySelector('.packages tbody td').textContent"
    expect("the largest first", b.eval(first), "gcc-12")
    b.click(".packages th")
    expect("sorted by name", b.eval(first), "base-files")
    b.click(".packages th:nth-child(5)")
    expect("sorted by size", b.eval(first), "gcc-12")
    b.click(".packages th:nth-child(5)")
    expect("the other way", b.eval(first), "base-files")
    b.type(".find-rows", "perl")
    expect("filtered rows", b.eval("""Array.from(document.querySelectorAll(".packages tbody tr"))
        .filter((r) => r.checkVisibility()).length"""), 1)
    expect("rows of layers", b.eval("document.querySelectorAll('.layers tbody tr').length"), 3)


def looks(b):
    for name, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"),
                                ("narrow", 390, "light")):
        b.call("Emulation.setDeviceMetricsOverride", width=width, height=2600, deviceScaleFactor=1,
               mobile=False)
        b.call("Emulation.setEmulatedMedia",
               features=[{"name": "prefers-color-scheme", "value": scheme}])
        b.screenshot(os.path.join(folder, name + ".png"))
        expect(name + " is as bright as it should be", b.eval(LUMINANCE) > 128, scheme == "light")
        expect(name + " keeps names and versions of packages whole",
               b.eval(BROKEN_NAMES), [])
        expect(name + " doesn't scroll sideways",
               b.eval("document.documentElement.scrollWidth <= innerWidth"), True)
    b.call("Emulation.clearDeviceMetricsOverride")


def no_scripts(b, path):
    b.call("Emulation.setScriptExecutionDisabled", value=True)
    b.open(path)
    b.call("Emulation.setScriptExecutionDisabled", value=False)
    expect("no controls without scripts", b.eval("""Array.from(document.querySelectorAll(".controls"))
        .some((c) => c.checkVisibility())"""), False)
    expect("the map is there without scripts",
           b.eval("document.querySelector('.map').checkVisibility()"), True)
    b.click(".rule.note summary")
    expect("opens without scripts", b.eval("document.querySelector('.rule.note').open"), True)


def hostile(b):
    b.open(page("hostile"))
    expect("the title", "owned" in b.eval("document.title") and
           b.eval("document.title").startswith("</script>"), True)
    expect("scripts", b.eval("document.scripts.length"), 1)
    expect("images", b.eval("document.images.length"), 0)
    expect("handlers", b.eval("""Array.from(document.querySelectorAll("*")).filter((e) =>
        Array.from(e.attributes).some((a) => a.name.startsWith("on"))).length"""), 0)


def loaded(b):
    """What the page asked for besides itself, and what went wrong in it."""
    asked = [e["params"]["request"]["url"] for e in b.events
             if e.get("method") == "Network.requestWillBeSent"]
    expect("requests", len(asked), 1)
    bad = [e for e in b.events if e.get("method") in
           ("Runtime.exceptionThrown", "Log.entryAdded")]
    expect("errors in the page", bad, [])


def main():
    b = browser.Browser(os.path.join(folder, "profile"))
    try:
        plain = page("plain")
        b.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1,
               mobile=False)
        b.open(plain)
        for check in (findings, sizes, tables, looks, loaded):
            check(b)
        no_scripts(b, plain)
        hostile(b)
        loaded(b)
        b.open(page("pair"))
        expect("images side by side", b.eval("document.querySelectorAll('.compare tbody tr').length"), 2)
        expect("two articles", b.eval("document.querySelectorAll('article').length"), 2)
        huge = page("huge")
        expect("at most 2 MB", os.path.getsize(huge) <= 2 << 20, True)
        start = time.monotonic()
        b.open(huge)
        expect("rectangles", 100 < b.eval("document.querySelectorAll('.leaf').length") <= 1500, True)
        seconds = time.monotonic() - start
        expect(f"opened at once, not in {seconds:.1f} s", seconds < 5, True)
    finally:
        b.close()
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
