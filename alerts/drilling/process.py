"""Processes that are started, frozen, ended and started again."""

import os
import signal
import socket
import subprocess

STOP_SECONDS = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """`port`: where it answers, if it does; the same after every start."""

    def __init__(self, name, command, environment, log, port=None):
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.port = port
        self.child = None

    def start(self, **changes):
        """`changes` of the environment are for this start only; None leaves a variable out."""
        environment = {name: text for name, text in {**self.environment, **changes}.items() if text is not None}
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(self.command, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, start_new_session=True, cwd="/")

    @property
    def has_ended(self):
        return self.child is None or self.child.poll() is not None

    def send(self, number):
        if not self.has_ended:
            os.kill(self.child.pid, number)

    def freeze(self):
        self.send(signal.SIGSTOP)

    def thaw(self):
        self.send(signal.SIGCONT)

    def kill(self):
        self.send(signal.SIGKILL)
        if self.child is not None:
            self.child.wait()

    def stop(self):
        """As an init system does it; killed when it takes too long."""
        self.thaw()
        self.send(signal.SIGTERM)
        try:
            if self.child is not None:
                self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_lines(self, count=5):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-count:])
        except OSError:
            return ""
