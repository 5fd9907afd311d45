#!/usr/bin/env python3
"""The world that effects change, in a process of its own: ledger.py FILE ADDRESS SEED LATE NEVER

Each effect that it is asked for is a line of the file, made durable before anything is answered. It never asks whether
it had the same effect before. By the seed it answers late, or never; how long that took is another line. Its first
line of output is its port."""

import hashlib
import json
import os
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

LATE_SECONDS = 1.2
NEVER_SECONDS = 12  # Longer than a step of most jobs may take.
SLOW_SECONDS = 2.5  # Of what is only looked at, under /slow.
WORTH_SAYING_SECONDS = 0.5


class Ledger:
    def __init__(self, path, seed, late, never):
        self.file = open(path, "a")  # For as long as the process lives.
        self.lock = threading.Lock()
        self.seed, self.late, self.never = seed, late, never
        self.lines = 0

    def note(self, kind, key, body):
        with self.lock:
            self.lines += 1
            self.write({"n": self.lines, "at": round(time.time(), 3), "kind": kind, "key": key, **body})
            os.fsync(self.file.fileno())
            return self.lines

    def note_answer(self, number, seconds):
        with self.lock:
            self.write({"n": number, "at": round(time.time(), 3), "kind": "answer", "seconds": round(seconds, 3)})

    def write(self, line):
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()

    def pause(self, number):
        """Seconds before the answer to a line."""
        chance = int.from_bytes(hashlib.sha256(f"{self.seed}/{number}".encode()).digest()[:4], "big") / 2**32
        if chance < self.never:
            return NEVER_SECONDS
        return LATE_SECONDS if chance < self.never + self.late else 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        began = time.monotonic()
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # Who sent it is gone, and no server acts on half a request.
            return
        ledger = self.server.ledger
        kind = self.path.strip("/")
        try:
            content = json.loads(body)
        except ValueError:
            content = {"unreadable": body.decode(errors="replace")}
        number = ledger.note(kind, self.headers.get("Idempotency-Key"), content)
        time.sleep(ledger.pause(number) if kind == "effect" else 0)
        seconds = time.monotonic() - began
        if kind == "effect" and seconds >= WORTH_SAYING_SECONDS:
            ledger.note_answer(number, seconds)  # Before it is sent: nobody acts on it sooner.
        self.answer()

    do_PUT = do_POST

    def do_GET(self):
        time.sleep(SLOW_SECONDS if self.path == "/slow" else 0)
        self.answer()

    def answer(self):
        text = b'{"ok": true}'
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        except OSError:
            self.close_connection = True  # Nobody waits for it any more.

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # A robot that was killed in the middle of a request.


def main():
    path, address, seed, late, never = sys.argv[1:]
    server = Server((address, 0), Handler)
    server.ledger = Ledger(path, seed, float(late), float(never))
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
