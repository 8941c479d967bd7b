#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes Alpine packages (format 2) and signed indexes of them, from apk-v2(5), for tests.

    make_apk.py package OUT ROOT [KEY=VALUE…] [.SCRIPT=FILE…] [--break WHAT]
    make_apk.py index FOLDER KEYFILE KEYNAME [sha1|sha256|none|dsa]

ROOT's files go in as root's. KEY=VALUE are lines of .PKGINFO, a key may come again. What breaks:
checksum (a file's PAX record), datahash, member (two bytes are missing at the boundary before the
data), trailing (bytes behind the data), hardlink (to nothing), escape ('../x'), absolute ('/x'),
bomb (300 MiB of zeros), pkgname (another name in .PKGINFO).
"""
import base64
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import zlib

MTIME = 1700000000


def member(data):
    return gzip.compress(data, 9 if len(data) > 100 << 20 else 1, mtime=0)


def tar_of(entries, end):
    """Entries are (TarInfo, bytes); without `end` the blocks that close an archive are missing."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data) if data is not None else None)
        size = out.tell()
    return out.getvalue() if end else out.getvalue()[:size]


def info_of(name, data=b"", mode=0o644):
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(data), mode, MTIME
    info.uname = info.gname = "root"
    return info


def checksum(info, data, broken):
    info.pax_headers = {
        "APK-TOOLS.checksum.SHA1": hashlib.sha1(b"other" if broken else data).hexdigest()}


def files_of(root, what):
    entries, seen = [], {}
    for folder, dirs, names in os.walk(root):
        dirs.sort()
        for name in sorted(dirs + names):
            path = os.path.join(folder, name)
            rel, st = os.path.relpath(path, root), os.lstat(path)
            info = info_of(rel, mode=st.st_mode & 0o7777)
            data = None
            if os.path.islink(path):
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, os.readlink(path), 0o777
                checksum(info, info.linkname.encode(), False)
            elif os.path.isdir(path):
                info.type = tarfile.DIRTYPE
            elif st.st_nlink > 1 and st.st_ino in seen:
                info.type, info.linkname = tarfile.LNKTYPE, seen[st.st_ino]
            else:
                data = open(path, "rb").read()
                seen[st.st_ino] = rel
                info.size = len(data)
                checksum(info, data, what == "checksum")
            entries.append((info, data))
    return entries


def extra_of(what):
    if what == "hardlink":
        info = info_of("usr/bin/link")
        info.type, info.linkname = tarfile.LNKTYPE, "usr/bin/nothing"
        return [(info, None)]
    if what in ("escape", "absolute"):
        return [(info_of("../x" if what == "escape" else "/x", b"x"), b"x")]
    if what == "bomb":
        data = bytes(300 << 20)
        return [(info_of("zeros", data), data)]
    return []


def package(out, root, words, what):
    data = member(tar_of(files_of(root, what) + extra_of(what), True))
    values = [w.split("=", 1) for w in words if not w.startswith(".")]
    scripts = [w.split("=", 1) for w in words if w.startswith(".")]
    if what == "pkgname":
        values = [(k, v + "x" if k == "pkgname" else v) for k, v in values]
    size = sum(os.lstat(os.path.join(d, f)).st_size for d, _, n in os.walk(root) for f in n)
    text = "# made by a test\n" + "".join(f"{k} = {v}\n" for k, v in values)
    text += f"size = {size}\nbuilddate = {MTIME}\n"
    digest = hashlib.sha256(b"x" if what == "datahash" else data).hexdigest()
    text += f"datahash = {digest}\n"
    control = [(info_of(".PKGINFO", text.encode()), text.encode())]
    for name, path in scripts:
        script = open(path, "rb").read()
        control.append((info_of(name, script, 0o755), script))
    for info, _ in control:  # as abuild's tar writes them
        info.pax_headers = {"ctime": "0", "atime": "0"}
    head = member(tar_of(control, False))
    if what == "member":
        head = head[:-2]
    if what == "trailing":
        data += b"more"
    sign = member(tar_of([(info_of(".SIGN.RSA.test.rsa.pub", b"x" * 256), b"x" * 256)], False))
    with open(out, "wb") as f:
        f.write(sign + head + data)


def split(raw):
    """The compressed members of a file and what they decode to."""
    at = 0
    while at < len(raw):
        d = zlib.decompressobj(31)
        text = d.decompress(raw[at:])
        end = len(raw) - len(d.unused_data)
        yield raw[at:end], text
        at = end


LETTERS = {"pkgname": "P", "pkgver": "V", "arch": "A", "size": "I", "pkgdesc": "T", "url": "U",
           "license": "L", "origin": "o", "maintainer": "m", "builddate": "t", "commit": "c",
           "provider_priority": "k"}
LISTS = {"depend": "D", "provides": "p", "install_if": "i"}


def record(path):
    raw = open(path, "rb").read()
    members = split(raw)
    next(members)
    packed, text = next(members)
    with tarfile.open(fileobj=io.BytesIO(text + bytes(1024))) as tar:
        info = tar.extractfile(".PKGINFO").read().decode()
    out = ["C:Q1" + base64.b64encode(hashlib.sha1(packed).digest()).decode(), f"S:{len(raw)}"]
    lists = {}
    for line in info.splitlines():
        key, sign, value = line.partition(" = ")
        if sign and key in LETTERS:
            out.append(f"{LETTERS[key]}:{value}")
        elif sign and key in LISTS:
            lists.setdefault(LISTS[key], []).append(value)
    out += [f"{letter}:{' '.join(values)}" for letter, values in lists.items()]
    return "\n".join(out) + "\n"


def index(folder, key, name, how):
    text = ""
    for file in sorted(os.listdir(folder)):
        if not file.endswith(".apk"):
            continue
        side = os.path.join(folder, file + ".record")  # of packages that can't be read any more
        text += (open(side, encoding="utf-8").read() if os.path.exists(side)
                 else record(os.path.join(folder, file))) + "\n"
    write_index(folder, text.encode(), key, name, how)


def write_index(folder, text, key, name, how):
    body = member(tar_of([(info_of("DESCRIPTION", b"test"), b"test"),
                          (info_of("APKINDEX", text), text)], True))
    out = body
    if how != "none":
        digest = "sha256" if how == "sha256" else "sha1"
        signature = subprocess.run(["openssl", "dgst", "-" + digest, "-sign", key],
                                   input=body, stdout=subprocess.PIPE, check=True).stdout
        algorithm = {"sha256": "RSA256", "dsa": "DSA"}.get(how, "RSA")
        info = info_of(f".SIGN.{algorithm}.{name}", signature)
        out = member(tar_of([(info, signature)], False)) + body
    with open(os.path.join(folder, "APKINDEX.tar.gz"), "wb") as f:
        f.write(out)


def main(words):
    what = ""
    if "--break" in words:
        at = words.index("--break")
        what = words[at + 1]
        del words[at:at + 2]
    if words[0] == "package":
        package(words[1], words[2], words[3:], what)
    elif words[0] == "record":
        print(record(words[1]), end="")
    else:
        index(words[1], words[2], words[3], words[4] if len(words) > 4 else "sha1")


if __name__ == "__main__":
    main(sys.argv[1:])
