"""The processes of a schedule: how they are set up, started and ended."""

import hashlib
import os
import secrets
import socket
import subprocess
import sys

import clocks
import network
from api import Api
from fleet import Process

HERE = os.path.dirname(os.path.abspath(__file__))
READY_SECONDS = 60
SCRIPT = 'printf "%s %s\\n" "$2" "$3" >> "$1"\n'


def free_port(host):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class System:
    """What a schedule is about; `Schedule` says what happens to it."""

    def start(self):
        """The orchestrators are ready then. Robots are made, and not started."""
        self.database.fresh(self.name, self.template)
        admin, robot = (f"crpa_{secrets.token_urlsafe(32)}" for _ in range(2))
        for name, role, text in (("chaos", "admin", admin), ("robots", "robot", robot)):
            digest = hashlib.sha256(text.encode()).hexdigest()
            self.database.sql(
                "INSERT INTO tokens (tenant_id, name, role, hash, created_at)"
                f" VALUES (1, '{name}', '{role}', '\\x{digest}', now())", self.name)
        host = self.server.address if self.server else "127.0.0.1"
        self.ledger_file, self.program_file = f"{self.folder}/ledger.jsonl", f"{self.folder}/programs.txt"
        open(self.program_file, "w").close()
        os.chmod(self.program_file, 0o666)
        with open(f"{self.folder}/append.sh", "w") as file:
            file.write(SCRIPT)
        self.ledger = subprocess.Popen(
            [sys.executable, f"{HERE}/ledger.py", self.ledger_file, "0.0.0.0" if self.server else host,
             str(self.plan.seed), str(self.plan.late), str(self.plan.never)],
            stdout=subprocess.PIPE, stderr=open(f"{self.folder}/ledger.log", "w"), text=True, start_new_session=True)
        self.ledger_url = f"http://{host}:{self.ledger.stdout.readline().strip()}"
        ports = [free_port("127.0.0.1") for _ in range(self.plan.orchestrators)]
        for number, port in enumerate(ports):
            name = f"orchestrator-{number}"
            process = Process(name, [f"{self.programs}/casare-orchestrator"], {
                **self.base(name), "DATABASE_URL": self.database.url(self.name), "CASARE_PORT": str(port),
                "CASARE_LEASE_SECONDS": str(self.plan.lease_seconds),
                "CASARE_HOST": "0.0.0.0" if self.server else "127.0.0.1",
            }, f"{self.folder}/{name}.log")
            self.orchestrators.append(process)
            process.start()
        for number, robot_plan in enumerate(self.plan.robots):
            self.robots.append(self.robot(number, robot_plan, host, ports, robot))
        self.api = Api("127.0.0.1", ports, admin)
        self.until("the orchestrators are ready", READY_SECONDS,
                   lambda: all(map(self.api.is_ready, range(len(ports)))))

    def base(self, name):
        """What each of the processes is told."""
        told = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.folder, "NO_COLOR": "1",
                "SWIFT_BACKTRACE": "enable=no", "LOG_LEVEL": "info"}
        if any(fault.kind == "clock" for fault in self.plan.faults):
            clocks.put(self.clock_file(name), "+0")
            told.update(clocks.environment(self.clock_file(name)))
        return told

    def clock_file(self, name):
        return f"{self.folder}/clock-{name}"

    def robot(self, number, plan, host, ports, token):
        environment = {
            **self.base(plan.name), "CASARE_ROBOT_ID": plan.name, "CASARE_ROBOT_SLOTS": str(plan.slots),
            "CASARE_LEASE_SECONDS": str(plan.lease_seconds), "CASARE_ALLOW_INTERNAL_URLS": "true",
            "CASARE_WORKING_DIRECTORY": f"{self.folder}/runs", "CASARE_SHUTDOWN_GRACE": "5",
        }
        prefix = []
        if plan.namespace and self.server:
            self.namespaces[number] = network.Namespace(self.server, number).__enter__()
            prefix = self.namespaces[number].prefix
        if plan.kind == "api":
            environment["CASARE_URL"] = f"http://{host}:{ports[number % len(ports)]}"
            environment["CASARE_TOKEN"] = token
        else:
            environment["DATABASE_URL"] = (self.database.network_url if prefix else self.database.url)(self.name)
        return Process(plan.name, [*prefix, f"{self.programs}/casare-robot"], environment, f"{self.folder}/{plan.name}.log")

    def start_robots(self):
        """Those that do not run yet, with the fail points of their first process."""
        for robot_plan, process in zip(self.plan.robots, self.robots):
            if process.starts == 0:
                process.start(CASARE_FAULTS=robot_plan.faults or None)

    def stop(self):
        self.giving_up.set()
        for process in self.robots + self.orchestrators:
            process.kill()
        clocks.clear()
        for namespace in self.namespaces.values():
            namespace.__exit__()
        if getattr(self, "ledger", None):
            self.ledger.kill()
            self.ledger.wait()
        self.log_file.close()
