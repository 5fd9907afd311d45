"""A Prometheus that scrapes the system and has the shipped rules with short times, and the Alertmanager it tells."""

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from drilling import compress
from drilling.process import Process, free_port
from drilling.receiver import Receiver
from drilling.registry import THRESHOLDS

READY_SECONDS = 60
CALL_SECONDS = 20
# Prometheus says again that an alert fires so often; when it does not for four times as long, Alertmanager takes it as
# over.
RESEND_SECONDS = 2

CONFIGURATION = """\
global:
  scrape_interval: {seconds}s
  scrape_timeout: {seconds}s
  evaluation_interval: 1s
rule_files: {rules}
alerting:
  alertmanagers:
    - static_configs:
        - targets: ["127.0.0.1:{alertmanager}"]
scrape_configs:
  - job_name: casare-orchestrator
    authorization: {{ credentials_file: token }}
    tls_config: {{ insecure_skip_verify: true }}
    file_sd_configs:
      - files: [casare-orchestrator.json]
  - job_name: casare-robot
    file_sd_configs:
      - files: [casare-robot.json]
  - job_name: prometheus
    static_configs:
      - targets: ["127.0.0.1:{prometheus}"]
"""


class Monitoring:
    def __init__(self, folder, token, factor):
        self.folder = f"{folder}/monitoring"
        self.factor = factor
        self.lock = threading.RLock()
        self.numbers = dict(THRESHOLDS)
        self.left_out = set()
        os.makedirs(f"{self.folder}/alerts")
        with open(f"{self.folder}/token", "w", encoding="utf-8") as file:
            file.write(token)
        self.receiver = Receiver()
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.folder}
        ports = free_port(), free_port()
        self.prometheus_url, self.alertmanager_url = (f"http://127.0.0.1:{port}" for port in ports)
        self.prometheus = Process("prometheus", [
            shutil.which("prometheus"), f"--config.file={self.folder}/prometheus.yml",
            f"--storage.tsdb.path={self.folder}/tsdb", f"--web.listen-address=127.0.0.1:{ports[0]}",
            "--web.enable-lifecycle", f"--rules.alert.resend-delay={RESEND_SECONDS}s",
            "--enable-feature=exemplar-storage",
        ], environment, f"{self.folder}/prometheus.log", ports[0])
        self.alertmanager = Process("alertmanager", [
            shutil.which("prometheus-alertmanager") or shutil.which("alertmanager"),
            f"--config.file={self.folder}/alertmanager.yml", f"--storage.path={self.folder}/alertmanager",
            "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{ports[1]}",
        ], environment, f"{self.folder}/alertmanager.log", ports[1])

    def start(self):
        example = (compress.ALERTS / "alertmanager.yml").read_text(encoding="utf-8")
        self.write("alertmanager.yml", compress.alertmanager(example, self.factor, self.receiver.url))
        self.write_rules()
        self.write_configuration()
        self.check("promtool", "check", "config", f"{self.folder}/prometheus.yml")
        self.check("amtool", "check-config", f"{self.folder}/alertmanager.yml")
        for process, url in ((self.alertmanager, self.alertmanager_url), (self.prometheus, self.prometheus_url)):
            process.start()
            self.wait_for(process, f"{url}/-/ready")

    def stop(self):
        self.prometheus.kill()
        self.alertmanager.kill()
        self.receiver.stop()

    # Configuration

    def write(self, name, text):
        """At once: Prometheus looks at some of them by itself."""
        with open(f"{self.folder}/{name}.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(f"{self.folder}/{name}.new", f"{self.folder}/{name}")

    def write_rules(self):
        for path in compress.rule_files():
            numbers = self.numbers if path.name == "thresholds.yml" else {}
            text = compress.rules(path.name, path.read_text(encoding="utf-8"), self.factor, numbers)
            self.write(f"alerts/{path.name}", text)

    def write_configuration(self):
        files = [f"alerts/{path.name}" for path in compress.rule_files() if path.name not in self.left_out]
        self.write("prometheus.yml", CONFIGURATION.format(
            seconds=compress.SCRAPE_SECONDS, rules=json.dumps(files), alertmanager=self.alertmanager.port,
            prometheus=self.prometheus.port))

    def targets(self, scraped):
        for job, processes in scraped.items():
            self.write(f"{job}.json", json.dumps(list(processes.values())))

    def reload(self):
        self.write_rules()
        self.write_configuration()
        request = urllib.request.Request(f"{self.prometheus_url}/-/reload", method="POST")
        urllib.request.urlopen(request, timeout=CALL_SECONDS).close()

    @contextlib.contextmanager
    def threshold(self, name, number):
        """A number of thresholds.yml is another one for as long."""
        with self.lock:
            had = self.numbers.get(name)
            self.numbers[name] = number
            self.reload()
        try:
            yield
        finally:
            with self.lock:
                if had is None:
                    del self.numbers[name]
                else:
                    self.numbers[name] = had
                self.reload()

    @contextlib.contextmanager
    def without(self, name):
        """A file of rules is not read for as long."""
        with self.lock:
            self.left_out.add(name)
            self.reload()
        try:
            yield
        finally:
            with self.lock:
                self.left_out.discard(name)
                self.reload()

    # What they are asked

    @staticmethod
    def check(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")

    @staticmethod
    def wait_for(process, url):
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                urllib.request.urlopen(url, timeout=CALL_SECONDS).close()
                return
            except OSError as error:
                if process.has_ended or time.monotonic() > deadline:
                    raise RuntimeError(f"{process.name} is not ready:\n{process.last_lines()}") from error
                time.sleep(0.1)

    def get(self, path, **parameters):
        url = f"{self.prometheus_url}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=CALL_SECONDS) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """[{"metric": {…}, "value": [time, "text"]}, …]"""
        return self.get("/api/v1/query", query=expression)["result"]

    def alerts(self):
        """[{"labels": {…}, "state": "pending" or "firing", "value": …}, …]"""
        return self.get("/api/v1/alerts")["alerts"]

    def holders(self, matches):
        """The names of the alerts because of which Alertmanager holds back those whose labels match."""
        with urllib.request.urlopen(f"{self.alertmanager_url}/api/v2/alerts", timeout=CALL_SECONDS) as answer:
            alerts = json.load(answer)
        names = {alert["fingerprint"]: alert["labels"]["alertname"] for alert in alerts}
        return {names.get(held, held) for alert in alerts if matches(alert["labels"])
                for held in alert["status"]["inhibitedBy"]}

    def alert_rules(self):
        """Each with `name`, `labels`, `duration`."""
        return [rule for group in self.get("/api/v1/rules", type="alert")["groups"] for rule in group["rules"]]
