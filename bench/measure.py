# SPDX-License-Identifier: Apache-2.0
"""
Timing commands: wall time, processor time and peak memory of each run, and ratios between two
series. Processor time is what a busy machine changes least.
"""
import os
import statistics
import subprocess
import time


class Run:
    def __init__(self, seconds, cpu_seconds, peak_bytes):
        self.seconds = seconds
        self.cpu_seconds = cpu_seconds
        self.peak_bytes = peak_bytes


def run(command, statuses=(0,), **kwargs):
    """One run; a command that fails ends the benchmark with its output."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in statuses:
        raise SystemExit("%s failed:\n%s" % (" ".join(command), output.decode(errors="replace")))
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def spread(values, unit):
    return "%s %s / %s %s / %s %s" % (
        number(min(values)), unit, number(statistics.median(values)), unit,
        number(max(values)), unit)


def number(value):
    return "%.3g" % value if value < 100 else "%.0f" % value


def report(name, ours, peer=None, target=None):
    """min / median / max of a series, and of peer / ours pair by pair."""
    print("%-34s %s" % (name, spread([r.seconds * 1000 for r in ours], "ms")))
    print("%-34s %s" % ("  processor time", spread([r.cpu_seconds * 1000 for r in ours], "ms")))
    print("%-34s %s" % ("  peak memory",
                        "%.1f MiB" % (max(r.peak_bytes for r in ours) / 2**20)))
    if peer:
        ratios = [p.seconds / o.seconds for o, p in zip(ours, peer)]
        print("%-34s %s%s" % ("  times faster (min/median/max)",
                              " / ".join(number(f(ratios)) for f in
                                         (min, statistics.median, max)),
                              "   to reach: %s" % target if target else ""))
