"""Everything that happens to a Casare once, so that everything which the dashboards show has something to show.

    with System(programs, folder, factor) as system:
        with Workload(system) as workload:
            workload.run()
            ... look at Prometheus ...

Its names begin with `wl-`, and its jobs are in environments of its own: it is in nobody's way. It takes about two
minutes, and leaves robots that run, a queue that is paused, a job that asks a person, and dead letters of both kinds.
Beside the orchestrator that is there it starts one that speaks TLS, anchors the audit log often and knows other vaults,
and a robot whose collector is dead.
"""

import contextlib
import datetime
import http.server
import json
import os
import signal
import subprocess
import threading
import time

PLANTED = "Wl7hQ2zRt9mXv4LpKd8NbYc3"
DONE_SECONDS = 120
CRASHES = 5  # In a row; then the job ends.
SLOW_SECONDS = 3
HELD_SECONDS = 12  # Longer than a lease, and than the step that is cut off by it.
LOCKED_SECONDS = 8  # Longer than a group of metrics may take to be read.
WRONG_TOKENS = 24  # More than an address may show (CASARE_LOCKOUT_FAILURES).
PROVIDERS = """\
providers:
  wl-variables: {kind: environment, prefix: CASARE_SECRET_}
  wl-gone: {kind: files, folder: %s}
"""


class Server:
    """What workflows ask: / answers, below /busy nothing does the first time, and /slow takes its time."""

    def __init__(self):
        asked = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if length := int(self.headers.get("Content-Length") or 0):
                    self.rfile.read(length)
                asked[self.path] = asked.get(self.path, 0) + 1
                if self.path == "/slow":
                    time.sleep(HELD_SECONDS)
                status = 503 if self.path.startswith("/busy") and asked[self.path] == 1 else 200
                body = json.dumps({"path": self.path}).encode()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Workload:
    def __init__(self, system):
        self.system = system
        self.folder = f"{system.folder}/workload"
        self.server = Server()
        self.followers = []
        self.jobs = []  # Those that end by themselves.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for follower in self.followers:
            follower.send_signal(signal.SIGINT)
            follower.wait()
        for process in [*self.system.robots.values(), *self.system.orchestrators.values()]:
            if process.name.startswith("wl-"):
                self.system.remove(process)
        self.server.stop()

    def run(self):
        """All of it; at the end nothing is under way any more but what is to stay."""
        os.makedirs(self.folder, exist_ok=True)
        self.start_processes()
        self.upload()
        self.secrets()
        self.schedules()
        self.follow()
        aside = [threading.Thread(target=self.noted, args=(part,)) for part in (self.crash, self.freeze, self.doubt)]
        self.problems = []
        for thread in aside:
            thread.start()
        for part in (self.good_jobs, self.bad_jobs, self.triggers, self.items, self.people, self.strangers,
                     self.database):
            part()
        self.settle()
        self.again()
        for thread in aside:
            thread.join()
        if self.problems:
            raise self.problems[0]
        self.close()

    def noted(self, part):
        try:
            part()
        except Exception as error:  # It is raised where the work comes together again.
            self.problems.append(error)

    # Processes

    def start_processes(self):
        system, folder = self.system, self.folder
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "30",
             "-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.pem"], check=True, capture_output=True)
        os.chmod(f"{folder}/tls.key", 0o600)
        with open(f"{folder}/providers.yaml", "w", encoding="utf-8") as file:
            file.write(PROVIDERS % f"{folder}/vault")
        system.start_orchestrator("wl-orchestrator", **{
            "CASARE_TLS_CERTIFICATE": f"{folder}/tls.pem", "CASARE_TLS_KEY": f"{folder}/tls.key",
            "CASARE_AUDIT_ANCHOR_ENTRIES": "5", "CASARE_SECRET_PROVIDERS": f"{folder}/providers.yaml",
            "CASARE_SECRET_WL_ELSEWHERE": PLANTED + "-elsewhere",
        })
        system.start_robot("wl-sql", "sql", **self.of("wl-main"))
        system.start_robot("wl-api", "api", **self.of("wl-main"))
        # Nobody takes what this one has to tell.
        system.start_robot("wl-lossy", "sql", **self.of("wl-lossy"), **{
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "300",
            "OTEL_METRIC_EXPORT_INTERVAL": "2000", "LOG_LEVEL": "debug",
            "OTEL_BSP_MAX_QUEUE_SIZE": "4", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2",
            "OTEL_BLRP_MAX_QUEUE_SIZE": "4", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "2",
        })

    @staticmethod
    def of(environment):
        return {"CASARE_ENVIRONMENT": environment}

    # Workflows

    def upload(self):
        workflow, url = self.system.workflow, self.server.url
        workflow("wl-good", {
            "set": ("SetVariableNode", {"variable_name": "x", "value": 1}),
            "log": ("LogNode", {"message": "x is {{x}}"}),
            "get": ("HttpRequestNode", {"url": f"{url}/"}),
            "post": ("HttpRequestNode", {"url": f"{url}/posted", "method": "POST", "body": {"x": 1}}),
            "busy": ("HttpRequestNode", {"url": f"{url}/busy/{{{{_job_id}}}}", "retry_count": 3, "retry_delay": 0.1}),
            "open": ("DatabaseConnectNode", {
                "db_type": "postgresql", "host": "127.0.0.1", "port": self.system.database.port, "database": "postgres",
                "username": "postgres"}),
            "ask": ("ExecuteQueryNode", {"connection": "{{open.connection}}", "query": "SELECT 41 + 1 AS answer"}),
        })
        workflow("wl-slow", {"wait": ("WaitNode", {"duration": SLOW_SECONDS})})
        # Nothing of it is recorded before it is done.
        workflow("wl-hang", {"get": ("HttpRequestNode", {"url": f"{url}/slow", "timeout": 60})})
        workflow("wl-note", {"log": ("LogNode", {"message": "noted"})})
        workflow("wl-fail", {"throw": ("ThrowErrorNode", {"error_message": "as it should"})})
        workflow("wl-file", {"read": ("ReadFileNode", {"file_path": "/tmp/wl-is-not-there"})})
        workflow("wl-ask", {"post": ("HttpRequestNode", {
            "url": f"{url}/slow", "method": "POST", "body": {}, "timeout": 60})})
        workflow("wl-secret", {"post": ("HttpRequestNode", {
            "url": f"{url}/secret", "method": "POST", "headers": {"X-Key": "{{$secret:wl/key}}"}, "body": {}})})
        workflow("wl-no-secret", {"log": ("LogNode", {"message": "{{$secret:wl/is-not-there}}"})})
        self.system.call("POST", "/api/v1/workflows", {"document": {
            "metadata": {"name": "wl-again"}, "settings": {"retry_count": 1}, "connections": [],
            "nodes": {"throw": {
                "node_id": "throw", "node_type": "ThrowErrorNode", "config": {"error_message": "again"}}}}})
        keys = ("source_node", "source_port", "target_node", "target_port")
        child = {"metadata": {"name": "wl-child"}, "nodes": {
            "log": {"node_id": "log", "node_type": "LogNode", "config": {"message": "child"}}}, "connections": []}
        self.system.call("POST", "/api/v1/workflows", {"document": {
            "metadata": {"name": "wl-parent"}, "subflows": {"child.json": child},
            "nodes": {
                "here": {"node_id": "here", "node_type": "SubflowNode", "config": {"subflow_path": "child.json"}},
                "job": {"node_id": "job", "node_type": "CallSubworkflowNode", "config": {
                    "subworkflow_path": "child.json", "execution_mode": "async", "poll_interval": 1}},
            },
            "connections": [dict(zip(keys, ("here", "exec_out", "job", "exec_in")))]}})

    # What there is beside jobs

    def secrets(self):
        ctl = self.system.ctl
        ctl("secret", "set", "wl/key", "--kind", "api_key", input=PLANTED)
        ctl("secret", "policy", "wl/key", "--every", "1h", "--yes")
        ctl("secret", "rotate", "wl/key", "--from-stdin", "--yes", input=PLANTED + "-rotated")
        ctl("secret", "get", "wl/key", "--reveal", "--reason", "the workload")
        other = self.url_of_other
        self.system.ctl("secret", "set", "wl/elsewhere", "--provider", "wl-variables", "--path", "wl/elsewhere",
                        "--url", other, "--insecure-skip-verify")
        self.system.ctl("secret", "set", "wl/gone", "--provider", "wl-gone", "--path", "gone",
                        "--url", other, "--insecure-skip-verify", check=False)
        for name in ("wl/elsewhere", "wl/gone", "wl/is-not-there"):
            self.system.ctl("secret", "get", name, "--reveal", "--reason", "the workload", "--url", other,
                            "--insecure-skip-verify", check=False)

    @property
    def url_of_other(self):
        return self.system.url_of(self.system.orchestrators["wl-orchestrator"])

    def schedules(self):
        ctl = self.system.ctl
        ctl("schedule", "create", "wl-often", "--every", "5s", "--workflow", "wl-note", "--environment", "wl-main")
        # Its jobs run into each other, and take longer than is promised.
        ctl("schedule", "create", "wl-late", "--every", "2s", "--workflow", "wl-slow", "--environment", "wl-main",
            "--overlap", "skip", "--sla-duration", "1s", "--sla-start-delay", "1s")
        ctl("schedule", "create", "wl-missed", "--every", "5s", "--workflow", "wl-note", "--environment", "wl-main",
            "--catch-up", "none")
        ctl("schedule", "create", "wl-paused", "--every", "5s", "--workflow", "wl-note", "--environment", "wl-main")
        ctl("schedule", "pause", "wl-paused", "--reason", "the workload")
        ctl("schedule", "trigger", "wl-often", "--reason", "the workload")

    def follow(self):
        """A stream over WebSocket, until the end."""
        self.followers.append(subprocess.Popen(
            [f"{self.system.programs}/casarectl", "events", "--follow", "-o", "jsonl"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**self.system.base(), "CASARE_URL": self.system.url, "CASARE_TOKEN": self.system.token}))

    # Jobs

    def submit(self, workflow, count=1, environment="wl-main", ends=True, **fields):
        found = [one if isinstance(one, str) else one["id"]
                 for one in self.system.submit(workflow, count, environment=environment, **fields)]
        if ends:
            self.jobs += found
        return found

    def good_jobs(self):
        self.good = self.submit("wl-good", 12)
        self.submit("wl-parent", 2)
        self.submit("wl-secret", 4)
        self.submit("wl-note", 3, delay_seconds=2)
        self.submit("wl-note", 2, "wl-lossy")
        for _ in range(3):
            self.system.call("POST", "/api/v1/jobs", {"workflow": "wl-note", "environment": "wl-main"})
        self.system.ctl("submit", "wl-note", "--environment", "wl-main", "--wait", "--timeout", "60s")

    def bad_jobs(self):
        twice = {"retry": {"backoff": "fixed", "delay_seconds": 1, "max_attempts": 2}}
        self.failed = self.submit("wl-fail", 6, options=twice)
        self.submit("wl-file", 2, options={"retry": "never"})
        self.submit("wl-again", 1, options={"retry": "never"})
        self.submit("wl-no-secret", 2, options={"retry": "never"})
        self.submit("wl-slow", 1, options={"retry": "never", "timeout_seconds": 1})
        self.submit("wl-note", 2, "wl-nobody", expires_in_seconds=1)
        # Cancelled as they wait, and as they run.
        for job in self.submit("wl-note", 2, "wl-nobody") + self.running("wl-slow", 4):
            self.cancel(job)

    def running(self, workflow, count):
        jobs = self.submit(workflow, count)
        listed = ", ".join(f"'{job}'" for job in jobs)
        self.system.until("slow jobs run", DONE_SECONDS, lambda: self.system.sql(
            f"SELECT count(*) FROM leases WHERE job_id IN ({listed})") != "0")
        return jobs

    def cancel(self, job):
        self.system.http("POST", f"/api/v1/jobs/{job}/cancel", {"reason": "the workload"})

    def is_leased(self, job):
        return self.system.sql(f"SELECT count(*) FROM leases WHERE job_id = '{job}'") != "0"

    def ended(self, job):
        return self.system.sql(f"SELECT count(*) FROM outcomes WHERE job_id = '{job}'") != "0"

    def settle(self):
        """Everything has ended that ends by itself."""
        listed = ", ".join(f"'{job}'" for job in self.jobs)
        self.system.until("all jobs have ended", DONE_SECONDS, lambda: self.system.sql(
            f"SELECT count(*) FROM outcomes WHERE job_id IN ({listed})") == str(len(self.jobs)))

    # Robots that are lost

    def crash(self):
        """A job that is each time with a robot that dies."""
        job = self.submit("wl-hang", 1, "wl-crash", ends=False)[0]
        for _ in range(CRASHES):
            robot = self.system.start_robot("wl-crash", "sql", ready=False, **self.of("wl-crash"))
            self.system.until("the robot has the job", DONE_SECONDS, lambda: self.is_leased(job))
            robot.kill()
            self.system.until("its lease is over", DONE_SECONDS, lambda: not self.is_leased(job))
        self.system.until("the job is given up", DONE_SECONDS, lambda: self.ended(job))

    def freeze(self):
        """A robot over the API that stands still for longer than its lease lasts, and then reports."""
        robot = self.system.start_robot("wl-frozen", "api", **self.of("wl-frozen"))
        job = self.submit("wl-slow", 1, "wl-frozen", ends=False)[0]
        self.system.until("the robot has the job", DONE_SECONDS, lambda: self.is_leased(job))
        robot.freeze()
        self.system.until("its lease is over", DONE_SECONDS, lambda: not self.is_leased(job))
        robot.thaw()
        self.system.until("the job has ended", DONE_SECONDS, lambda: self.ended(job))

    def doubt(self):
        """A step that may have happened: of two jobs one is answered, the other one goes on asking."""
        robot = self.system.start_robot("wl-doubt", "sql", **self.of("wl-doubt"))
        jobs = self.submit("wl-ask", 2, "wl-doubt", ends=False)
        self.system.until("the robot has both", DONE_SECONDS, lambda: all(map(self.is_leased, jobs)))
        time.sleep(2)  # Until the requests are on their way.
        robot.kill()
        self.system.start_robot("wl-doubt-2", "sql", **self.of("wl-doubt"))
        self.system.until("both ask", DONE_SECONDS, lambda: self.system.sql(
            f"SELECT count(*) FROM blocked WHERE job_id IN ('{jobs[0]}', '{jobs[1]}')") == "2")
        self.system.ctl("job", "resolve", jobs[0], "--skip", "--reason", "the workload", "--yes")
        self.system.until("the answered one has ended", DONE_SECONDS, lambda: self.ended(jobs[0]))

    # What makes jobs

    def triggers(self):
        ctl = self.system.ctl
        ctl("trigger", "create", "wl-hook", "--auth", "api_key", "--secret-file", "-", "--workflow", "wl-note",
            "--header", "X-Kind=good", "--environment", "wl-main", "--dedup", "payload.id", input=PLANTED + "-hook")
        ctl("trigger", "create", "wl-rescue", "--on", "failed", "--of", "wl-file", "--workflow", "wl-note",
            "--environment", "wl-main")
        ctl("trigger", "create", "wl-off", "--auth", "none", "--workflow", "wl-note", "--environment", "wl-main",
            "--paused")
        hook, off = (self.system.call("GET", f"/api/v1/triggers/{name}")["id"] for name in ("wl-hook", "wl-off"))
        good = {"X-API-Key": PLANTED + "-hook", "X-Kind": "good"}
        for number, headers in enumerate((good, good, good, {**good, "X-Kind": "bad"}, {**good, "X-API-Key": "wrong"})):
            # The second and the third are the same.
            self.system.http("POST", f"/hooks/{hook}", {"id": max(number, 1)}, token="", headers=headers)
        self.system.http("POST", f"/hooks/{off}", {}, token="")
        self.submit("wl-file", 1, options={"retry": "never"})

    def items(self):
        ctl = self.system.ctl
        ctl("item", "queue", "create", "wl-items", "--performer", "wl-slow", "--performer-environment", "wl-main",
            "--jobs", "1")
        for number in range(2):
            ctl("item", "add", "wl-items", "--reference", f"wl-{number}", "--data", f"n={number}")
        self.system.until("a job is made of the items", DONE_SECONDS, lambda: self.system.sql(
            "SELECT count(*) FROM jobs WHERE created_by LIKE 'item-queue/wl-items%'") != "0")
        ctl("item", "queue", "update", "wl-items", "--no-performer")
        for _ in range(2):
            item = ctl("item", "next", "wl-items", json=True)
            ctl("item", "complete", "wl-items", item["id"])

    # People

    def people(self):
        ctl = self.system.ctl
        self.submit("wl-note", 2, "wl-held", ends=False)
        ctl("queue", "pause", "wl-held", "--reason", "the workload")
        ctl("queue", "limit", "wl-main", "--concurrency", "50")
        self.submit("wl-note", 1, "wl-later", ends=False, delay_seconds=86400)
        ctl("robot", "register", "wl-cordoned", "--environment", "wl-idle", check=False)
        robot = self.system.start_robot("wl-cordoned", "sql", **self.of("wl-idle"))
        ctl("robot", "cordon", robot.name, "--reason", "the workload", "--yes", check=False)
        begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=40)
        ctl("schedule", "backfill", "start", "wl-often", "--from", begin.strftime("%Y-%m-%dT%H:%M:%SZ"), "--yes",
            check=False)
        ctl("audit", "verify")

    def strangers(self):
        """Who is not let in, and who may not do what they ask for."""
        http, viewer = self.system.http, self.system.viewer_token
        for _ in range(5):
            http("GET", "/api/v1/jobs", token="")
            http("GET", "/api/v1/jobs", token="nothing that anybody was given")
            http("POST", "/api/v1/jobs", {"workflow": "wl-note"}, token=viewer)
            http("POST", "/api/v1/secrets/wl%2Fkey/reveal", {"reason": "the workload"}, token=viewer)
        for _ in range(WRONG_TOKENS):
            http("GET", "/api/v1/jobs", token="crpa_" + "wrong" * 9)

    def database(self):
        """The database does not answer for a while, for schedules; and ticks that nobody took up in time."""
        self.system.sql("UPDATE schedules SET next_at = next_at - interval '10 minutes' WHERE name = 'wl-missed'")
        with self.system.session() as session:
            session.sql("BEGIN")
            session.sql("LOCK TABLE schedules IN ACCESS EXCLUSIVE MODE")
            time.sleep(LOCKED_SECONDS)
            session.sql("ROLLBACK")

    def again(self):
        """What has ended is run again, by itself and many at once."""
        ctl = self.system.ctl
        ctl("retry", self.failed[0], "--yes", "--reason", "the workload")
        ctl("dlq", "replay", "--workflow", "wl-fail", "--yes", "--reason", "the workload", "--set", "n=2",
            "--timeout", "60s")
        ctl("dlq", "ack", "--workflow", "wl-file", "--yes", "--reason", "the workload", "--timeout", "60s")
        ctl("retry", "--workflow", "wl-good", "--status", "completed", "--yes", "--reason", "the workload")
        step = ctl("job", "steps", self.good[0], json=True)[-1]["step"]
        ctl("job", "fork", self.good[0], "--from-step", str(step), "--yes", "--reason", "the workload", "--wait",
            "--timeout", "60s")
        ctl("job", "cancel", "--workflow", "wl-note", "--env", "wl-nobody", "--yes", "--reason", "the workload",
            check=False)

    def close(self):
        """Schedules end, and what they have made does."""
        for name in ("wl-often", "wl-late", "wl-missed"):
            self.system.ctl("schedule", "pause", name, "--reason", "the workload")
        self.system.until("no job is under way", DONE_SECONDS, lambda: self.system.sql(
            "SELECT (SELECT count(*) FROM leases)"
            " + (SELECT count(*) FROM (SELECT job_id FROM ready UNION ALL SELECT job_id FROM scheduled) waiting"
            " JOIN jobs USING (job_id) JOIN queues USING (queue_id)"
            " WHERE queues.name IN ('wl-main', 'wl-lossy'))") == "0")
