#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes packages and indexes of apk 3 (ADB), from apk-v3(5), for tests.

    make_adb.py package IN.apk OUT.apk [OPTION…]       of a package of format 2 (make_apk.py)
    make_adb.py index FOLDER OUT.adb KEYFILE [OPTION…]   of the packages in the folder

--codec=none|bare|deflate|zstd (how it is compressed; bare: "ADBc" with codec 0), --sign=KEYFILE
(a package), --spec=SPEC (an index's pkgname-spec), --owner=PATH:USER:GROUP, --xattr=PATH:NAME=VALUE,
--hash=32|20|0 (bytes of hash in an index), --break=WHAT:

of a package: hash, algorithm, nodata, moredata, swapped, shorter, longer, cut, escape, absolute,
slash, device, hardlink, target, newline, word, cyclic, outside, type, shared, bomb, pkgname, mode,
codec, inner, schema, second, order, late, version, tiny
of an index: unsigned, digest, version, other, short, cut, shorter, longer, cyclic, data, schema, word,
hash, escape
"""
import hashlib
import io
import os
import struct
import subprocess
import sys
import tarfile
import zlib

OBJECT, ARRAY = 0xe, 0xd


class Adb:
    """Values, put one behind the other; equal blobs are shared, as apk does it."""

    def __init__(self):
        self.bytes, self.known = bytearray(8), {}

    def put(self, data, align):
        key = (bytes(data), align)
        if key not in self.known:
            self.bytes += bytes(-len(self.bytes) % align)
            self.known[key] = len(self.bytes)
            self.bytes += data
        return self.known[key]

    def blob(self, data):
        if isinstance(data, str):
            data = data.encode()
        if not data:
            return 0
        for kind, form, limit in ((8, "<B", 0xff), (9, "<H", 0xffff), (10, "<I", 1 << 32)):
            if len(data) <= limit:
                return kind << 28 | self.put(struct.pack(form, len(data)) + data, struct.calcsize(form))
        raise ValueError

    def number(self, n):
        if n < 1 << 28:
            return 1 << 28 | n
        form, kind = ("<I", 2) if n < 1 << 32 else ("<Q", 3)
        return kind << 28 | self.put(struct.pack(form, n), 4)

    def slots(self, kind, values):
        values = list(values)
        while kind == OBJECT and values and values[-1] == 0:
            values.pop()
        if not values:
            return 0
        data = struct.pack(f"<{len(values) + 1}I", len(values) + 1, *values)
        return kind << 28 | self.put(data, 4)

    def done(self, root, compat=0):
        self.bytes[0] = compat
        struct.pack_into("<I", self.bytes, 4, root)
        return bytes(self.bytes)


def block(kind, data, wrong=0, long=False):
    if long:
        head = struct.pack("<IIQ", 3 << 30 | kind, 0, 16 + len(data) + wrong)
    else:
        head = struct.pack("<I", kind << 30 | (4 + len(data) + wrong))
    out = head + data
    return out + bytes(-len(out) % 8)


def packed(data, codec):
    if codec == "none":
        return data
    if codec == "bare":
        return b"ADBc\0\0" + data
    if codec == "zstd":
        return b"ADBc\2\3" + subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE,
                                            check=True).stdout
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"ADBd" + deflate.compress(data) + deflate.flush()


def openssl(*words, data=b""):
    return subprocess.run(["openssl", *words], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout


def key_id(key):
    """Of the bare key: RSAPublicKey, or the point at the end of an EC key's DER."""
    if b"EC PRIVATE" in open(key, "rb").read():
        bare = openssl("ec", "-in", key, "-pubout", "-outform", "DER")[-65:]
    else:
        bare = openssl("rsa", "-in", key, "-RSAPublicKey_out", "-outform", "DER")
    return hashlib.sha512(bare).digest()[:16]


def signature(key, schema, values, what=""):
    head = bytes([1 if what == "version" else 0, 9 if what == "digest" else 4]) + key_id(key)
    if what == "other":
        values += b"x"
    message = schema + head + hashlib.sha512(values).digest()
    return (head + openssl("dgst", "-sha512", "-sign", key, data=message))[:9 if what == "short"
                                                                         else None]


# ---- what they say ----

MATCHES = {"=": 1, "<": 2, ">": 4, "~": 9}


def dependency(adb, word):
    match, at = (16, 1) if word.startswith("!") else (0, 0)
    end = at
    while end < len(word) and word[end] not in "<>=~":
        end += 1
    start = end
    while end < len(word) and word[end] in "<>=~":
        match |= MATCHES[word[end]]
        end += 1
    name, version = word[at:start], word[end:]
    return adb.slots(OBJECT, [adb.blob(name), adb.blob(version),
                              adb.number(match) if match not in (0, 1) else 0])


def words(adb, values):
    return adb.slots(ARRAY, [dependency(adb, w) for v in values for w in v.split()])


TEXTS = {"pkgname": 1, "pkgver": 2, "pkgdesc": 4, "arch": 5, "license": 6, "origin": 7,
         "maintainer": 8, "url": 9}
NUMBERS = {"builddate": 11, "size": 12, "provider_priority": 14}
LISTS = {"depend": 15, "provides": 16, "replaces": 17, "install_if": 18}


def info_of(adb, lines, hashed=b"", file_size=0, what=""):
    slots = [0] * 21
    for key, slot in TEXTS.items():
        slots[slot - 1] = adb.blob(" ".join(lines.get(key, [])))
    for key, slot in NUMBERS.items():
        slots[slot - 1] = adb.number(int(lines[key][0])) if key in lines else 0
    for key, slot in LISTS.items():
        slots[slot - 1] = words(adb, lines.get(key, []))
    if what == "pkgname":
        slots[0] = adb.blob(lines["pkgname"][0] + "x")
    if what == "newline":
        slots[3] = adb.blob("a\nreplaces = musl")
    if what == "word":
        slots[14] = adb.slots(ARRAY, [adb.slots(OBJECT, [adb.blob("a b")])])
    slots[2] = adb.blob(hashed)
    slots[12] = adb.number(file_size) if file_size else 0
    return adb.slots(OBJECT, slots)


# ---- packages ----

SCRIPTS = [".trigger", ".pre-install", ".post-install", ".pre-deinstall", ".post-deinstall",
           ".pre-upgrade", ".post-upgrade"]


def members(path):
    raw = open(path, "rb").read()
    while raw:
        d = zlib.decompressobj(31)
        yield tarfile.open(fileobj=io.BytesIO(d.decompress(raw) + bytes(1024)))
        raw = d.unused_data


def lines_of(tar):
    lines = {}
    for line in tar.extractfile(".PKGINFO").read().decode().splitlines():
        key, sign, value = line.partition(" = ")
        if sign:
            lines.setdefault(key, []).append(value)
    return lines


def acl(adb, entry, options, what):
    user, group = entry.uname or "root", entry.gname or "root"
    xattrs = []
    for option in options:
        if option.startswith(f"--owner={entry.name}:"):
            user, group = option.split(":")[1:]
        if option.startswith(f"--xattr={entry.name}:"):
            name, _, value = option.partition(":")[2].partition("=")
            xattrs.append(adb.blob(name.encode() + b"\0" + value.encode()))
    mode = 0o100644 if what == "mode" else entry.mode
    return adb.slots(OBJECT, [adb.number(mode), adb.blob(user), adb.blob(group),
                              adb.slots(ARRAY, xattrs)])


def hash_of(data, what):
    if what == "algorithm":
        return hashlib.md5(data).digest()
    return hashlib.sha256(b"x" if what == "hash" else data).digest()


def file_of(adb, entry, data, options, what):
    target, content = b"", b""
    if entry.issym():
        target = struct.pack("<H", 0o120000) + entry.linkname.encode()
    elif entry.islnk():
        target = struct.pack("<H", 0o100000) + entry.linkname.encode()
    elif entry.ischr():
        target = struct.pack("<HQ", 0o020000, 0x103)
    else:
        content = hash_of(data, what)
    if what == "target" and entry.issym():
        target = b"\0\xa0"
    return adb.slots(OBJECT, [adb.blob(entry.name.rpartition("/")[2] if what != "slash" else entry.name),
                              acl(adb, entry, options, what), adb.number(len(data)),
                              adb.number(int(entry.mtime)), adb.blob(content), adb.blob(target)])


def bare(name, kind=tarfile.REGTYPE, link=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode, entry.uname, entry.gname = kind, link, 0o644, "root", "root"
    return entry


def extra_of(what):
    if what == "device":
        return [(bare("dev/null", tarfile.CHRTYPE), b"")]
    if what == "hardlink":
        return [(bare("usr/link", tarfile.LNKTYPE, "usr/nothing"), b"")]
    if what == "bomb":
        return [(bare("zeros"), bytes(300 << 20))]
    return []


def folders_of(adb, tar, options, what):
    """The folders' array, and a block of data for each file in it."""
    entries, folders, blocks = {"": [None, []]}, [], []
    for entry in tar:
        entry.name = entry.name.strip("/")
        if entry.isdir():
            entries.setdefault(entry.name, [None, []])[0] = entry
            continue
        data = tar.extractfile(entry).read() if entry.isreg() else b""
        entries.setdefault(entry.name.rpartition("/")[0], [None, []])[1].append((entry, data))
    for entry, data in extra_of(what):
        entries.setdefault(entry.name.rpartition("/")[0], [None, []])[1].append((entry, data))
    for number, name in enumerate(sorted(entries), 1):
        entry, files = entries[name]
        files.sort(key=lambda f: f[0].name)
        if entry is None:
            entry = bare(name, tarfile.DIRTYPE)
            entry.mode = 0o755
        slots = [file_of(adb, f, data, options, what) for f, data in files]
        for at, (f, data) in enumerate(files, 1):
            if data and f.isreg():
                pair = (at, number) if what == "swapped" else (number, at)
                if what != "nodata" or blocks:
                    blocks.append(struct.pack("<II", *pair) + data)
        if what == "shared" and slots:
            slots = slots[1:2] * 400000  # a link
        shown = {"escape": "../x", "absolute": "/x"}.get(what, name) if files and name else name
        folders.append(adb.slots(OBJECT, [adb.blob(shown), acl(adb, entry, options, ""),
                                          adb.slots(ARRAY, slots)]))
    if what == "shared":
        folders = folders[-1:] * 400000
    return adb.slots(ARRAY, folders), blocks


def package(source, out, options, what):
    parts = list(members(source))[-2:]
    lines, adb = lines_of(parts[0]), Adb()
    scripts = [adb.blob(parts[0].extractfile(n).read()) if n in parts[0].getnames() else 0
               for n in SCRIPTS]
    folders, blocks = folders_of(adb, parts[1], options, what)
    triggers = [adb.blob(w) for v in lines.get("triggers", []) for w in v.split()]
    priority = lines.get("replaces_priority", ["0"])[0]
    info = info_of(adb, lines, b"\1" * 20, what=what)
    root = adb.slots(OBJECT, [info, folders, adb.slots(OBJECT, scripts), adb.slots(ARRAY, triggers),
                              adb.number(int(priority)) if priority != "0" else 0])
    if what == "cyclic":
        at = len(adb.bytes) + -len(adb.bytes) % 4
        root = OBJECT << 28 | at
        adb.put(struct.pack("<4I", 4, root, root, root), 4)
    if what == "outside":
        root = OBJECT << 28 | 0xfffff0
    if what == "type":
        root = adb.number(5)
    values = adb.done(root, 3 if what == "version" else 0)
    if what == "tiny":
        values = b"\0\0\0"
    schema = b"indx" if what == "schema" else b"pckg"
    data = b"ADB." + schema + block(0, values)
    for option in options:
        if option.startswith("--sign="):
            data += block(1, signature(option[7:], schema, values))
    if what == "second":
        data += block(0, values)
    if what == "order":
        data = b"ADB." + schema + block(2, b"x") + data[8:]
    wrong = {"shorter": -1, "longer": 1}.get(what, 0)
    for at, b in enumerate(blocks):
        data += block(2, b, wrong if at == 0 else 0, long=at % 2 == 1)
    if what == "moredata":
        data += block(2, struct.pack("<II", 1, 1) + b"more")
    if what == "late":
        data += block(1, b"x" * 30)
    if what == "cut":
        data = data[:-9]
    if what == "inner":
        data = b"XDB." + data[4:]
    data = packed(data, codec_of(options, "deflate"))
    if what == "codec":
        data = b"ADBc\7\1" + data[4:]
    with open(out, "wb") as f:
        f.write(data)


def codec_of(options, default):
    return next((o[8:] for o in options if o.startswith("--codec=")), default)


# ---- indexes ----

def opened(path):
    """The values of a package of apk 3, or None; nothing of one that can't be read."""
    raw = open(path, "rb").read()
    if raw[:3] != b"ADB":
        return None
    if raw[:4] == b"ADBc" and raw[4] not in (0, 2):
        return b""
    if raw[:4] == b"ADBd":
        raw = zlib.decompress(raw[4:], -15)
    elif raw[:4] == b"ADBc":
        raw = raw[6:] if raw[4] == 0 else subprocess.run(
            ["zstd", "-dqc"], input=raw[6:], stdout=subprocess.PIPE, check=True).stdout
    if raw[:4] != b"ADB.":
        return b""
    word, = struct.unpack_from("<I", raw, 8)
    return raw[12:8 + word]


def read_slots(values, value):
    at = value & 0xfffffff
    count, = struct.unpack_from("<I", values, at)
    return struct.unpack_from(f"<{count - 1}I", values, at + 4)


def copy(adb, values, value):
    """A value of one block, put into another."""
    kind, at = value >> 28, value & 0xfffffff
    if kind in (OBJECT, ARRAY):
        return adb.slots(kind, [copy(adb, values, v) for v in read_slots(values, value)])
    sizes = {2: 4, 3: 8}
    if kind in sizes:
        return kind << 28 | adb.put(values[at:at + sizes[kind]], 4)
    for blob, form in ((8, "<B"), (9, "<H"), (10, "<I")):
        if kind == blob:
            size, = struct.unpack_from(form, values, at)
            return adb.blob(values[at + struct.calcsize(form):][:size])
    return value


def record(adb, path, options, what):
    # What an index says of a package that can't be read comes from another file beside it.
    info_path = path + ".info" if os.path.exists(path + ".info") else path
    values = opened(path)
    size = int(next((o[7:] for o in options if o.startswith("--hash=")), "32"))
    if values is None:  # of format 2: named by its control member
        side = list(packed_members(path))[-2]
        return info_of(adb, lines_of(list(members(path))[-2]), hashlib.sha256(side).digest()[:size],
                       os.path.getsize(path))
    hashed = hashlib.md5(values).digest() if what == "hash" else hashlib.sha256(values).digest()[:size]
    values = opened(info_path)
    info = read_slots(values, read_slots(values, struct.unpack_from("<I", values, 4)[0])[0])
    slots = [copy(adb, values, v) for v in info] + [0] * (21 - len(info))
    slots[2], slots[12] = adb.blob(hashed), adb.number(os.path.getsize(path))
    if what == "word":
        slots[15] = adb.slots(ARRAY, [adb.slots(OBJECT, [adb.blob("musl=1 evil")])])
    return adb.slots(OBJECT, slots)


def packed_members(path):
    raw = open(path, "rb").read()
    while raw:
        d = zlib.decompressobj(31)
        d.decompress(raw)
        yield raw[:len(raw) - len(d.unused_data)]
        raw = d.unused_data


def index(folder, out, key, options, what):
    adb, packages = Adb(), []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".apk"):
            packages.append(record(adb, path, options, what))
    spec = next((o[7:] for o in options if o.startswith("--spec=")), "")
    if what == "escape":
        spec = "../${name}-${version}.apk"
    root = adb.slots(OBJECT, [adb.blob("test"), adb.slots(ARRAY, packages), adb.blob(spec)])
    if what == "cyclic":
        root = OBJECT << 28 | (len(adb.bytes) + -len(adb.bytes) % 4)
        adb.put(struct.pack("<3I", 3, root, root), 4)
    values = adb.done(root)
    schema = b"pckg" if what == "schema" else b"indx"
    data = b"ADB." + schema + block(0, values, {"shorter": -1, "longer": 1}.get(what, 0))
    if what == "unsigned":
        pass
    elif what == "two":  # one that nobody can check, and a good one
        data += block(1, signature(key, schema, values, "version")) + block(
            1, signature(key, schema, values))
    else:
        data += block(1, signature(key, schema, values, what))
    if what == "data":
        data += block(2, b"x" * 9)
    if what == "cut":
        data = data[:-30]
    with open(out, "wb") as f:
        f.write(packed(data, codec_of(options, "none")))


def main(words):
    options = [w for w in words if w.startswith("--")]
    words = [w for w in words if not w.startswith("--")]
    what = next((o[8:] for o in options if o.startswith("--break=")), "")
    if words[0] == "package":
        package(words[1], words[2], options, what)
    else:
        index(words[1], words[2], words[3], options, what)


if __name__ == "__main__":
    main(sys.argv[1:])
