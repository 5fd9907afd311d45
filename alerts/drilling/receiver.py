"""Whom Alertmanager tells: a server that keeps what it is told, and when."""

import collections
import http.server
import json
import threading
import time

Told = collections.namedtuple("Told", "receiver labels status at")


class Receiver:
    def __init__(self):
        self.told = []
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with receiver.lock:
                    receiver.told += [Told(self.path.strip("/"), alert["labels"], alert["status"], time.monotonic())
                                      for alert in message["alerts"]]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def was_told(self, matches, status, since, receiver=None):
        """What came of alerts whose labels match, from a time of the monotonic clock on."""
        with self.lock:
            return [told for told in self.told if told.status == status and told.at >= since and matches(told.labels)
                    and receiver in (None, told.receiver)]
