#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Makes a .deb that dpkg-deb wouldn't: any compression that dpkg ever wrote, extended attributes,
hard links, owners, long names, devices, names that must be refused.

    make_deb.py OUT.deb < SPEC.json

SPEC: { "control": "text of the control file", "compression": "xz",
        "members": {"conffiles": "text", …},
        "format": "gnu" | "pax",
        "data": [ {"name": "./usr/x", "type": "file|dir|symlink|hardlink|char|fifo",
                   "text": "…", "link": "…", "mode": 420, "uid": 0, "gid": 0, "mtime": 1,
                   "size": 5, "xattrs": {"security.capability": "HEX"}}, … ] }
"""
import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys
import tarfile

TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE,
         "hardlink": tarfile.LNKTYPE, "char": tarfile.CHRTYPE, "fifo": tarfile.FIFOTYPE}
CODECS = {
    "none": ("", lambda b: b),
    "gz": (".gz", lambda b: gzip.compress(b, mtime=0)),
    "xz": (".xz", lzma.compress),
    "bz2": (".bz2", bz2.compress),
    "lzma": (".lzma", lambda b: lzma.compress(b, format=lzma.FORMAT_ALONE)),
    "zst": (".zst", lambda b: subprocess.run(["zstd", "-cq"], input=b, stdout=subprocess.PIPE,
                                             check=True).stdout),
}


def tar_of(entries, form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", encoding="utf-8", errors="surrogateescape",
                      format=tarfile.PAX_FORMAT if form == "pax" else tarfile.GNU_FORMAT) as tar:
        for entry in entries:
            info = tarfile.TarInfo(entry["name"])
            info.type = TYPES[entry.get("type", "file")]
            info.mode = entry.get("mode", 0o755 if info.type == tarfile.DIRTYPE else 0o644)
            info.uid, info.gid = entry.get("uid", 0), entry.get("gid", 0)
            info.uname = info.gname = "root"
            info.mtime = entry.get("mtime", 1767323045)
            info.linkname = entry.get("link", "")
            for name, value in entry.get("xattrs", {}).items():
                info.pax_headers["SCHILY.xattr." + name] = bytes.fromhex(value).decode(
                    "utf-8", "surrogateescape")
            data = entry.get("text", "").encode()
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def member(name, data):
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n"
    return header.encode() + data + b"\n" * (len(data) % 2)


def main():
    spec = json.load(sys.stdin)
    suffix, encode = CODECS[spec.get("compression", "xz")]
    control_suffix, control_encode = CODECS[spec.get("control_compression",
                                                     "gz" if suffix in (".bz2", ".lzma")
                                                     else spec.get("compression", "xz"))]
    members = {"control": spec["control"], **spec.get("members", {})}
    control = tar_of([{"name": "./" + name, "text": text} for name, text in members.items()],
                     "gnu")
    data = tar_of(spec["data"], spec.get("format", "gnu"))
    with open(sys.argv[1], "wb") as f:
        f.write(b"!<arch>\n" + member("debian-binary", b"2.0\n") +
                member("control.tar" + control_suffix, control_encode(control)) +
                member("data.tar" + suffix, encode(data)))


main()
