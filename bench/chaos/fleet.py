"""Processes that are started, killed, frozen and started again."""

import os
import signal
import subprocess


class Process:
    def __init__(self, name, command, environment, log):
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.child = None
        self.frozen = False  # By the schedule: others may freeze it too.
        self.restarting = False
        self.is_held = False  # It stands still for something that is under way: nothing else may happen to it.
        self.starts = 0

    def start(self, **changes):
        """`changes` of the environment are for this start only; None leaves a variable out."""
        environment = {**self.environment, **changes}
        environment = {name: value for name, value in environment.items() if value is not None}
        self.starts += 1
        self.frozen = self.restarting = False
        with open(self.log, "ab") as log:
            log.write(f"=== start {self.starts}\n".encode())
            log.flush()
            self.child = subprocess.Popen(self.command, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, start_new_session=True, cwd="/")

    @property
    def has_ended(self):
        return self.child is None or self.child.poll() is not None

    @property
    def is_stopped(self):
        """Stands still by a signal."""
        try:
            with open(f"/proc/{self.child.pid}/stat") as file:
                return file.read().rsplit(")", 1)[1].split()[0] == "T"
        except OSError:
            return False

    def send(self, number):
        if not self.has_ended:
            os.kill(self.child.pid, number)

    def freeze(self):
        self.frozen = True
        self.send(signal.SIGSTOP)

    def thawing(self):
        """What thaws the process that runs now, and leaves one that was started after it alone."""
        child = self.child

        def thaw():
            if self.child is child:
                self.thaw()

        return thaw

    def thaw(self):
        self.frozen = False
        self.send(signal.SIGCONT)

    def kill(self):
        self.send(signal.SIGKILL)
        if self.child is not None:
            self.child.wait()
