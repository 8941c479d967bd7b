#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fake_engine.py unix:PATH|tcp[:CERT:KEY:CA] DIR: the part of the Engine API that moves images, for
tests of what goes wrong. DIR/fault names what is wrong just now (empty: nothing), DIR/log has a line
for each request, DIR/port the port of tcp. Images are kept as Docker keeps them: the config and the
layers without compression; what is loaded is checked against its diff_ids."""
import gzip
import hashlib
import http.server
import io
import json
import os
import pathlib
import socketserver
import ssl
import sys
import tarfile
import threading
import time
import urllib.parse

LISTEN, DIR = sys.argv[1], pathlib.Path(sys.argv[2])
MIB = 1 << 20
IMAGES, NAMES = {}, {}
LOCK = threading.Lock()


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def whole_name(name):
    last = name.rsplit("/", 1)[-1]
    return name if ":" in last or name.startswith("sha256:") else name + ":latest"


def take_archive(data):
    """What docker load takes: returns the id and the names."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}
    (image,) = json.loads(members["manifest.json"])
    config = members[image["Config"]]
    layers = []
    for name, diff_id in zip(
        image["Layers"], json.loads(config)["rootfs"]["diff_ids"], strict=True
    ):
        layer = members[name]
        layer = gzip.decompress(layer) if layer[:2] == b"\x1f\x8b" else layer
        if sha256(layer) != diff_id:
            raise ValueError("a layer has another diff_id")
        layers.append(layer)
    IMAGES[sha256(config)] = (config, layers)
    for name in image["RepoTags"] or []:
        NAMES[name] = sha256(config)
    return sha256(config), image["RepoTags"] or []


def save(config, layers):
    """As Docker writes since version 25: paths of a layout, besides the old manifest.json."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:

        def add(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
            return name

        def add_blob(data):
            return add("blobs/sha256/" + sha256(data)[7:], data)

        manifest = {
            "Config": add_blob(config),
            "RepoTags": None,
            "Layers": [add_blob(layer) for layer in layers],
        }
        add("manifest.json", json.dumps([manifest]).encode())
        add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        add("index.json", b'{"schemaVersion":2,"manifests":[]}')
    return out.getvalue()


class Gone(Exception):
    """The engine dies."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *args):
        pass

    def address_string(self):
        return "client"

    def note(self, more=""):
        with LOCK, open(DIR / "log", "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path}{more}\n")

    def body(self, limit=None, delay=0):
        """The chunked body; ends in Gone when the client breaks off."""
        data = bytearray()
        while True:
            line = self.rfile.readline().strip()
            if not line:
                raise Gone
            size = int(line, 16)
            data += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return bytes(data)
            if limit is not None and len(data) >= limit:
                return bytes(data)
            time.sleep(delay)

    def send(self, status, data, kind="application/json", length=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def fail(self, status, message):
        self.send(status, json.dumps({"message": message}).encode())

    def lines(self, *objects):
        """A stream of JSON objects as Docker sends them."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for o in objects:
            text = o if isinstance(o, bytes) else json.dumps(o).encode() + b"\r\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))

    def end_lines(self):
        self.wfile.write(b"0\r\n\r\n")

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (Gone, ConnectionError, ssl.SSLError):
            self.close_connection = True

    def hang_up(self):
        """As Go's server does: what was said is heard before the line is dead."""
        self.wfile.flush()
        time.sleep(0.5)
        raise Gone

    def find(self, name):
        name = whole_name(name)
        return name if name in IMAGES else NAMES.get(name)

    # ---- requests

    def do_GET(self):
        path = urllib.parse.unquote(self.path)
        self.note()
        fault = (DIR / "fault").read_text().strip()
        name, _, what = path.removeprefix("/images/").rpartition("/")
        found = self.find(name)
        if not found and not fault.startswith("json"):
            self.fail(404, f"No such image: {whole_name(name)}")
        elif what == "json":
            self.give_json(fault, name, found)
        elif what == "get":
            self.give_archive(fault, save(*IMAGES[found]))
        else:
            self.fail(404, "page not found")

    def give_json(self, fault, name, found):
        good = json.dumps({"Id": found, "Size": 1000}).encode()
        if fault == "json-pulled":
            # containerd's image store: the id is the manifest's digest, and a config's means nothing
            if name in IMAGES:
                self.fail(404, f"No such image: {name}")
            else:
                self.send(200, json.dumps({"Id": name, "Size": 1000}).encode())
        elif fault == "json-html":
            self.send(200, b"<html>a web server\x1b[31m</html>", "text/html")
        elif fault == "json-404":
            self.send(404, b"<html>nothing here</html>", "text/html")
        elif fault == "json-500":
            self.fail(500, "the engine\u001b[31m is\nill")
        elif fault == "json-403":
            self.fail(403, "authorization denied by plugin")
        elif fault == "json-id":
            self.send(200, b'{"Id":"sha256:../../x"}')
        elif fault == "json-large":
            self.send(200, b'{"Id":"' + b"0" * 5 * MIB + b'"}')
        elif fault == "json-twice":
            self.send(200, b'{"Id":"sha256:%s","Id":"x"}' % (b"0" * 64))
        elif fault == "json-moved":
            self.send_response(301)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif fault == "json-cut":
            self.send(200, good, length=len(good) + 1)
            raise Gone
        elif fault == "json-silent":
            time.sleep(30)
        elif fault == "json-endless-head":
            self.send_response(200)
            for i in range(10000):
                self.send_header(f"X-{i}", "y" * 100)
            self.end_headers()
        else:
            self.send(200, good)

    def give_archive(self, fault, data):
        kind = "application/x-tar"
        if fault == "get-500":
            self.fail(500, "unpigz: no space left on device")
        elif fault == "get-cut":
            self.send(200, data[: len(data) // 2], kind, len(data))
            raise Gone
        elif fault == "get-short":
            self.send(200, data[: len(data) // 2], kind)
        elif fault == "get-empty":
            self.send(200, b"", kind)
        elif fault == "get-html":
            self.send(200, b"<html>no tar</html>" * 100, "text/html")
        elif fault == "get-silent":
            self.send(200, data[:1000], kind, len(data))
            time.sleep(30)
        elif fault == "get-slow":
            self.send(200, b"", kind, len(data))
            for i in range(3):
                time.sleep(0.7)
                self.wfile.write(data[i * 512 : i * 512 + 512])
            self.wfile.write(data[3 * 512 :])
        else:
            self.send(200, data, kind)

    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        fault = (DIR / "fault").read_text().strip()
        if url.path == "/images/load":
            self.load(fault)
            return
        self.note()
        found = self.find(url.path.removeprefix("/images/").removesuffix("/tag"))
        query = urllib.parse.parse_qs(url.query)
        if fault == "tag-500":
            self.fail(500, "the disk is read-only")
        elif not found and fault != "json-pulled":
            self.fail(404, "No such image")
        else:
            NAMES[f"{query['repo'][0]}:{query['tag'][0]}"] = found
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def load(self, fault):
        progress = {"status": "Loading layer", "progressDetail": {"current": 1, "total": 2}}
        if fault == "load-500":
            self.fail(500, "write /var/lib/docker: no space left on device")
            self.hang_up()
        if fault == "load-cut":
            self.body(100000)
            raise Gone
        if fault == "load-early":
            self.body(100000)
            self.lines(progress, {"errorDetail": {"message": "that is enough"}})
            self.end_lines()
            self.hang_up()
        data = self.body(delay=0.001 if fault == "load-slow" else 0)
        self.note(f" {len(data)}")
        if fault == "load-error":
            self.lines(progress, {"errorDetail": {"message": "archive/tar: \x1b[2J"}, "error": "x"})
        elif fault == "load-html":
            self.lines(b"<html>\n")
        elif fault == "load-nothing":
            self.lines(progress)
        elif fault == "load-line":
            self.lines(progress, *[b'{"stream":"' + b"x" * 70000] * 3)
        elif fault == "load-half":
            self.lines(progress, b'{"stream":"Loaded im')
            raise Gone
        elif fault == "load-silent":
            self.lines(progress)
            self.wfile.flush()
            time.sleep(30)
        else:
            try:
                _, names = take_archive(data)
                self.lines(progress, *[{"stream": f"Loaded image: {n}\n"} for n in names])
            except (ValueError, KeyError, tarfile.TarError) as e:
                self.lines({"errorDetail": {"message": str(e)}})
        self.end_lines()


class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, *args):
        pass


class Tcp(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *args):
        pass


(DIR / "fault").touch()
(DIR / "log").touch()
if LISTEN.startswith("unix:"):
    server = Unix(LISTEN.removeprefix("unix:"), Handler)
else:
    server = Tcp(("127.0.0.1", 0), Handler)
    if LISTEN != "tcp":
        cert, key, authority = LISTEN.split(":")[1:]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        context.load_verify_locations(authority)
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    (DIR / "port.new").write_text(str(server.server_address[1]))
    os.rename(DIR / "port.new", DIR / "port")
server.serve_forever()
