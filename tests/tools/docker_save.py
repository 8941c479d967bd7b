#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
docker_save.py old|new|containerd LAYOUT TAG NAME OUT: an image of a layout as `docker save` writes it.

old: until Docker 24. A folder for each layer with VERSION, json and layer.tar, which is a link to
another folder's when the image has the same layer twice; the newest layer's config beside them.
new: from Docker 25 on. An OCI layout with manifest.json, whose paths are the blobs'; layers are plain
tars, which LayerSources describes once more; the index has the whole name and, as ref.name, the tag.
containerd: the same with the containerd image store, which keeps layers as they were pulled, and of
what was loaded a manifest in Docker's types; neither LayerSources nor repositories.
new and containerd have their members sorted by name, folders too, as Docker Engine 26.1 does.
"""
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile

kind, layout, tag, name, out = sys.argv[1:]


def blob(digest):
    with open(f"{layout}/blobs/sha256/{digest.split(':')[1]}", "rb") as f:
        return f.read()


def plain(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dqc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


with open(f"{layout}/index.json", encoding="utf-8") as f:
    index = json.load(f)
root = next(m for m in index["manifests"]
            if m["annotations"]["org.opencontainers.image.ref.name"] == tag)
manifest = json.loads(blob(root["digest"]))
config = blob(manifest["config"]["digest"])
layers = [blob(d["digest"]) for d in manifest["layers"]]
if kind != "containerd":
    layers = [plain(data) for data in layers]


def descriptor(kind_of, data):
    if kind == "containerd":
        kind_of = {"config.v1+json": "container.image.v1+json",
                   "manifest.v1+json": "distribution.manifest.v2+json",
                   "layer.v1.tar": "image.rootfs.diff.tar",
                   "layer.v1.tar+gzip": "image.rootfs.diff.tar.gzip",
                   "layer.v1.tar+zstd": "image.rootfs.diff.tar.zstd"}[kind_of]
        return {"mediaType": "application/vnd.docker." + kind_of,
                "digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data)}
    return {"mediaType": "application/vnd.oci.image." + kind_of,
            "digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data)}


def layer_descriptor(data):
    packed = {b"\x1f\x8b": "+gzip", b"\x28\xb5": "+zstd"}.get(data[:2], "")
    return descriptor("layer.v1.tar" + packed, data)


members = {}


def add(path, data, link=None):
    members[path] = (data, link)


paths, seen = [], {}
for number, data in enumerate(layers):
    digest = hashlib.sha256(data).hexdigest()
    if kind != "old":
        path = f"blobs/sha256/{digest}"
        if digest not in seen:
            add(path, data)
        seen[digest] = path
    else:
        folder = hashlib.sha256(f"{number} {digest}".encode()).hexdigest()
        path = folder + "/layer.tar"
        add(folder, None)
        add(folder + "/VERSION", b"1.0")
        add(folder + "/json", json.dumps({"id": folder}).encode())
        if digest in seen:
            add(path, None, "../" + seen[digest])
        else:
            add(path, data)
        seen.setdefault(digest, path)
    paths.append(path)
digest = hashlib.sha256(config).hexdigest()
config_path = f"blobs/sha256/{digest}" if kind != "old" else digest + ".json"
add(config_path, config)
entry = {"Config": config_path, "RepoTags": [name], "Layers": paths}
if kind == "new":
    entry["LayerSources"] = {d["digest"]: d for d in map(layer_descriptor, layers)}
add("manifest.json", json.dumps([entry]).encode())
if kind != "containerd":
    add("repositories", json.dumps({name.split(":")[0]: {name.split(":")[1]: digest}}).encode())
if kind != "old":
    add("blobs", None)
    add("blobs/sha256", None)
    saved = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                        "config": descriptor("config.v1+json", config),
                        "layers": [layer_descriptor(data) for data in layers]}).encode()
    add("blobs/sha256/" + hashlib.sha256(saved).hexdigest(), saved)
    listed = {**descriptor("manifest.v1+json", saved), "annotations": {
        "io.containerd.image.name": "registry.example/" + name,
        "org.opencontainers.image.ref.name": name.split(":")[1]}}
    add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    add("index.json", json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [listed]}).encode())

with tarfile.open(out, "w", format=tarfile.PAX_FORMAT) as tar:
    for path in members if kind == "old" else sorted(members):
        data, link = members[path]
        t = tarfile.TarInfo(path)
        if data is None:
            t.type, t.linkname, t.mode = (tarfile.SYMTYPE if link else tarfile.DIRTYPE), link or "", 0o755
        else:
            t.size = len(data)
        tar.addfile(t, io.BytesIO(data) if data is not None else None)
