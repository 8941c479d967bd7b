# SPDX-License-Identifier: Apache-2.0
"""
A mirror on loopback that fills itself: what isn't in its folder yet is fetched from the upstream
mirror once. After one run of each contender everything is on this machine's disk, so that the
measured runs see neither the network nor its moods. Standard library only.
"""
import http.server
import os
import re
import shutil
import threading
import urllib.error
import urllib.request


def upstream():
    """The Debian mirror of this host: the environment's, else apt's."""
    if os.environ.get("PARE_DEBIAN_MIRROR"):
        return os.environ["PARE_DEBIAN_MIRROR"].rstrip("/")
    places = ["/etc/apt/sources.list"]
    folder = "/etc/apt/sources.list.d"
    if os.path.isdir(folder):
        places += sorted(os.path.join(folder, n) for n in os.listdir(folder))
    for place in places:
        if os.path.exists(place):
            with open(place) as f:
                found = re.search(r"https?://\S*/debian/?(?=\s)", f.read())
            if found:
                return found.group(0).rstrip("/")
    raise SystemExit("no Debian mirror in apt's sources; set PARE_DEBIAN_MIRROR")


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()

    def log_message(self, *args):
        pass

    def send_head(self):
        path = self.translate_path(self.path)
        if not os.path.exists(path):
            with self.lock:
                self.fill(path)
        return super().send_head()

    def fill(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            with urllib.request.urlopen(self.server.upstream + self.path, timeout=60) as body:
                with open(path + ".part", "wb") as f:
                    shutil.copyfileobj(body, f)
            os.rename(path + ".part", path)
        except urllib.error.HTTPError:
            pass  # a 404 here is one there


def serve(folder):
    """Starts the server in a thread; returns its URL."""
    os.makedirs(folder, exist_ok=True)
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *a: Handler(*a, directory=folder))
    server.daemon_threads = True
    server.upstream = upstream()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_address[1]
