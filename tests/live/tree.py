#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What images and Debian packages hold, as text that diff(1) can compare.

    tree.py list LAYOUT TAG ARCH      the files of an image, its layers put over one another
    tree.py cat LAYOUT TAG ARCH PATH...
                                      the bytes of files, one after the other
    tree.py config LAYOUT TAG ARCH    the image's config as JSON
    tree.py sizes LAYOUT TAG ARCH     bytes compressed, bytes of all files (hard links count once)
    tree.py expect LAYOUT TAG ARCH SPEC SOURCES DEB...
                                      how the image differs from the packages' files, put together
                                      as SPEC says; SOURCES is the folder of the files it names

A line of SPEC is "PATH TYPE MODE OWNER DETAIL", the detail being a link's target or a source file;
or "only PACKAGE PATH", the one file that is taken of a package; or "cut REGEX" and "keep REGEX":
paths that are left out unless one of the keep lines fits, too.

A listing has one line a node, sorted: path, type, mode, owner, seconds, and a digest or a link's
target, with tabs between. Written with Python's tarfile and dpkg-deb: a second opinion, nothing
of pare's. Folders' times are left out: several packages have the same folder.
"""
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile

TYPES = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.DIRTYPE: "dir",
    tarfile.SYMTYPE: "link",
}


class Tree:
    def __init__(self):
        self.nodes = {"/": None}
        self.bytes = {}

    def resolve(self, path):
        """The path's folder without links: /lib/x is /usr/lib/x where /lib is a link."""
        done = ""
        parts = [p for p in path.split("/") if p not in ("", ".")]
        while parts:
            part = parts.pop(0)
            node = self.nodes.get(done + "/" + part)
            if parts and node and node[0] == "link":
                target = [p for p in node[4].split("/") if p]
                done = "" if node[4].startswith("/") else done
                while target and target[0] == "..":
                    done = done.rpartition("/")[0]
                    target.pop(0)
                parts = target + parts
            else:
                done += "/" + part
        return done or "/"

    def add_tar(self, stream, only=None):
        with tarfile.open(fileobj=stream, mode="r|*") as tar:
            for m in tar:
                path = self.resolve(m.name)
                name = path.rpartition("/")[2]
                if name.startswith(".wh."):
                    sys.exit(f"a whiteout in an image made in one go: {path}")
                if only and path != only and not (m.isdir() and only.startswith(path + "/")):
                    continue
                if m.islnk():
                    target = self.resolve(m.linkname)
                    self.nodes[path] = self.nodes[target]
                    self.bytes[path] = self.bytes[target]
                    continue
                kind = TYPES.get(m.type) or sys.exit(f"{path}: type {m.type}")
                there = self.nodes.get(path)
                if kind == "dir" and there and there[0] == "link":
                    path = self.resolve(path + "/x").rpartition("/")[0]
                    if path in self.nodes:
                        continue
                detail = m.linkname if kind == "link" else ""
                if kind == "file":
                    data = tar.extractfile(m).read()
                    self.bytes[path] = data
                    detail = hashlib.sha256(data).hexdigest()
                self.put(path, kind, f"{m.mode:04o}", f"{m.uid}:{m.gid}", int(m.mtime), detail)

    def put(self, path, kind, mode, owner, mtime, detail):
        if kind == "link":
            mode = "-"
        if kind == "dir":
            mtime = None
        self.nodes[path] = (kind, mode, owner, mtime, detail)

    def put_file(self, path, mode, owner, data):
        self.bytes[path] = data
        self.put(path, "file", mode, owner, None, hashlib.sha256(data).hexdigest())

    def write(self):
        for path in sorted(self.nodes):
            if self.nodes[path]:
                print(path, *["-" if f is None else f for f in self.nodes[path]], sep="\t")


class Layout:
    def __init__(self, folder, tag, arch):
        self.folder = folder
        with open(f"{folder}/index.json", encoding="utf-8") as f:
            index = json.load(f)
        d = [
            m
            for m in index["manifests"]
            if m.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag
        ][0]
        if "index" in d["mediaType"]:
            index = json.loads(self.blob(d))
            d = [m for m in index["manifests"] if m["platform"]["architecture"] == arch][0]
        self.manifest = json.loads(self.blob(d))
        self.config = json.loads(self.blob(self.manifest["config"]))

    def blob(self, descriptor):
        kind, _, digest = descriptor["digest"].partition(":")
        with open(f"{self.folder}/blobs/{kind}/{digest}", "rb") as f:
            data = f.read()
        if hashlib.new(kind, data).hexdigest() != digest:
            sys.exit(f"blob {digest} has other bytes")
        return data

    def tree(self):
        tree = Tree()
        for d, diff_id in zip(self.manifest["layers"], self.config["rootfs"]["diff_ids"]):
            data = gzip.decompress(self.blob(d))
            if "sha256:" + hashlib.sha256(data).hexdigest() != diff_id:
                sys.exit(f"layer {d['digest']} isn't {diff_id}")
            tree.add_tar(io.BytesIO(data))
        return tree


class Deb:
    def __init__(self, file):
        self.file = file
        fields = self.run("--field", file, "Package", "Architecture").decode()
        self.name = fields.split("Package: ")[1].split("\n")[0]

    @staticmethod
    def run(*args):
        return subprocess.run(["dpkg-deb", *args], stdout=subprocess.PIPE, check=True).stdout

    def control(self, member):
        return self.run("--info", self.file, member)


class Expected:
    """The spec's links, then the packages, then the spec's other nodes, then status.d."""

    def __init__(self, spec, sources, debs):
        self.tree = Tree()
        self.sources = sources
        with open(spec, encoding="utf-8") as f:
            words = [line.split() for line in f if line.strip() and line[0] != "#"]
        only = {w[1]: w[2] for w in words if w[0] == "only"}
        cut = [re.compile(w[1]) for w in words if w[0] == "cut"]
        keep = [re.compile(w[1]) for w in words if w[0] == "keep"]
        nodes = [w for w in words if w[0] not in ("only", "cut", "keep")]
        for w in nodes:
            if w[1] == "link":
                self.tree.put(w[0], *w[1:4], None, w[4])
        for deb in debs:
            data = deb.run("--fsys-tarfile", deb.file)
            self.tree.add_tar(io.BytesIO(data), only.get(deb.name))
        for w in nodes:
            self.add(*w)
        for path in list(self.tree.nodes):
            if any(c.search(path) for c in cut) and not any(k.search(path) for k in keep):
                del self.tree.nodes[path]
                self.tree.bytes.pop(path, None)
        for deb in debs:
            self.add_status(deb)

    def add(self, path, kind, mode, owner, detail=""):
        if kind == "file":
            with open(f"{self.sources}/{detail}", "rb") as f:
                self.tree.put_file(path, mode, owner, f.read())
        elif kind == "dir":
            self.tree.put(path, kind, mode, owner, None, "")

    def add_status(self, deb):
        path = f"/var/lib/dpkg/status.d/{deb.name}"
        self.tree.put_file(path, "0644", "0:0", deb.control("control"))
        kept = [line for line in deb.control("md5sums").splitlines(True) if self.is_there(line)]
        self.tree.put_file(path + ".md5sums", "0644", "0:0", b"".join(kept))

    def is_there(self, line):
        digest, path = line.decode().rstrip("\n").split("  ", 1)
        data = self.tree.bytes.get(self.tree.resolve(path))
        return data is not None and hashlib.md5(data).hexdigest() == digest


def differences(expected, image):
    """Times count where both have one: what isn't out of a package has the image's."""
    for path in sorted(set(expected) | set(image)):
        want, have = expected.get(path), image.get(path)
        if want and have and (want[3] is None or have[3] is None):
            want, have = want[:3] + (None,) + want[4:], have[:3] + (None,) + have[4:]
        if want != have:
            print(path, "expected", want, "found", have, sep="\t")


def main(verb, *args):
    layout = Layout(*args[:3])
    if verb == "list":
        layout.tree().write()
    elif verb == "config":
        json.dump(layout.config, sys.stdout)
    elif verb == "cat":
        tree = layout.tree()
        for path in args[3:]:
            sys.stdout.buffer.write(tree.bytes[tree.resolve(path)])
    elif verb == "sizes":
        print(
            sum(d["size"] for d in layout.manifest["layers"]),
            sum({id(data): len(data) for data in layout.tree().bytes.values()}.values()),
        )
    elif verb == "expect":
        debs = sorted(map(Deb, args[5:]), key=lambda deb: (deb.name != "base-files", deb.name))
        differences(Expected(args[3], args[4], debs).tree.nodes, layout.tree().nodes)


main(*sys.argv[1:])
