#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Makes an image in an OCI layout out of layers that are written as lines; Python's tarfile does the
tars, and takes whatever names it is given.

    layout.py DIR TAG [--config JSON] [--arch ARCH] [--pack gzip|zstd|plain] [LAYER-FILE...]

A line of a layer: KIND PATH [ATTRIBUTE...], as a shell would split it. KIND is d, f, l, h, p or c;
attributes are =TEXT or <FILE (content), >TARGET (of l and h), 0755 (mode), 1:2 (owner).
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import shlex
import subprocess
import tarfile

KINDS = {"d": tarfile.DIRTYPE, "f": tarfile.REGTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE,
         "p": tarfile.FIFOTYPE, "c": tarfile.CHRTYPE}
TYPE = "application/vnd.oci.image."


def make_entry(line):
    kind, path, *attributes = shlex.split(line)
    entry, data = tarfile.TarInfo(path), b""
    entry.type, entry.mode = KINDS[kind], 0o755 if kind == "d" else 0o644
    entry.mtime = 1700000000
    for a in attributes:
        if a[0] == "=":
            data = a[1:].encode().decode("unicode_escape").encode()
        elif a[0] == "<":
            with open(a[1:], "rb") as f:
                data = f.read()
        elif a[0] == ">":
            entry.linkname = a[1:]
        elif ":" in a:
            entry.uid, entry.gid = map(int, a.split(":"))
        else:
            entry.mode = int(a, 8)
    entry.size = len(data)
    return entry, data


def make_tar(path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar, open(
            path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                entry, data = make_entry(line)
                tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def pack(data, how):
    if how == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if how == "zstd":
        return subprocess.run(["zstd", "-cq"], input=data, stdout=subprocess.PIPE,
                              check=True).stdout
    return data


class Layout:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(f"{folder}/blobs/sha256", exist_ok=True)
        with open(f"{folder}/oci-layout", "w", encoding="utf-8") as f:
            f.write('{"imageLayoutVersion":"1.0.0"}')

    def put(self, kind, data):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{self.folder}/blobs/sha256/{digest}", "wb") as f:
            f.write(data)
        return {"mediaType": TYPE + kind, "digest": f"sha256:{digest}", "size": len(data)}

    def name(self, descriptor, tag):
        try:
            with open(f"{self.folder}/index.json", encoding="utf-8") as f:
                index = json.load(f)
        except FileNotFoundError:
            index = {"schemaVersion": 2, "manifests": []}
        descriptor["annotations"] = {"org.opencontainers.image.ref.name": tag}
        index["manifests"].append(descriptor)
        with open(f"{self.folder}/index.json", "w", encoding="utf-8") as f:
            json.dump(index, f)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("tag")
    parser.add_argument("--config", default="{}")
    parser.add_argument("--arch", default="amd64")
    parser.add_argument("--pack", default="gzip")
    parser.add_argument("layers", nargs="*")
    o = parser.parse_intermixed_args()
    layout = Layout(o.folder)
    tars = [make_tar(path) for path in o.layers]
    suffix = {"plain": "", "gzip": "+gzip", "zstd": "+zstd"}[o.pack]
    config = {"architecture": o.arch, "os": "linux", "config": json.loads(o.config),
              "rootfs": {"type": "layers",
                         "diff_ids": ["sha256:" + hashlib.sha256(t).hexdigest() for t in tars]}}
    manifest = {"schemaVersion": 2, "mediaType": TYPE + "manifest.v1+json",
                "config": layout.put("config.v1+json", json.dumps(config).encode()),
                "layers": [layout.put("layer.v1.tar" + suffix, pack(t, o.pack)) for t in tars]}
    descriptor = layout.put("manifest.v1+json", json.dumps(manifest).encode())
    descriptor["platform"] = {"os": "linux", "architecture": o.arch}
    layout.name(descriptor, o.tag)


main()
