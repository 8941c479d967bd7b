# SPDX-License-Identifier: Apache-2.0
"""Makes layouts of one tar: cut into layers between its entries, compressed by gzip or zstd."""
import hashlib
import json
import os
import subprocess

BLOCK = 512
HEAD_OF_NEXT = b"xLKg"  # headers that belong to the entry after them
WITHOUT_BYTES = b"123456"
COMPRESSORS = {"gzip": ["pigz", "-6", "-n"], "zstd": ["zstd", "-3", "-q"]}


def cuts(tar, n):
    """Where `n` parts of about the same size begin, and where the last one ends."""
    size, at, begins, inside = os.path.getsize(tar), 0, [0], False
    with open(tar, "rb") as f:
        while True:
            f.seek(at)
            header = f.read(BLOCK)
            if len(header) < BLOCK or not header.strip(b"\0"):
                return begins + [at]
            if not inside and len(begins) < n and at >= size * len(begins) / n:
                begins.append(at)
            kind, number = header[156:157], header[124:136]
            inside = kind in HEAD_OF_NEXT
            length = int.from_bytes(number[1:], "big") if number[0] & 0x80 else \
                int(number.rstrip(b"\0 ") or b"0", 8)
            if kind in WITHOUT_BYTES:
                length = 0
            at += BLOCK + (length + BLOCK - 1) // BLOCK * BLOCK


def put(layout, data, media_type):
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(layout, "blobs", "sha256", digest), "wb") as f:
        f.write(data)
    return {"mediaType": "application/vnd.oci.image.%s" % media_type,
            "digest": "sha256:" + digest, "size": len(data)}


def make(layout, tar, n, codec):
    """An image of `n` layers; returns the files of the layers."""
    os.makedirs(os.path.join(layout, "blobs", "sha256"))
    layers, diff_ids, places = [], [], cuts(tar, n)
    with open(tar, "rb") as f:
        for begin, end in zip(places, places[1:]):
            f.seek(begin)
            data = f.read(end - begin) + b"\0" * (2 * BLOCK)
            diff_ids.append("sha256:" + hashlib.sha256(data).hexdigest())
            packed = subprocess.run(COMPRESSORS[codec], input=data, stdout=subprocess.PIPE,
                                    check=True).stdout
            layers.append(put(layout, packed, "layer.v1.tar+" + codec))
    config = put(layout, json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["bash"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode(), "config.v1+json")
    manifest = put(layout, json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config, "layers": layers}).encode(), "manifest.v1+json")
    with open(os.path.join(layout, "oci-layout"), "w") as f:
        f.write('{"imageLayoutVersion":"1.0.0"}')
    with open(os.path.join(layout, "index.json"), "w") as f:
        json.dump({"schemaVersion": 2, "manifests": [manifest]}, f)
    return [os.path.join(layout, "blobs", "sha256", x["digest"][7:]) for x in layers]
