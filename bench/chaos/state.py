"""Which seeds have passed with these programs and these settings."""

import hashlib
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))


class State:
    """`path`: where that is kept; None keeps nothing. `programs`: files of which each belongs to what was tested."""

    def __init__(self, path, programs, settings):
        self.path = path
        self.passed = set()
        if not path:
            return
        mark = self.mark(programs, settings)
        if os.path.exists(path):
            with open(path) as file:
                lines = [json.loads(line) for line in file if line.endswith("\n")]
            if lines and lines[0].get("mark") == mark:
                self.passed = {line["seed"] for line in lines[1:]}
                return
        with open(path, "w") as file:
            file.write(json.dumps({"mark": mark}) + "\n")

    @staticmethod
    def mark(programs, settings):
        marks = [str((os.stat(name).st_mtime_ns, os.stat(name).st_size)) for name in programs]
        for name in sorted(os.listdir(HERE)):
            if os.path.isfile(f"{HERE}/{name}"):
                with open(f"{HERE}/{name}", "rb") as file:
                    marks.append(hashlib.sha256(file.read()).hexdigest())
        return hashlib.sha256(json.dumps([marks, settings]).encode()).hexdigest()

    def add(self, seed):
        if self.path:
            with open(self.path, "a") as file:
                file.write(json.dumps({"seed": seed}) + "\n")
