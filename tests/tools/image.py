#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Looks into an OCI layout with Python's own tarfile: a second source for what pare wrote.

    image.py [--arch ARCH] COMMAND LAYOUT [ARGUMENT]

    check LAYOUT          every rule for canonical layers, over all layers; prints each breach
    ls LAYOUT             the merged tree: TYPE MODE UID:GID PATH [-> TARGET | = FIRST NAME]
    layers LAYOUT         a line per layer: number of entries, media type, history
    names LAYOUT N        the paths that are in layer N (from 1), '/' behind folders
    layer-of LAYOUT PATH  the number of the layer that holds the path
    cat LAYOUT PATH       a file's bytes, from the merged tree
    stat LAYOUT PATH      TYPE MODE UID:GID MTIME SIZE
    xattrs LAYOUT PATH    NAME=HEX, a line each
    manifest|config|index LAYOUT    the JSON document
"""
import argparse
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile

KINDS = {tarfile.DIRTYPE: "d", tarfile.REGTYPE: "f", tarfile.SYMTYPE: "l", tarfile.LNKTYPE: "h",
         tarfile.CHRTYPE: "c", tarfile.BLKTYPE: "b", tarfile.FIFOTYPE: "p"}


def path_of(member):
    """Without slashes around it; '' for the root, which is written as './'."""
    path = member.name.strip("/")
    return "" if path == "." else path


class Image:
    def __init__(self, layout, arch):
        self.layout = layout
        with open(f"{layout}/index.json", encoding="utf-8") as f:
            self.index = json.load(f)
        while "manifests" in self.index:
            found = [m for m in self.index["manifests"]
                     if not arch or m.get("platform", {}).get("architecture", arch) == arch]
            document = json.loads(self.blob(found[0]))
            if "manifests" not in document:
                break
            self.index = document
        self.manifest = document
        self.config = json.loads(self.blob(self.manifest["config"]))
        self.raw = [self.decode(d) for d in self.manifest["layers"]]
        self.layers = [tarfile.open(fileobj=io.BytesIO(raw)).getmembers() for raw in self.raw]

    def blob(self, descriptor):
        algorithm, value = descriptor["digest"].split(":")
        with open(f"{self.layout}/blobs/{algorithm}/{value}", "rb") as f:
            data = f.read()
        assert hashlib.sha256(data).hexdigest() == value, f"{value}: other bytes"
        assert len(data) == descriptor["size"], f"{value}: other size"
        return data

    def decode(self, descriptor):
        data = self.blob(descriptor)
        if descriptor["mediaType"].endswith("+zstd"):
            return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE,
                                  check=True).stdout
        if descriptor["mediaType"].endswith(".tar"):
            return data
        return gzip.decompress(data)

    def merged(self):
        """path → (layer, member), as a runtime would see it without whiteouts."""
        tree = {}
        for n, members in enumerate(self.layers):
            for m in members:
                tree[path_of(m)] = (n, m)
        return tree

    def bytes_of(self, path):
        n, m = self.merged()[path.strip("/")]
        with tarfile.open(fileobj=io.BytesIO(self.raw[n])) as tar:
            # by name: a member of another TarFile leads some versions of tarfile astray
            return tar.extractfile(m.name).read()


def check(image):
    """The rules of a canonical image, one message for each breach."""
    bad, kinds = [], {}
    for n, (raw, members) in enumerate(zip(image.raw, image.layers), 1):
        diff_id = "sha256:" + hashlib.sha256(raw).hexdigest()
        if diff_id != image.config["rootfs"]["diff_ids"][n - 1]:
            bad.append(f"layer {n}: other diff_id")
        own = []
        for m in members:
            path = path_of(m)
            if m.uname or m.gname:
                bad.append(f"layer {n}: {path} has a user name")
            if path and path != m.name.rstrip("/") or path in own:
                bad.append(f"layer {n}: {path} is odd or there twice")
            own.append(path)
            above = path.rpartition("/")[0]
            if not path and (own != [""] or not m.isdir()):
                bad.append(f"layer {n}: the root is no folder, or not first")
            if above and kinds.get(above) != "d":
                bad.append(f"layer {n}: {path} before its folder, or through a link")
            kind = KINDS[m.type]
            if path in kinds and not (kind == "d" and kinds[path] == "d"):
                bad.append(f"layer {n}: {path} is in a lower layer as {kinds[path]}, here {kind}")
            if kind == "h" and m.linkname.strip("/") not in own:
                bad.append(f"layer {n}: {path} links to what isn't in its layer before it")
            kinds[path] = kind
        if [p.split("/") for p in own] != sorted(p.split("/") for p in own):
            bad.append(f"layer {n}: not sorted")
    history = [h for h in image.config.get("history", []) if not h.get("empty_layer")]
    if len(history) != len(image.layers):
        bad.append(f"{len(history)} history entries for {len(image.layers)} layers")
    return bad


def line(path, m):
    text = f"{KINDS[m.type]} {m.mode:04o} {m.uid}:{m.gid} /{path}"
    if m.type == tarfile.SYMTYPE:
        text += f" -> {m.linkname}"
    return text + (f" = /{m.linkname}" if m.type == tarfile.LNKTYPE else "")


def show(command, image, argument):
    tree = image.merged()
    if command == "check":
        return check(image)
    if command == "ls":
        return [line(path, tree[path][1]) for path in sorted(tree) if path]
    if command == "layers":
        return [f"{len(l)} {d['mediaType']} {h['created_by']}" for l, d, h in
                zip(image.layers, image.manifest["layers"], image.config.get("history", []))]
    if command == "names":
        return [path_of(m) + "/" * m.isdir() for m in image.layers[int(argument) - 1]
                if path_of(m)]
    n, m = tree[argument.strip("/")]
    if command == "layer-of":
        return [str(n + 1)]
    if command == "stat":
        return [f"{KINDS[m.type]} {m.mode:04o} {m.uid}:{m.gid} {int(m.mtime)} {m.size}"]
    prefix = "SCHILY.xattr."
    return [f"{key[len(prefix):]}={value.encode('utf-8', 'surrogateescape').hex()}"
            for key, value in sorted(m.pax_headers.items()) if key.startswith(prefix)]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--arch")
    p.add_argument("command")
    p.add_argument("layout")
    p.add_argument("argument", nargs="?", default="")
    args = p.parse_args()
    image = Image(args.layout, args.arch)
    if args.command in ("manifest", "config", "index"):
        print(json.dumps(getattr(image, args.command), indent=1))
        return 0
    if args.command == "cat":
        sys.stdout.buffer.write(image.bytes_of(args.argument))
        return 0
    lines = show(args.command, image, args.argument)
    for text in lines:
        print(text)
    return 1 if args.command == "check" and lines else 0


sys.exit(main())
