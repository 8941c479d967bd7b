#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
token_server.py FOLDER ISSUER: a token server for docker-registry (distribution's token.md,
jwt.md), with user jo and password secret; who gives no name may only pull what is in public/.

FOLDER holds key.pem and cert.pem; written there: port, and log with a line per token: USER SCOPE….
A token is good for 60 seconds, or as many as the file FOLDER/lasts says; its holder is told what
FOLDER/expires says, else the same.
GET gives tokens for a password, POST for the refresh token "identity" (oauth.md).
"""
import base64
import hashlib
import http.server
import json
import os
import subprocess
import sys
import time
import urllib.parse

FOLDER, ISSUER = sys.argv[1], sys.argv[2]
LOG = open(FOLDER + "/log", "a", buffering=1, encoding="utf-8")


def number(name, otherwise):
    try:
        with open(f"{FOLDER}/{name}", encoding="utf-8") as f:
            return int(f.read())
    except FileNotFoundError:
        return otherwise


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key_id():
    """libtrust's: the first 240 bits of the key's digest in base32, in groups of four."""
    der = subprocess.run(["openssl", "pkey", "-in", FOLDER + "/key.pem", "-pubout", "-outform",
                          "DER"], check=True, capture_output=True).stdout
    text = base64.b32encode(hashlib.sha256(der).digest()[:30]).decode()
    return ":".join(text[i:i + 4] for i in range(0, len(text), 4))


KEY_ID = key_id()


def sign(text):
    return subprocess.run(["openssl", "dgst", "-sha256", "-sign", FOLDER + "/key.pem"], check=True,
                          input=text.encode(), capture_output=True).stdout


def granted(user, scopes):
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":")
        allowed = {"pull", "push"} if user else {"pull"} if name.startswith("public/") else set()
        access.append({"type": kind, "name": name,
                       "actions": sorted(set(actions.split(",")) & allowed)})
    return access


def token(user, service, scopes, seconds):
    now = int(time.time())
    head = {"typ": "JWT", "alg": "RS256", "kid": KEY_ID}
    body = {"iss": ISSUER, "sub": user, "aud": service, "exp": now + seconds, "nbf": now - 5,
            "iat": now, "jti": str(time.monotonic_ns()), "access": granted(user, scopes)}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (head, body))
    return f"{text}.{base64url(sign(text))}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def grant(self, user, query, name):
        scopes = [s for line in query.get("scope", []) for s in line.split()]
        LOG.write(f"{self.command} {user or 'nobody'} {' '.join(sorted(scopes))}\n")
        lasts = number("lasts", 60)
        self.reply(200, {name: token(user, query["service"][0], scopes, lasts),
                         "expires_in": number("expires", lasts)})

    def do_GET(self):
        line = self.headers.get("Authorization")
        if line and line != "Basic am86c2VjcmV0":
            return self.reply(401, {"details": "wrong password"})
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        return self.grant("jo" if line else "", query, "token")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = urllib.parse.parse_qs(body)
        if query.get("refresh_token") != ["identity"] or \
                query.get("grant_type") != ["refresh_token"]:
            return self.reply(401, {"error": "invalid_grant"})
        return self.grant("jo", query, "access_token")


SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(FOLDER + "/port.new", "w", encoding="utf-8") as f:
    f.write(str(SERVER.server_port))
os.rename(FOLDER + "/port.new", FOLDER + "/port")
SERVER.serve_forever()
