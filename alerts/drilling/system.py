"""A whole system that faults are made in: database, orchestrators, robots, Prometheus, Alertmanager and who it tells.

What a fault may use of it (all of it from several threads at once):

    folder, database_url, prometheus_url, token, url (of the first orchestrator), sealing_key
    orchestrators, robots                     orchestrator-0; base-sql, base-api. Process by name: start(**env), stop(),
                                              kill(), freeze(), thaw(), has_ended, port
    start_orchestrator(name, **environment)   one more; waits until it is ready (ready=False: does not); scraped
    start_robot(name, kind, **environment)    "sql" or "api"; waits until it is registered (ready=False: does not);
                                              scraped
    remove(process)                           kills it, and it is scraped no more
    ctl(*arguments, input=None, json=False)   casarectl, as admin; its output, or what its JSON (-o json) says
    sql(text)                                 as superuser; its rows as text, | between columns
    session()                                 with … as s: s.sql(text); one connection, rolled back at the end: for
                                              locks
    http(method, path, body=None, token=None) (status, what the JSON says, or text); token="" sends none
    workflow(name, nodes, connections=())     uploads it
    submit(workflow, count=1, **fields)       the jobs' IDs
    alerts(), query(expression)               what Prometheus says
    threshold(name, number)                   with …: a number of thresholds.yml is another one for as long
    until(what, seconds, condition)           waits until the condition is true; or ends the fault with an error
    stop_database(), start_database()         for groups in which nothing else needs it
"""

import base64
import hashlib
import os
import secrets
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../bench/queue"))
import cluster
from drilling.calls import Calls, DrillError
from drilling.monitoring import Monitoring
from drilling.process import Process, free_port

READY_SECONDS = 60
LEASE_SECONDS = 6
DATABASE_SETTINGS = {
    "max_connections": "200", "shared_buffers": "64MB", "jit": "off", "fsync": "off", "log_min_messages": "warning",
}


class Database(cluster.Cluster):
    initdb_options = ("--no-sync",)


class System(Calls):
    def __init__(self, programs, folder, factor, environment=None):
        """`environment`: what all of its orchestrators are told beside the usual."""
        self.programs = os.path.abspath(programs)
        self.folder = folder
        self.changes = environment or {}
        self.orchestrators, self.robots = {}, {}
        self.scraped = {"casare-orchestrator": {}, "casare-robot": {}}
        self.lock = threading.RLock()
        self.token, self.robot_token, self.viewer_token = (f"crpa_{secrets.token_urlsafe(32)}" for _ in range(3))
        self.sealing_key = base64.b64encode(secrets.token_bytes(32)).decode()
        self.monitoring = Monitoring(folder, self.viewer_token, factor)
        self.database = Database(folder, "database", DATABASE_SETTINGS)
        self.database_url = self.database.url("casare")

    def __enter__(self):
        try:
            self.database.__enter__()
            self.database.sql("CREATE DATABASE casare")
            self.ctl("db", "migrate")
            for name, role, text in (("drill", "admin", self.token), ("robots", "robot", self.robot_token),
                                     ("prometheus", "viewer", self.viewer_token)):
                digest = hashlib.sha256(text.encode()).hexdigest()
                self.sql("INSERT INTO tokens (tenant_id, name, role, hash, created_at)"
                         f" VALUES (1, '{name}', '{role}', '\\x{digest}', now())")
            self.start_orchestrator("orchestrator-0")
            self.monitoring.start()
            self.start_robot("base-sql", "sql")
            self.start_robot("base-api", "api")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in [*self.robots.values(), *self.orchestrators.values()]:
            process.kill()
        self.monitoring.stop()
        self.database.__exit__()

    # Processes

    def base(self):
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.folder, "NO_COLOR": "1",
                "XDG_CONFIG_HOME": f"{self.folder}/config", "XDG_STATE_HOME": f"{self.folder}/state",
                "XDG_DATA_HOME": f"{self.folder}/data", "SWIFT_BACKTRACE": "enable=no", "LOG_LEVEL": "info"}

    def start_orchestrator(self, name, ready=True, **environment):
        port = free_port()
        environment = {
            **self.base(), "DATABASE_URL": self.database_url, "CASARE_PORT": str(port),
            "CASARE_SEALING_KEY": self.sealing_key, "CASARE_LEASE_SECONDS": str(LEASE_SECONDS),
            **self.changes, **environment,
        }
        command = [f"{self.programs}/casare-orchestrator"]
        process = Process(name, command, environment, f"{self.folder}/{name}.log", port)
        with self.lock:
            self.orchestrators[name] = process
        process.start()
        self.scrape("casare-orchestrator", process)
        if ready:
            self.until(f"{name} is ready", READY_SECONDS, lambda: self.is_ready(process))
        return process

    def is_ready(self, process):
        """Whether the orchestrator answers and has its database."""
        if process.has_ended:
            raise DrillError(f"{process.name} has ended:\n{process.last_lines()}")
        try:
            return self.http("GET", "/health/ready", base=self.url_of(process))[0] == 200
        except OSError:
            return False

    def start_robot(self, name, kind="sql", ready=True, **environment):
        port = free_port()
        told = {**self.base(), "CASARE_ROBOT_ID": name, "CASARE_METRICS_PORT": str(port), "CASARE_ROBOT_SLOTS": "2",
                "CASARE_LEASE_SECONDS": str(LEASE_SECONDS), "CASARE_WORKING_DIRECTORY": f"{self.folder}/runs",
                "CASARE_SHUTDOWN_GRACE": "1", "CASARE_ALLOW_INTERNAL_URLS": "true"}
        if kind == "api":
            told.update({"CASARE_URL": self.url, "CASARE_TOKEN": self.robot_token})
        else:
            told.update({"DATABASE_URL": self.database_url, "CASARE_SEALING_KEY": self.sealing_key})
        process = Process(
            name, [f"{self.programs}/casare-robot"], {**told, **environment}, f"{self.folder}/{name}.log", port)
        with self.lock:
            self.robots[name] = process
        process.start()
        self.scrape("casare-robot", process)
        if ready:
            self.until(f"{name} is registered", READY_SECONDS, lambda: self.is_registered(process))
        return process

    def is_registered(self, process):
        if process.has_ended:
            raise DrillError(f"{process.name} has ended:\n{process.last_lines()}")
        return self.sql("SELECT count(*) FROM robot_sessions WHERE ended_at IS NULL AND lost_at IS NULL"
                        f" AND alive_until > now() AND robot_id = '{process.name}'") != "0"

    def scrape(self, job, process):
        with self.lock:
            scheme = "https" if process.environment.get("CASARE_TLS_CERTIFICATE") else "http"
            self.scraped[job][process.name] = {
                "targets": [f"127.0.0.1:{process.port}"], "labels": {"__scheme__": scheme}}
            self.monitoring.targets(self.scraped)

    def remove(self, process):
        process.kill()
        with self.lock:
            for job in self.scraped.values():
                job.pop(process.name, None)
            self.orchestrators.pop(process.name, None)
            self.robots.pop(process.name, None)
            self.monitoring.targets(self.scraped)

    def forget_removed(self):
        """Robots that were removed here are known to the database: they are forgotten, so that nobody misses them."""
        def are_forgotten():
            known = ", ".join(f"'{name}'" for name in self.robots)
            gone = self.sql(f"SELECT robot_id FROM robots WHERE tenant_id = 1 AND robot_id NOT IN ({known})").split()
            if gone:
                self.ctl("robot", "remove", *gone, "--reason", "the drill is over", "--yes", check=False)
            return not gone

        self.until("robots that are gone are forgotten", READY_SECONDS, are_forgotten)

    @staticmethod
    def url_of(process):
        scheme = "https" if process.environment.get("CASARE_TLS_CERTIFICATE") else "http"
        return f"{scheme}://127.0.0.1:{process.port}"

    @property
    def url(self):
        return self.url_of(self.orchestrators["orchestrator-0"])

    # Monitoring

    @property
    def prometheus_url(self):
        return self.monitoring.prometheus_url

    def alerts(self):
        return self.monitoring.alerts()

    def query(self, expression):
        return self.monitoring.query(expression)

    def threshold(self, name, number):
        return self.monitoring.threshold(name, number)

    def stop_database(self):
        self.database.stop()

    def start_database(self):
        self.database.start()
