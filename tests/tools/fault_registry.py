#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
fault_registry.py PORT_FILE LOG [FAULT=VALUE...]: a registry in memory, as bad as asked.

Writes its port to PORT_FILE and a line per request to LOG: METHOD PATH STATUS SENT GOT, the bytes of
the answer's and the request's body. Manifests live under every name that they were put to. Faults:

    auth=token|basic|loop|expire|realm|elsewhere|endless|one|last
                         ask for a token (user jo, password secret), refuse for ever,
                         let tokens die after four requests, send to a realm that isn't allowed,
                         have the token server at the other port, send a token without end;
                         one: who asks for the scopes of two repositories is refused; last: gets a
                         token for the last of them
    busy=N               the first N requests but /v2/ get 429 with Retry-After: 0, or after=SECONDS
    mount=202|201|from   what mounting does: 201 takes the blob from any repository, from: only from
                         the one that the request names
    location=relative|absolute|other|URL     how uploads are named, always with a query; other: at
                         another port, where an Authorization or a certificate is an error
    cut=PERCENT|name     bodies of blobs end there, once for each blob of each repository; name:
                         the repository's last word is the percentage
    cut_put=PERCENT|name uploads' bodies are cut there, once for each repository
    slow_put=1           uploads' bodies are read at leisure; HALF in the log when half has come
    lost_put=1           the second PATCH of each upload loses the first one's second half: 416,
                         with how much there is
    moved=STATUS[,HOW]   requests of uploads are redirected, with STATUS: to another path here, or
                         to HOW: other, the other port, back, there and then here again, or loop
    max=BYTES            larger bodies of uploads get 413, unread where the client waits for that
    patch=STATUS[,N]     every PATCH gets that, or with N those of more than N bytes that name a
                         range
    put=STATUS           every PUT of a blob with a body
    stale=1              the Range of a PATCH's answer is that of the upload's first one
    least=BYTES          is OCI-Chunk-Min-Length, and what goes on after a smaller chunk gets 400
    finish=STATUS[,late] an upload's first end gets that; late: though the blob is there then
    lose=1               the second PATCH of each repository's uploads finds the upload forgotten
    head=STATUS          HEAD of blobs gets that;  head_manifest=STATUS: that of manifests
    nodigest=1           answers don't name the digest of a manifest
    after_date=1         Retry-After is a date, two to three seconds ahead
    put_manifest=STATUS[,once]    PUT of manifests, which are there where STATUS is under 300
    reset=N              the first N requests get a reset connection instead of an answer
    norange=1            ranges are ignored;  416=1: each range is refused
    blob=wrong|long|short|endless|drip|bomb     what is sent instead of a blob's bytes
                         (drip: the first time only)
    drip=BYTES           blobs over so many bytes come in drops, for ever
    gone=REPOSITORY      has manifests, but no blobs
    manifest=big|large|duplicate|self|other|html|bomb|endless
                         what is sent instead of a manifest
    redirect=1|URL       blobs are at the other port, or there
    tags=endless|self|pages|norel|null|other|bad|URL    what follows a page: other: at the other
                         port; bad: a page with a tag that is none; norel: the Link doesn't say what
                         it leads to; null: there is no list
    referrers=1|STATUS|html    the registry keeps the list itself, or answers so
    warning=TEXT         with each answer
    tls=FOLDER           from the start only: cert.pem and key.pem, and clients may show a
                         certificate of ca.pem's; the log has a line CERTIFICATE where they do
"""
import email.utils
import gzip
import hashlib
import http.server
import json
import os
import re
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
import urllib.parse

FAULTS = dict(a.split("=", 1) for a in sys.argv[3:])
LOG = open(sys.argv[2], "a", buffering=1, encoding="utf-8")
LOCK = threading.Lock()
BLOBS, UPLOADS, MANIFESTS, REFERRERS = {}, {}, {}, {}
SEEN, TOKENS, ENDS = set(), {}, {}
OCI = "application/vnd.oci.image."
TLS = FAULTS.pop("tls", None)
SCHEME = "https" if TLS else "http"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def once(key):
    """True the first time."""
    with LOCK:
        if key in SEEN:
            return False
        SEEN.add(key)
        return True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def get_request(self):
        connection, address = super().get_request()
        if TLS:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TLS + "/cert.pem", TLS + "/key.pem")
            context.load_verify_locations(TLS + "/ca.pem")
            context.verify_mode = ssl.CERT_OPTIONAL
            connection = context.wrap_socket(connection, server_side=True,
                                             do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request, client_address):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    body = b""
    got = 0

    def log_message(self, *args):
        pass

    def reply(self, status, data=b"", headers=(), kind="application/json"):
        sent = 0 if self.command == "HEAD" else len(data)
        LOG.write(f"{self.command} {self.path} {status} {sent} {self.got}\n")
        self.send_response(status)
        names = {name.lower() for name, _ in headers}
        if "content-length" not in names:
            self.send_header("Content-Length", str(len(data)))
        if "content-type" not in names:
            self.send_header("Content-Type", kind)
        if "warning" in FAULTS:
            self.send_header("Warning", f'299 - "{FAULTS["warning"]}"')
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def error(self, status, code, headers=()):
        text = json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]})
        self.reply(status, text.encode(), headers)

    def read_body(self):
        """The request's body; None when it was cut."""
        size = int(self.headers.get("Content-Length") or 0)
        want = size
        part = FAULTS.get("cut_put")
        upload = re.match(r"/v2/(.+)/blobs/uploads/", self.path)
        if part and upload and size > 1000 and once(("put", upload[1])):
            part = upload[1].rsplit("/", 1)[-1] if part == "name" else part
            want = size * int(part) // 100
        if FAULTS.get("slow_put") and size > 1 << 20:
            self.body = self.read_slowly(want)
        else:
            self.body = self.rfile.read(want) if want else b""
        self.got = len(self.body)
        return self.body if self.got == size else None

    def handle_expect_100(self):
        size = int(self.headers.get("Content-Length") or 0)
        if "/blobs/uploads/" in self.path and (self.moved() or size > limit("max")):
            return True
        return super().handle_expect_100()

    def moved(self):
        """Where the request is to go instead, or nothing."""
        status, _, how = FAULTS.get("moved", "").partition(",")
        if not status or "/blobs/uploads/" not in self.path or self.command == "GET":
            return None
        if how == "loop":
            return self.path
        if "_moved" in self.path:
            if self.headers.get("Authorization") and how == "back":
                LOG.write(f"LEAK {self.path} from elsewhere\n")
            return None
        path = self.path + ("&" if "?" in self.path else "?") + "_moved=1"
        return other_url(path) if how in ("other", "back") else path

    def refuse_unread(self, status, headers=()):
        """The body stays where it is, and with it the connection."""
        self.close_connection = True
        self.got = 0
        self.reply(status, headers=list(headers) + [("Connection", "close")])

    def read_slowly(self, size):
        body, told = b"", False
        while len(body) < size:
            piece = self.rfile.read(min(size - len(body), 1 << 20))
            if not piece:
                break
            body += piece
            time.sleep(0.03)
            if len(body) * 2 >= size and not told:
                told = True
                LOG.write("HALF\n")
        return body

    # ---- who asks

    def certificate(self):
        return TLS and self.connection.getpeercert()

    def unauthorized(self):
        host = self.headers.get("Host")
        scope = 'repository:x:pull'
        if FAULTS["auth"] in ("one", "last"):
            repo = re.match(r"/v2/(.+)/(blobs|manifests|tags)/", self.path)
            scope = f"repository:{repo[1]}:pull" if repo else ""
        if FAULTS["auth"] == "basic":
            self.error(401, "UNAUTHORIZED", [("WWW-Authenticate", 'Basic realm="here"')])
            return
        realm = f"{SCHEME}://{host}/token"
        if FAULTS["auth"] == "realm":
            realm = "http://10.0.0.1/token"
        elif FAULTS["auth"] == "elsewhere":
            realm = other_url("/token")
        self.error(401, "UNAUTHORIZED",
                   [("WWW-Authenticate", f'Bearer realm="{realm}",service="test",scope="{scope}"')])

    def allowed(self):
        auth, line = FAULTS.get("auth"), self.headers.get("Authorization", "")
        if not auth:
            return True
        if auth == "basic":
            if line and line != "Basic am86c2VjcmV0":
                LOG.write(f"REFUSED {line}\n")
            return line == "Basic am86c2VjcmV0"
        if auth == "loop":
            return False
        token = line[7:] if line.startswith("Bearer ") else ""
        with LOCK:
            if token not in TOKENS:
                return False
            TOKENS[token] -= 1
            if TOKENS[token] == 0:
                del TOKENS[token]
        repo = re.match(r"/v2/(.+)/(blobs|manifests|tags)/", self.path)
        return auth != "last" or not repo or token.endswith("-" + repo[1])

    def token(self, query):
        if FAULTS["auth"] == "endless":
            return stream(self, b"", "endless")
        LOG.write(f"TOKEN {' '.join(sorted(query.get('scope', [])))}\n")
        if FAULTS.get("auth") != "loop" and \
                self.headers.get("Authorization") != "Basic am86c2VjcmV0":
            self.error(401, "UNAUTHORIZED")
            return
        repos = [s.split(":")[1] for s in query.get("scope", [])]
        if FAULTS["auth"] == "one" and len(set(repos)) > 1:
            self.error(403, "DENIED")
            return
        with LOCK:
            token = f"token{len(SEEN)}-{time.monotonic_ns()}-{repos[-1]}"
            TOKENS[token] = 4 if FAULTS["auth"] == "expire" else -1
        self.reply(200, json.dumps({"token": token, "expires_in": 300}).encode())

    # ---- what is asked

    def handle_one(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        to = self.moved()
        if to:
            return self.refuse_unread(int(FAULTS["moved"].partition(",")[0]), [("Location", to)])
        if "/blobs/uploads/" in self.path and \
                int(self.headers.get("Content-Length") or 0) > limit("max"):
            return self.refuse_unread(413)
        complete = self.read_body()
        if self.certificate():
            LOG.write("CERTIFICATE\n")
        if url.path == "/token":
            return self.token(query)
        if not self.allowed():
            return self.unauthorized()
        if url.path == "/v2/":
            return self.reply(200, b"{}")
        if complete is None:
            if self.command == "PATCH":
                self.keep_part(url.path)
            self.close_connection = True
            LOG.write(f"{self.command} {self.path} cut 0 {self.got}\n")
            return None
        with LOCK:
            busy = int(FAULTS.get("busy", 0))
            FAULTS["busy"] = str(max(busy - 1, 0))
            reset = int(FAULTS.get("reset", 0))
            FAULTS["reset"] = str(max(reset - 1, 0))
        if reset:
            LOG.write(f"{self.command} {self.path} reset 0 {self.got}\n")
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return None
        if busy:
            after = FAULTS.get("after", "0")
            if FAULTS.get("after_date"):
                after = email.utils.formatdate(time.time() + 3, usegmt=True)
            return self.error(429, "TOOMANYREQUESTS", [("Retry-After", after)])
        for pattern, method in ((r"/v2/(.+)/blobs/uploads/(.*)", self.upload),
                                (r"/v2/(.+)/blobs/(sha256:\w+)", self.blob),
                                (r"/v2/(.+)/manifests/(.+)", self.manifest),
                                (r"/v2/(.+)/tags/(list)", self.tags),
                                (r"/v2/(.+)/referrers/(.+)", self.referrers)):
            match = re.fullmatch(pattern, url.path)
            if match:
                return method(match[1], match[2], query)
        return self.error(404, "UNSUPPORTED")

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = handle_one

    def keep_part(self, path):
        name = path.rsplit("/", 1)[1]
        if name in UPLOADS:
            UPLOADS[name] += self.body

    def place(self, repo, name):
        path = f"/v2/{repo}/blobs/uploads/{name}?_state=a%2Bb"
        how = FAULTS.get("location", "relative")
        if how == "other":
            return other_url(path)
        if "://" in how:
            return how
        return path if how == "relative" else f"{SCHEME}://{self.headers['Host']}{path}"

    def upload(self, repo, name, query):
        if self.command == "POST":
            wanted = query.get("mount", [""])[0]
            there = {r for r, d in BLOBS if d == wanted}
            if FAULTS.get("mount") == "from":
                there &= set(query.get("from", []))
            if FAULTS.get("mount") in ("201", "from") and there:
                BLOBS[repo, wanted] = BLOBS[there.pop(), wanted]
                return self.reply(201, headers=[("Location", f"/v2/{repo}/blobs/{wanted}")])
            with LOCK:
                name = f"u{len(SEEN)}"
                SEEN.add(name)
                UPLOADS[name] = b""
            return self.reply(202, headers=[("Location", self.place(repo, name)),
                                            ("OCI-Chunk-Min-Length", FAULTS.get("least", "0"))])
        if name not in UPLOADS or query.get("_state") != ["a+b"]:
            return self.error(404, "BLOB_UPLOAD_UNKNOWN")
        have = len(UPLOADS[name])
        place = [("Location", self.place(repo, name)), ("Range", f"0-{max(have - 1, 0)}")]
        if self.command == "GET":
            return self.reply(204, headers=place)
        if self.command == "PATCH":
            return self.patch(repo, name, have, place)
        if FAULTS.get("put") and self.body:
            return self.error(int(FAULTS["put"]), "UNSUPPORTED")
        status, _, late = FAULTS.get("finish", "").partition(",")
        fails = status and once(("finish", repo))
        if fails and not late:
            return self.error(int(status), "UNKNOWN")
        data = UPLOADS.pop(name) + self.body
        if fails:
            BLOBS[repo, digest(data)] = data
            return self.error(int(status), "UNKNOWN")
        if digest(data) != query["digest"][0]:
            return self.error(400, "DIGEST_INVALID")
        BLOBS[repo, digest(data)] = data
        return self.reply(201, headers=[("Docker-Content-Digest", digest(data))])

    def patch(self, repo, name, have, place):
        status, _, size = FAULTS.get("patch", "").partition(",")
        ranged = self.headers.get("Content-Range")
        begin = re.fullmatch(r"(\d+)-\d+", ranged or f"{have}-0")
        if status and (not size or (ranged and self.got > int(size))):
            return self.error(int(status), "UNSUPPORTED")
        if have and FAULTS.get("lose") and once(("lose", repo)):
            del UPLOADS[name]
            return self.error(404, "BLOB_UPLOAD_UNKNOWN")
        if have and FAULTS.get("lost_put") and once(("lost", name)):
            UPLOADS[name] = UPLOADS[name][:have // 2]
            return self.error(416, "BLOB_UPLOAD_INVALID", [place[0], ("Range", f"0-{have // 2 - 1}")])
        if have and have < limit("least", 0):
            return self.error(400, "SIZE_INVALID", place)
        if not begin or int(begin[1]) != have:
            return self.error(416, "BLOB_UPLOAD_INVALID", place)
        UPLOADS[name] += self.body
        end = len(UPLOADS[name]) - 1
        if FAULTS.get("stale"):
            end = ENDS.setdefault(name, end)
        return self.reply(202, headers=[place[0], ("Range", f"0-{end}")])

    def blob(self, repo, name, _):
        if self.command == "HEAD" and FAULTS.get("head"):
            return self.error(int(FAULTS["head"]), "UNSUPPORTED")
        data = BLOBS.get((repo, name))
        if data is None or FAULTS.get("gone") == repo:
            return self.error(404, "BLOB_UNKNOWN")
        if FAULTS.get("redirect") and self.command == "GET":
            to = FAULTS["redirect"]
            return self.reply(307, headers=[("Location", to if "://" in to else
                                             other_url("/" + name))])
        return send_blob(self, name, data, repo)

    def manifest(self, repo, name, _):
        if self.command == "PUT":
            kind = self.headers["Content-Type"]
            doc = json.loads(self.body)
            named = digest(self.body)
            status, _, only = FAULTS.get("put_manifest", "201").partition(",")
            if only and not once(("put_manifest", repo)):
                status = "201"
            if int(status) >= 300:
                return self.error(int(status), "UNKNOWN")
            MANIFESTS[repo, name] = MANIFESTS[repo, named] = (self.body, kind)
            headers = [("Docker-Content-Digest", named)]
            if FAULTS.get("referrers") == "1" and "subject" in doc:
                subject = doc["subject"]["digest"]
                REFERRERS.setdefault((repo, subject), []).append(
                    {"mediaType": kind, "digest": named, "size": len(self.body),
                     "artifactType": doc.get("artifactType")})
                headers.append(("OCI-Subject", subject))
            return self.reply(int(status), headers=headers)
        fault = FAULTS.get("manifest")
        data, kind = MANIFESTS.get((repo, name), (None, None))
        if fault == "self":
            data, kind = self_index(), OCI + "index.v1+json"
        if data is None:
            return self.error(404, "MANIFEST_UNKNOWN")
        if fault == "big":
            data = data[:-1] + b" " * (5 << 20) + b"}"
        elif fault == "large":
            data = data.rstrip()[:-1] + b" " * (4190000 - len(data)) + b"}"
        elif fault == "bomb":
            bomb = gzip.compress(bytes(50 << 20), 9)
            return self.reply(200, bomb, [("Content-Encoding", "gzip")], kind)
        elif fault == "endless":
            return stream(self, b"", "endless")
        elif fault == "duplicate":
            data = b'{"schemaVersion":2,' + data[1:]
        elif fault == "other":
            return self.reply(200, data, [("Docker-Content-Digest", digest(b"x"))], kind)
        elif fault == "html":
            data, kind = b"<html>please log in</html>", "text/html"
        if self.command == "HEAD" and FAULTS.get("head_manifest"):
            return self.error(int(FAULTS["head_manifest"]), "UNSUPPORTED")
        named = [] if FAULTS.get("nodigest") else [("Docker-Content-Digest", digest(data))]
        return self.reply(200, data, named, kind)

    def tags(self, repo, _, query):
        fault = FAULTS.get("tags")
        last = query.get("last", ["0"])[0]
        tags = [n for r, n in MANIFESTS if r == repo and ":" not in n]
        headers = []
        if fault == "null":
            tags = None
        elif fault:
            tags = [f"t{last}"]
            following = "0" if fault == "self" else str(int(last) + 1)
            if fault == "bad":
                tags = ["x\033[2Jy"]
            elif fault not in ("pages", "norel") or int(last) < 3:
                following = f"/v2/{repo}/tags/list?n=1&last={following}"
                if fault == "other":
                    following = other_url(following)
                elif "://" in fault:
                    following = fault
                # several links may share a line (RFC 8288, 3)
                headers = [("Link", f'<{following}>' if fault == "norel" else
                            f'</v2/{repo}/tags/list>; rel="first", <{following}>; rel="next"')]
        self.reply(200, json.dumps({"name": repo, "tags": tags}).encode(), headers)

    def referrers(self, repo, name, _):
        how = FAULTS.get("referrers", "404")
        if how == "html":
            return self.reply(200, b"<html>what?</html>", kind="text/html")
        if how != "1":
            return self.error(int(how), "UNKNOWN")
        found = REFERRERS.get((repo, name), [])
        return self.reply(200, json.dumps({"schemaVersion": 2, "manifests": found}).encode(),
                          kind=OCI + "index.v1+json")


def self_index():
    """An index can't hold its own digest; it can claim to."""
    inner = {"mediaType": OCI + "index.v1+json", "size": 2, "digest": "sha256:" + "0" * 64}
    return json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
                       "manifests": [inner]}).encode()


def send_blob(self, name, data, repo=""):
    """GET or HEAD of a blob, with what may go wrong with it."""
    fault, wanted = FAULTS.get("blob"), self.headers.get("Range")
    first, status, headers = 0, 200, []
    drops = int(FAULTS.get("drip", 1 << 40))
    if self.command == "GET" and len(data) > drops:
        return stream(self, data, "drops")
    if fault == "wrong":
        data = bytes(len(data))
    elif fault == "long":
        data += b"x"
    elif fault == "short":
        data = data[:-1]
    if fault == "bomb":
        headers.append(("Content-Encoding", "gzip"))
    if wanted and not FAULTS.get("norange"):
        if FAULTS.get("416"):
            return self.error(416, "UNSUPPORTED")
        first = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
        status = 206
        headers.append(("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}"))
    if self.command == "GET" and (fault == "endless" or (fault == "drip" and once(("drip", name)))):
        LOG.write(f"GET {self.path} {fault}\n")
        return stream(self, data, fault)
    part = FAULTS.get("cut")
    if part == "name":
        part = repo.rsplit("/", 1)[-1]
    if part and self.command == "GET" and len(data) > 1000 and once(("cut", repo, name)):
        LOG.write(f"GET {self.path} cut {len(data) * int(part) // 100 - first} 0\n")
        self.send_response(status)
        for header in headers + [("Content-Length", str(len(data) - first))]:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(data[first:len(data) * int(part) // 100])
        self.wfile.flush()
        self.close_connection = True
        return None
    return self.reply(status, data[first:], headers, "application/octet-stream")


def stream(self, data, fault):
    """Without a length: no end, or hardly a beginning."""
    self.send_response(200)
    self.send_header("Connection", "close")
    self.end_headers()
    self.close_connection = True
    if fault == "drip":
        for byte in data[:5]:
            self.wfile.write(bytes([byte]))
            time.sleep(0.1)
        time.sleep(60)
    for byte in data if fault == "drops" else b"":
        self.wfile.write(bytes([byte]))
        time.sleep(0.1)
    while fault == "endless":
        self.wfile.write(bytes(65536))


def limit(fault, otherwise=1 << 60):
    return int(FAULTS.get(fault, otherwise))


def other_url(path):
    return f"{SCHEME}://127.0.0.1:{OTHER.server_port}{path}"


class Other(Handler):
    """Where redirects lead."""

    def moved(self):
        if FAULTS.get("moved", "").endswith(",back") and "_moved=1" in self.path:
            return f"{SCHEME}://{MAIN.server_address[0]}:{MAIN.server_port}" + \
                self.path.replace("_moved=1", "_moved=2")
        return None

    def allowed(self):
        return True

    def handle_one(self):
        if self.path.startswith("/token") and not self.certificate():
            return super().handle_one()
        if self.headers.get("Authorization") or self.certificate():
            LOG.write(f"LEAK {self.path} {self.headers.get('Authorization')} "
                      f"{self.certificate()}\n")
            return self.error(400, "UNSUPPORTED")
        if self.path.startswith("/v2/"):
            return super().handle_one()
        name = self.path[1:]
        return send_blob(self, name, next(b for (_, d), b in BLOBS.items() if d == name))

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = handle_one


OTHER = Server(("127.0.0.1", 0), Other)
threading.Thread(target=OTHER.serve_forever, daemon=True).start()
MAIN = Server(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w", encoding="utf-8") as f:
    f.write(str(MAIN.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])


def control():
    """Lines of standard input set faults: "auth=loop", "blob=" takes one back, "forget" all that was
    done once, "reset" everything."""
    for line in sys.stdin:
        line = line.strip()
        if line == "forget":
            SEEN.clear()
        elif line == "reset":
            for all_of in (FAULTS, SEEN, BLOBS, UPLOADS, MANIFESTS, REFERRERS, TOKENS):
                all_of.clear()
        elif line.endswith("="):
            FAULTS.pop(line[:-1], None)
        elif "=" in line:
            FAULTS.update([line.split("=", 1)])
        LOG.write(f"SET {line}\n")


threading.Thread(target=control, daemon=True).start()
MAIN.serve_forever()
