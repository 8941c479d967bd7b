#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
bad_debs.py GOOD.deb DIR: writes Debian packages into DIR, each with the one defect that its name
tells. Standard library only; the archives are put together by hand, since no tool writes them.
zstd's are made by zstd(1).
"""
import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import zlib

GIB = 1 << 30
PIECE = 50 << 20
PIECES = 8  # together more than a small package may unpack to
MTIME = 1767323045


# -- ar

def header(name, size, mtime="1767323045", uid="0", gid="0", mode="100644", end="`\n"):
    return (f"{name:<16}{mtime:<12}{uid:<6}{gid:<6}{mode:<8}{size:<10}{end}").encode()


def member(name, data, **fields):
    size = fields.pop("size", len(data))
    return header(name, size, **fields) + data + (b"\n" if len(data) % 2 else b"")


def ar(*members):
    return b"!<arch>\n" + b"".join(members)


def read_ar(data):
    at, found = 8, {}
    while at < len(data):
        name, size = data[at:at + 16].decode().strip(), int(data[at + 48:at + 58])
        found[name] = data[at + 60:at + 60 + size]
        at += 60 + size + size % 2
    return found


# -- tar

def entry(name, data=b"", kind=tarfile.REGTYPE, link="", mode=0o644, size=None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.mtime = kind, link, mode, MTIME
    info.size = len(data) if size is None else size
    padding = b"\0" * (-len(data) % 512)
    return info.tobuf(tarfile.GNU_FORMAT) + data + padding


def folder(name):
    return entry(name, kind=tarfile.DIRTYPE, mode=0o755)


END = b"\0" * 1024


def tar(*entries):
    return folder("./") + folder("./usr/") + b"".join(entries) + END


# -- compression

def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


COMPRESS = {
    "gz": lambda d: gzip.compress(d, 9, mtime=0),
    "xz": lzma.compress,
    "zst": zstd,
    "bz2": bz2.compress,
    "lzma": lambda d: lzma.compress(d, lzma.FORMAT_ALONE),
}


def xz(data):
    return lzma.compress(data)


def bomb(codec):
    """Files of zeros, each of a size that is nothing special, packed to some hundred bytes."""
    zeros = b"\0" * PIECE
    heads = [folder("./") + folder("./usr/")] + [entry(f"./usr/bomb{i}", size=PIECE)
                                                 for i in range(PIECES)]
    if codec == "lzma":  # knows no concatenation
        c = lzma.LZMACompressor(lzma.FORMAT_ALONE, preset=0)
        return c.compress(heads[0]) + b"".join(
            c.compress(head) + c.compress(zeros) for head in heads[1:]) + c.flush()
    piece = COMPRESS[codec](zeros)
    return COMPRESS[codec](heads[0]) + b"".join(COMPRESS[codec](head) + piece
                                                for head in heads[1:])


# -- packages

def write(directory, name, data):
    with open(os.path.join(directory, name + ".deb"), "wb") as f:
        f.write(data)


class Maker:
    def __init__(self, good, directory):
        parts = read_ar(good)
        self.directory = directory
        self.binary = parts["debian-binary"]
        self.control = parts["control.tar.xz"]
        self.data = parts["data.tar.xz"]

    def put(self, name, data):
        write(self.directory, name, data)

    def control_of(self, name, extra=b""):
        text = (f"Package: {name}\nVersion: 1.0\nArchitecture: amd64\n"
                "Maintainer: T <t@t>\nDescription: bad\n").encode()
        return xz(folder("./") + entry("./control", text) + extra + END)

    def put_data(self, name, data, member_name="data.tar.xz"):
        self.put(name, ar(member("debian-binary", self.binary),
                          member("control.tar.xz", self.control_of(name)),
                          member(member_name, data)))

    def put_tar(self, name, *entries):
        self.put_data(name, xz(tar(*entries)))

    def put_members(self, name, *members):
        self.put(name, ar(*members))

    def names(self):
        link, hard = tarfile.SYMTYPE, tarfile.LNKTYPE
        self.put_tar("control-sample", entry("./usr/file", b"good\n"))
        self.put_tar("dotdot", entry("./usr/../../etc/passwd", b"x"))
        self.put_tar("absolute", entry("/etc/passwd", b"x"))
        self.put_tar("through-link", entry("./usr/link", kind=link, link="/etc"),
                     entry("./usr/link/passwd", b"x"))
        self.put_tar("file-over-link", entry("./usr/x", kind=link, link="/etc/passwd"),
                     entry("./usr/x", b"x"))
        self.put_tar("link-over-file", entry("./usr/x", b"x"),
                     entry("./usr/x", kind=link, link="/etc/passwd"))
        self.put_tar("below-file", entry("./usr/x", b"x"), entry("./usr/x/y", b"x"))
        self.put_tar("device", entry("./dev/sda", kind=tarfile.CHRTYPE))
        self.put_tar("block", entry("./dev/sda", kind=tarfile.BLKTYPE))
        for name, target in (("nothing", "./usr/none"), ("self", "./usr/b"), ("dir", "./usr"),
                             ("out", "./../../etc/shadow"), ("absolute", "/etc/shadow")):
            self.put_tar("hardlink-" + name, entry("./usr/a", b"x"),
                         entry("./usr/b", kind=hard, link=target))

    def sizes(self):
        self.put_data("huge-declared",
                      xz(folder("./") + folder("./usr/") + entry("./usr/x", size=10 * GIB) + END))
        self.put_data("huge-limit",
                      xz(folder("./") + folder("./usr/") + entry("./usr/x", size=900 * GIB) + END))
        for codec in COMPRESS:
            self.put_data("bomb-" + codec, bomb(codec), "data.tar." + codec)
        control = folder("./") + entry("./control", b"Package: bomb-control\n") + \
            entry("./templates", b"\0" * (200 << 20))
        self.put("bomb-control", ar(member("debian-binary", self.binary),
                                    member("control.tar.xz", xz(control + END)),
                                    member("data.tar.xz", self.data)))
        greedy = lzma.compress(tar(entry("./usr/x", b"x")), filters=[
            {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}])
        # the dictionary's size in the block header becomes 4 GiB - 1, its checksum is put right
        at = greedy.index(b"\x21\x01") + 2
        block = bytearray(greedy[12:24])
        block[at - 12] = 40
        crc = zlib.crc32(bytes(block[:8]))
        block[8:12] = crc.to_bytes(4, "little")
        self.put_data("xz-memory", greedy[:12] + bytes(block) + greedy[24:])

    def ar_faults(self):
        rest = (member("control.tar.xz", self.control), member("data.tar.xz", self.data))
        self.put("ar-empty", b"")
        self.put("ar-other", b"PK\3\4" + b"x" * 1000)
        self.put("ar-magic", b"!<arch>")
        for field, value in (("mtime", "yesterday"), ("uid", "root"), ("gid", "-1"),
                             ("mode", "rw-r--r-"), ("end", "``")):
            self.put("ar-" + field, ar(member("debian-binary", self.binary, **{field: value}),
                                       *rest))
        self.put("ar-name", ar(member("", self.binary), *rest))
        self.put("ar-size", ar(member("debian-binary", self.binary, size="0x4"), *rest))
        self.put("ar-size-negative", ar(member("debian-binary", self.binary, size="-4"), *rest))
        self.put("ar-size-large", ar(member("debian-binary", self.binary), rest[0],
                                     member("data.tar.xz", self.data, size=len(self.data) + 999)))
        self.put("ar-cut-header", ar(member("debian-binary", self.binary), rest[0], rest[1][:30]))

    def member_faults(self):
        binary = member("debian-binary", self.binary)
        control = member("control.tar.xz", self.control)
        data = member("data.tar.xz", self.data)
        self.put_members("no-binary", control, data)
        self.put_members("no-control", binary, data)
        self.put_members("no-data", binary, control)
        self.put_members("wrong-order", binary, data, control)
        self.put_members("twice-control", binary, control, control, data)
        self.put_members("version-3", member("debian-binary", b"3.0\n"), control, data)
        self.put_members("unknown-codec", binary, control, member("data.tar.rar", self.data))
        self.put_members("trailing-garbage", binary, control, data, b"garbage" * 20)
        self.put("underscore", ar(binary, member("_future", b"??"),
                                  member("control.tar.xz", self.control_of("underscore")),
                                  member("_more", b"???"), data, member("_last", b"?")))

    def stream_faults(self):
        plain = tar(entry("./usr/file", os.urandom(3000)))
        broken = bytearray(plain)
        broken[512 + 148] ^= 1
        self.put_data("tar-checksum", xz(bytes(broken)))
        self.put_data("tar-cut", xz(plain[:3000]))
        self.put_data("tar-cut-header", xz(plain[:700]))
        for codec, compress in COMPRESS.items():
            good = compress(plain)
            changed = bytearray(good)
            for at in range(len(good) // 2, len(good) // 2 + 40):
                changed[at] ^= 0xa5
            self.put_data("cut-" + codec, good[:-40], "data.tar." + codec)
            self.put_data("changed-" + codec, bytes(changed), "data.tar." + codec)
        self.put_data("empty-xz", b"")

    def control_faults(self):
        binary, data = member("debian-binary", self.binary), member("data.tar.xz", self.data)
        self.put_members("control-none", binary, member("control.tar.xz", xz(folder("./") + END)),
                         data)
        self.put_members("control-other", binary, member("control.tar.xz", self.control), data)


def main():
    good, directory = sys.argv[1:]
    with open(good, "rb") as f:
        maker = Maker(f.read(), directory)
    maker.names()
    maker.sizes()
    maker.ar_faults()
    maker.member_faults()
    maker.stream_faults()
    maker.control_faults()


if __name__ == "__main__":
    main()
