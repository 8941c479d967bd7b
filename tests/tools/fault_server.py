#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Serves a folder over HTTP/1.1 on loopback and misbehaves on demand: for tests of what pare does
with bad servers and bad luck. Standard library only.

    fault_server.py --root DIR [--log FILE] [--config FILE] [--port N] [--with-stdin]
                    [--tls-cert FILE --tls-key FILE]

Prints its port, and a newline, on stdout as soon as it answers. With --with-stdin it ends when
its stdin does, so that it can't outlive a test; SIGTERM ends it too.

FAULTS are asked for in the URL, as leading path components that begin with '~', any number of
them; the rest of the path is the file:

    http://127.0.0.1:PORT/~cut:1000:1/~norange/pool/a.deb

or by a JSON file (--config, read again when it changes), for a server whose URLs the test doesn't
choose: a list of rules; every rule whose `match` (a shell pattern for the whole path) fits adds
its faults:

    [ { "match": "*/InRelease", "faults": ["status:503:2"] },
      { "match": "/pool/*", "faults": ["cut:1000:1", "noetag"] } ]

TIMES is how often a fault strikes on one URL (counted for each full path and fault); without it,
always. In a shell: "http://…/~status:503:2/x" is 503 twice, then the file.

    cut:AT[:TIMES]        closes the connection when byte AT of the file is due
    cutafter:N[:TIMES]    closes the connection after N body bytes of this answer
    refuse[:TIMES]        closes the connection without an answer (a reset)
    stall:AT[:TIMES]      sends up to byte AT, then nothing more, and stays connected
    drip:N:MS             N bytes at a time with MS milliseconds between
    delay:MS[:TIMES]      waits before it answers
    status:CODE[:TIMES]   answers CODE with a short text
    retryafter:S[:TIMES]  answers 503 with "Retry-After: S"
    norange               ignores Range: always 200 and the whole file
    badrange[:TIMES]      answers a Range with 206 that starts at another byte
    shortrange            answers a Range as if the file were one byte shorter
    length:DELTA          Content-Length is off by DELTA (may be negative)
    nolength              no Content-Length; the end of the connection is the end of the body
    chunked               Transfer-Encoding: chunked
    wrong[:TIMES]         the right number of bytes, but other ones
    endless               no Content-Length and no end
    redirect[:TIMES]      302 to the same path without the faults before and including this one
    redirect-to:URL       302 to URL, which is percent-encoded (%2F for '/')
    loop                  302 to itself
    noetag                no ETag
    etag:TEXT             ETag is "TEXT"
    newetag               another ETag in every answer
    headers:N             N bytes of useless headers
    cached:SUFFIX         answers with FILE.SUFFIX, as a cache that has an old one, unless the request
                          says "Cache-Control: no-cache"
    auth:USER:PASSWORD    401 unless these basic credentials come

LOG: one JSON object a line for each request, written before it is answered: n (from 1), method,
target (as sent), path (the file, without faults), host, range, if_range, authorization, agent,
connection (a number for each TCP connection), faults (those that struck).

As an HTTP proxy: a target that is an absolute URL is answered from the folder as well; `target` in
the log then shows it.
"""
import argparse
import base64
import fnmatch
import hashlib
import http.server
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

CHUNK = 16384


class State:
    """What all connections share."""

    def __init__(self, args):
        self.root = os.path.abspath(args.root)
        self.log = open(args.log, "a", encoding="utf-8") if args.log else None
        self.config = args.config
        self.config_stamp = None
        self.rules = []
        self.lock = threading.Lock()
        self.struck = {}
        self.requests = 0
        self.connections = 0

    def note(self, entry):
        with self.lock:
            self.requests += 1
            entry["n"] = self.requests
            if self.log:
                self.log.write(json.dumps(entry, sort_keys=True) + "\n")
                self.log.flush()

    def rule_faults(self, path):
        if not self.config:
            return []
        with self.lock:
            try:
                stamp = os.stat(self.config).st_mtime_ns
                if stamp != self.config_stamp:
                    with open(self.config, encoding="utf-8") as f:
                        self.rules = json.load(f)
                    self.config_stamp = stamp
            except (OSError, ValueError):
                pass
            rules = self.rules
        return [f for r in rules if fnmatch.fnmatchcase(path, r["match"]) for f in r["faults"]]

    def strikes(self, key, times):
        """Whether a fault that strikes `times` times (None: always) strikes now."""
        if times is None:
            return True
        with self.lock:
            n = self.struck.get(key, 0)
            self.struck[key] = n + 1
        return n < times


# name: number of arguments before TIMES, and whether TIMES may follow
FAULTS = {
    "cut": (1, True), "cutafter": (1, True), "refuse": (0, True), "stall": (1, True),
    "drip": (2, False), "delay": (1, True), "status": (1, True), "retryafter": (1, True),
    "norange": (0, False), "badrange": (0, True), "shortrange": (0, False),
    "length": (1, False), "nolength": (0, False), "chunked": (0, False), "wrong": (0, True),
    "endless": (0, False), "redirect": (0, True), "redirect-to": (1, False), "loop": (0, False),
    "noetag": (0, False), "etag": (1, False), "newetag": (0, False), "headers": (1, False),
    "cached": (1, False), "auth": (2, False),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fault-server"
    sys_version = ""

    def setup(self):
        super().setup()
        with self.server.state.lock:
            self.server.state.connections += 1
            self.connection_number = self.server.state.connections

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    # -- what is asked for

    def parse_target(self):
        """(path without faults, [(text of fault, path behind it)])"""
        target = self.path
        if "://" in target:
            target = "/" + target.split("://", 1)[1].partition("/")[2]
        path = target.partition("?")[0]
        found = []
        while path.startswith("/~"):
            fault, _, rest = path[2:].partition("/")
            path = "/" + rest
            found.append((fault, path))
        found += [(f, path) for f in self.server.state.rule_faults(urllib.parse.unquote(path))]
        return urllib.parse.unquote(path), found

    def striking(self, found):
        """{name: (arguments, path behind)} of the faults that strike this request."""
        faults = {}
        for text, behind in found:
            name, *args = [urllib.parse.unquote(a) for a in text.split(":")]
            if name not in FAULTS:
                raise ValueError("no such fault: " + text)
            n, may_times = FAULTS[name]
            times = int(args[n]) if may_times and len(args) > n else None
            if self.server.state.strikes((self.path, text), times):
                faults[name] = (args[:n], behind)
        return faults

    def answer(self):
        try:
            path, found = self.parse_target()
            faults = self.striking(found)
        except (ValueError, IndexError) as e:
            return self.send_text(500, str(e))
        header = self.headers.get
        self.server.state.note({
            "method": self.command, "target": self.path, "path": path, "host": header("Host"),
            "range": header("Range"), "if_range": header("If-Range"),
            "authorization": header("Authorization"), "agent": header("User-Agent"),
            "connection": self.connection_number, "faults": sorted(faults)})
        try:
            if not self.answer_instead(faults):
                self.answer_file(path, faults)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    # -- answers other than the file

    def send_text(self, code, text, headers=()):
        body = (text + "\n").encode()
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang_up(self, reset=False):
        self.close_connection = True
        self.wfile.flush()
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def answer_instead(self, faults):
        if "delay" in faults:
            time.sleep(int(faults["delay"][0][0]) / 1000)
        if "refuse" in faults:
            self.hang_up(reset=True)
        elif "auth" in faults and not self.authorized(*faults["auth"][0]):
            self.send_text(401, "who are you?", [("WWW-Authenticate", 'Basic realm="test"')])
        elif "status" in faults:
            self.send_text(int(faults["status"][0][0]), "as asked for")
        elif "retryafter" in faults:
            self.send_text(503, "later", [("Retry-After", faults["retryafter"][0][0])])
        elif "redirect" in faults:
            self.send_text(302, "over there", [("Location", faults["redirect"][1])])
        elif "redirect-to" in faults:
            self.send_text(302, "over there", [("Location", faults["redirect-to"][0][0])])
        elif "loop" in faults:
            self.send_text(302, "here", [("Location", self.path)])
        else:
            return False
        return True

    def authorized(self, user, password):
        want = base64.b64encode(f"{user}:{password}".encode()).decode()
        return self.headers.get("Authorization") == "Basic " + want

    # -- the file

    def answer_file(self, path, faults):
        if "endless" in faults:
            return self.send_endless()
        if "cached" in faults and self.headers.get("Cache-Control") != "no-cache":
            path += "." + faults["cached"][0][0]
        file = os.path.normpath(os.path.join(self.server.state.root, path.lstrip("/")))
        inside = file == self.server.state.root or file.startswith(self.server.state.root + "/")
        if not inside or not os.path.isfile(file):
            return self.send_text(404, "not found")
        with open(file, "rb") as f:
            body = f.read()
        etag = self.etag_of(body, faults)
        if "wrong" in faults:
            body = bytes(b ^ 0x55 for b in body)
        start, end = self.wanted_range(len(body), etag, faults)
        if start is None:
            return self.send_text(416, "no such range",
                                  [("Content-Range", f"bytes */{len(body)}")])
        self.send_file(body, start, end, etag, faults)

    def etag_of(self, body, faults):
        if "noetag" in faults:
            return None
        if "etag" in faults:
            return '"' + faults["etag"][0][0] + '"'
        if "newetag" in faults:
            return f'"{self.server.state.requests}"'
        return '"' + hashlib.sha1(body).hexdigest() + '"'

    def wanted_range(self, size, etag, faults):
        """(first byte, one past the last) or (None, None) when it can't be had."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        self.partial = False
        if not found or "norange" in faults:
            return 0, size
        if self.headers.get("If-Range") not in (None, etag):
            return 0, size
        start = int(found[1])
        end = min(int(found[2]) + 1, size) if found[2] else size
        if start >= size or start >= end:
            return None, None
        self.partial = True
        if "badrange" in faults:
            start -= 1
        if "shortrange" in faults:
            end = min(end, size - 1)
        return start, end

    def send_file(self, body, start, end, etag, faults):
        total = len(body)
        self.send_response(206 if self.partial else 200)
        if self.partial:
            shown = total - 1 if "shortrange" in faults else total
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{shown}")
        if etag:
            self.send_header("ETag", etag)
        if "headers" in faults:
            for i in range(int(faults["headers"][0][0]) // 1000):
                self.send_header(f"X-Useless-{i}", "x" * 1000)
        chunked = "chunked" in faults
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif "nolength" in faults:
            self.close_connection = True
            self.send_header("Connection", "close")
        else:
            delta = int(faults["length"][0][0]) if "length" in faults else 0
            self.send_header("Content-Length", str(end - start + delta))
            if delta > 0:
                self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.send_body(body, start, end, chunked, faults)

    def send_body(self, body, start, end, chunked, faults):
        cut, stall, drip = end, None, None
        if "cut" in faults:
            cut = min(end, max(start, int(faults["cut"][0][0])))
        if "cutafter" in faults:
            cut = min(cut, start + int(faults["cutafter"][0][0]))
        if "stall" in faults:
            stall = max(start, int(faults["stall"][0][0]))
            cut = min(cut, stall)
        if "drip" in faults:
            drip = [int(a) for a in faults["drip"][0]]
        at = start
        while at < cut:
            part = body[at:min(cut, at + (drip[0] if drip else CHUNK))]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
            at += len(part)
            if drip:
                time.sleep(drip[1] / 1000)
        if stall is not None and at < end:
            self.wait_for_client()
        if at < end:
            self.hang_up()
        elif chunked:
            self.wfile.write(b"0\r\n\r\n")

    def wait_for_client(self):
        """Until the other side closes."""
        self.connection.settimeout(300)
        try:
            while self.connection.recv(4096):
                pass
        except OSError:
            pass

    def send_endless(self):
        self.close_connection = True
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        while True:
            self.wfile.write(b"\0" * CHUNK)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


def end_with_stdin():
    while os.read(0, 4096):
        pass
    os._exit(0)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--root", required=True)
    p.add_argument("--log")
    p.add_argument("--config")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--with-stdin", action="store_true")
    p.add_argument("--tls-cert")
    p.add_argument("--tls-key")
    args = p.parse_args()
    server = Server(("127.0.0.1", args.port), Handler)
    server.state = State(args)
    if args.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.tls_cert, args.tls_key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    if args.with_stdin:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    print(server.server_address[1], flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
