"""What a fault does again and again for as long as it lasts."""

import contextlib
import threading


@contextlib.contextmanager
def repeating(seconds, action):
    """Calls `action` from a thread of its own, with a pause in between, until the end."""
    is_over = threading.Event()

    def work():
        while not is_over.is_set():
            action()
            is_over.wait(seconds)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


class Shared:
    """A fault that several alerts tell of: it is made for the first of them, and ended for the last."""

    def __init__(self, make):
        self.make = make
        self.lock = threading.Lock()
        self.users = 0
        self.made = None

    @contextlib.contextmanager
    def of(self, system):
        with self.lock:
            if self.users == 0:
                self.made = self.make(system)
                self.made.__enter__()
            self.users += 1
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1
                if self.users == 0:
                    self.made.__exit__(None, None, None)
