#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
proxy.py PORT_FILE LOG TARGET_PORT [OPTION...]: a proxy on loopback that takes every host to be
127.0.0.1:TARGET_PORT. It writes its port to PORT_FILE and to LOG a line per request: METHOD TARGET
STATUS, and the names of headers that carry credentials. Options:

    user=NAME:PASSWORD   who doesn't say so gets 407
    refuse=STATUS        what CONNECT is answered with
"""
import base64
import http.client
import http.server
import os
import socket
import socketserver
import sys
import threading

TARGET = ("127.0.0.1", int(sys.argv[3]))
OPTIONS = dict(a.split("=", 1) for a in sys.argv[4:])
LOG = open(sys.argv[2], "a", buffering=1, encoding="utf-8")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def pump(source, to):
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def log(self, status):
        secrets = [h for h in self.headers if h.lower() in ("authorization", "proxy-authorization")]
        LOG.write(" ".join([self.command, self.path, str(status)] + secrets) + "\n")

    def answer(self, status, data=b"", headers=()):
        self.log(status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def is_known(self):
        user = OPTIONS.get("user")
        want = "Basic " + base64.b64encode(user.encode()).decode() if user else None
        if not user or self.headers.get("Proxy-Authorization") == want:
            return True
        self.answer(407, headers=[("Proxy-Authenticate", 'Basic realm="proxy"')])
        return False

    def do_CONNECT(self):
        if not self.is_known():
            return
        if "refuse" in OPTIONS:
            self.answer(int(OPTIONS["refuse"]))
            return
        self.log(200)
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(TARGET) as there:
            back = threading.Thread(target=pump, args=(there, self.connection), daemon=True)
            back.start()
            pump(self.connection, there)
            back.join()
        self.close_connection = True

    def pass_on(self):
        if not self.is_known():
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = "/" + self.path.split("/", 3)[3]
        headers = {k: v for k, v in self.headers.items() if not k.lower().startswith("proxy-")}
        there = http.client.HTTPConnection(*TARGET)
        there.request(self.command, path, body, headers)
        answer = there.getresponse()
        data = answer.read()
        self.log(answer.status)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = pass_on


SERVER = Server(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w", encoding="utf-8") as f:
    f.write(str(SERVER.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
SERVER.serve_forever()
