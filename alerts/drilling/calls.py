"""What a system is asked: over the command line, over HTTP, and in its database."""

import contextlib
import json as jsons
import ssl
import subprocess
import time
import urllib.error
import urllib.request

from drilling.session import Session

CALL_SECONDS = 20
COMMAND_SECONDS = 60
JOBS_AT_ONCE_MAX = 1000


class DrillError(Exception):
    """What was to happen did not."""


class Calls:
    """A part of System, which says where to ask, and who asks."""

    def ctl(self, *arguments, input=None, json=False, check=True):
        command = [f"{self.programs}/casarectl", *arguments, *(("-o", "json") if json else ())]
        environment = {**self.base(), "DATABASE_URL": self.database_url, "CASARE_TOKEN": self.token}
        if "orchestrator-0" in self.orchestrators:
            environment["CASARE_URL"] = self.url
        done = subprocess.run(command, input=input, env=environment, capture_output=True, text=True, check=False,
                              timeout=COMMAND_SECONDS)
        if check and done.returncode:
            said = done.stderr + done.stdout
            raise DrillError(f"casarectl {' '.join(arguments)} ended with {done.returncode}: {said}")
        return jsons.loads(done.stdout) if json else done.stdout

    def sql(self, text):
        try:
            return self.database.sql(text, "casare")
        except SystemExit as error:
            raise DrillError(f"{error} ({text})") from error

    @contextlib.contextmanager
    def session(self):
        session = Session(self.database, "casare")
        try:
            yield session
        finally:
            session.close()

    def http(self, method, path, body=None, token=None, base=None, headers=None):
        text = self.token if token is None else token
        request = urllib.request.Request(
            (base or self.url) + path, method=method, data=None if body is None else jsons.dumps(body).encode(),
            headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {text}"} if text else {}),
                     **(headers or {})})
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS, context=context) as answer:
                status, found = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, found = error.code, error.read().decode()
        try:
            return status, jsons.loads(found) if found else None
        except ValueError:
            return status, found

    def call(self, method, path, body=None):
        """As `http`, and anything but success is an error."""
        status, found = self.http(method, path, body)
        if status >= 300:
            raise DrillError(f"{method} {path}: {status} {found}")
        return found

    def workflow(self, name, nodes, connections=()):
        """`nodes`: (type, config) by their IDs; one after the other where `connections` says nothing."""
        ids = list(nodes)
        keys = ("source_node", "source_port", "target_node", "target_port")
        ends = connections or [(one, "exec_out", other, "exec_in") for one, other in zip(ids, ids[1:])]
        return self.call("POST", "/api/v1/workflows", {"document": {
            "metadata": {"name": name},
            "nodes": {id: {"node_id": id, "node_type": kind, "config": config} for id, (kind, config) in nodes.items()},
            "connections": [dict(zip(keys, end)) for end in ends],
        }})

    def submit(self, workflow, count=1, **fields):
        """`fields` of the request, such as queue, max_attempts."""
        found = []
        while count > 0:
            some = min(count, JOBS_AT_ONCE_MAX)
            answer = self.call("POST", "/api/v1/jobs/batch", {"jobs": [{"workflow": workflow, **fields}] * some})
            found += [job["id"] for job in answer["jobs"]]
            count -= some
        return found

    @staticmethod
    def until(what, seconds, condition):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise DrillError(f"Not in {seconds:.0f} seconds: {what}")
            time.sleep(0.25)
