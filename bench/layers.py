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


def pieces(f, size):
    while size:
        data = f.read(min(size, 1 << 20))
        if not data:
            raise SystemExit("a file ended early")
        size -= len(data)
        yield data


def descriptor(path, media_type):
    """Of a file, which gets its digest as its name."""
    digest, size = hashlib.sha256(), os.path.getsize(path)
    with open(path, "rb") as f:
        for data in pieces(f, size):
            digest.update(data)
    os.rename(path, os.path.join(os.path.dirname(path), digest.hexdigest()))
    return {"mediaType": "application/vnd.oci.image.%s" % media_type,
            "digest": "sha256:" + digest.hexdigest(), "size": size}


def put(path, data, media_type):
    with open(path, "wb") as f:
        f.write(data)
    return descriptor(path, media_type)


def put_layer(path, tar, size, codec):
    """`size` bytes of a tar as a layer; its descriptor and diff_id. (Never as a whole in memory: a
    child counts as having had what this process has when it is forked.)"""
    digest = hashlib.sha256()
    with open(path, "wb") as out, \
            subprocess.Popen(COMPRESSORS[codec], stdin=subprocess.PIPE, stdout=out) as packer:
        for data in pieces(tar, size):
            digest.update(data)
            packer.stdin.write(data)
        digest.update(b"\0" * (2 * BLOCK))
        packer.stdin.write(b"\0" * (2 * BLOCK))
    if packer.returncode:
        raise SystemExit("%s failed" % COMPRESSORS[codec][0])
    return descriptor(path, "layer.v1.tar+" + codec), "sha256:" + digest.hexdigest()


def make(layout, tar, n, codec):
    """An image of `n` layers; returns the files of the layers."""
    blobs = os.path.join(layout, "blobs", "sha256")
    new = os.path.join(blobs, "new")
    os.makedirs(blobs)
    layers, diff_ids, places = [], [], cuts(tar, n)
    with open(tar, "rb") as f:
        for begin, end in zip(places, places[1:]):
            f.seek(begin)
            layer, diff_id = put_layer(new, f, end - begin, codec)
            layers.append(layer)
            diff_ids.append(diff_id)
    config = put(new, json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["bash"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode(), "config.v1+json")
    manifest = put(new, json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config, "layers": layers}).encode(), "manifest.v1+json")
    with open(os.path.join(layout, "oci-layout"), "w") as f:
        f.write('{"imageLayoutVersion":"1.0.0"}')
    with open(os.path.join(layout, "index.json"), "w") as f:
        json.dump({"schemaVersion": 2, "manifests": [manifest]}, f)
    return [os.path.join(blobs, x["digest"][7:]) for x in layers]
