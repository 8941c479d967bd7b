# SPDX-License-Identifier: Apache-2.0
"""
A link with delay for kernels without netem: two network namespaces, this one and another, joined by
a TUN device in each, and a process that carries every packet across some time after it came. All of
TCP is real: handshakes, windows, acknowledgements. Needs root, and the iproute2 and util-linux tools.
"""
import collections
import contextlib
import ctypes
import fcntl
import multiprocessing
import os
import select
import struct
import subprocess
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
HERE, THERE, DEVICE = "10.99.0.1", "10.99.0.2", "slow0"
MTU = 1500


def open_tun():
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def enter(pid):
    fd = os.open("/proc/%d/ns/net" % pid, os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def drain(fd, to, line, delay):
    while True:
        try:
            line.append((time.monotonic() + delay, to, os.read(fd, 65536)))
        except BlockingIOError:
            return


def carry(pid, delay, ready):
    """Every packet waits equally long, so that one queue keeps them in order."""
    here = open_tun()
    enter(pid)
    there = open_tun()
    ready.set()
    line = collections.deque()
    while True:
        wait = max(line[0][0] - time.monotonic(), 0) if line else None
        readable, _, _ = select.select([here, there], [], [], wait)
        for fd in readable:
            drain(fd, there if fd == here else here, line, delay)
        while line and line[0][0] <= time.monotonic():
            _, to, packet = line.popleft()
            with contextlib.suppress(OSError):  # the other end isn't up yet, or is full: it is lost
                os.write(to, packet)


class SlowLink:
    """`delay` seconds in each direction; THERE is the other end's address."""

    def __init__(self, delay):
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        own = os.readlink("/proc/self/ns/net")
        while os.readlink("/proc/%d/ns/net" % self.holder.pid) == own:
            time.sleep(0.01)
        ready = multiprocessing.Event()
        self.carrier = multiprocessing.Process(target=carry, daemon=True,
                                               args=(self.holder.pid, delay, ready))
        self.carrier.start()
        ready.wait()
        self.configure([], HERE, THERE)
        self.configure(self.beyond(), THERE, HERE)

    @staticmethod
    def configure(prefix, own, other):
        for words in ("link set lo up", "addr add %s peer %s dev %s" % (own, other, DEVICE),
                      "link set %s mtu %d up" % (DEVICE, MTU)):
            subprocess.run(prefix + ["ip"] + words.split(), check=True)

    def beyond(self):
        """What to put before a command that is to run at the other end."""
        return ["nsenter", "--net=/proc/%d/ns/net" % self.holder.pid]

    def close(self):
        self.carrier.kill()
        self.holder.kill()
        self.holder.wait()
