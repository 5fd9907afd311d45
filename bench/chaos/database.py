"""A private cluster that is made to fail, and what it is asked."""

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "queue"))
import cluster as servers

SETTINGS = {
    "max_connections": "200", "shared_buffers": "64MB", "min_wal_size": "80MB", "max_wal_size": "160MB", "jit": "off",
    "autovacuum_naptime": "10s", "log_min_messages": "warning", "log_line_prefix": "%m [%p] ",
}
DISK_BYTES = 512 << 20


def disk_obstacle():
    """Why there can be no small disk; None when there can."""
    if os.geteuid() != 0:
        return "it takes root"
    folder = f"/tmp/casare-probe-{os.getpid()}"
    os.mkdir(folder)
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "casare", folder], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            return done.stderr.strip()
        subprocess.run(["umount", folder], check=False)
        return None
    finally:
        os.rmdir(folder)


class Database(servers.Cluster):
    """`small`: its data lie on a disk of their own, which can be filled. `address`: it listens there too."""

    initdb_options = ("--no-sync",)  # What is lost with the machine is of no use anyway.

    def __init__(self, work_dir, small=False, address=None, **changes):
        settings = {**SETTINGS, **changes}
        if address:
            settings["listen_addresses"] = f"127.0.0.1,{address}"
        super().__init__(work_dir, "casare-chaos-small" if small else "casare-chaos", settings)
        self.address = address
        self.small = small
        if small:
            self.disk = f"{self.base}/disk"
            self.data = f"{self.disk}/data"
            os.mkdir(self.disk)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0777", "casare", self.disk], check=True)

    def start(self):
        rule = "host all all 10.213.0.0/16 trust\n"
        with open(f"{self.data}/pg_hba.conf", "r+") as file:
            if self.address and rule not in file.read():
                file.write(rule)
        super().start()

    def __exit__(self, *_):
        self.stop()
        if self.small:
            # Its processes may take a moment to be gone.
            for _ in range(50):
                if subprocess.run(["umount", self.disk], capture_output=True, check=False).returncode == 0:
                    break
                time.sleep(0.1)
            else:
                subprocess.run(["umount", "--lazy", self.disk], capture_output=True, check=False)
        super().__exit__()

    def url(self, database):
        """By its socket."""
        return super().url(database)

    def network_url(self, database):
        return f"postgresql://postgres@{self.address}:{self.port}/{database}"

    def environment(self, database):
        """Whoever asks a broken server must not wait for ever."""
        return {**super().environment(database), "PGCONNECT_TIMEOUT": "10", "PGOPTIONS": "-c statement_timeout=120s"}

    def migrate(self, template, programs, home):
        """Makes a database that others are copies of."""
        self.sql(f"CREATE DATABASE {template}")
        done = subprocess.run([f"{programs}/casarectl", "db", "migrate"], capture_output=True, text=True, check=False,
                              env={"PATH": "/usr/bin:/bin", "HOME": home, "DATABASE_URL": self.url(template)})
        if done.returncode:
            raise RuntimeError(f"casarectl db migrate: {done.stderr}")
        # PostgreSQL writes a sequence's numbers to its log 32 ahead. A copy of a sequence that has been used takes them for
        # logged, too, and would give the same ones again after a crash.
        self.sql("SELECT setval('audit_entry_ids', last_value, is_called) FROM audit_entry_ids", template)

    def fill(self):
        """Takes all of the space that is left on the small disk."""
        with open(f"{self.disk}/filler", "wb", buffering=0) as file:
            block = bytes(1 << 20)
            try:
                while True:
                    file.write(block)
            except OSError:
                pass

    def free(self):
        if self.small and os.path.exists(f"{self.disk}/filler"):
            os.unlink(f"{self.disk}/filler")

    def answers(self):
        done = subprocess.run([f"{self.bindir}/psql", "-XqAtc", "SELECT 1"], env=self.environment("postgres"),
                              capture_output=True, check=False, timeout=20)
        return done.returncode == 0

    def ensure_running(self, seconds=60):
        """Starts it unless it runs. It may be in the middle of its recovery, or of dying."""
        deadline = time.monotonic() + seconds
        while not self.answers():
            if time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL does not come back")
            status = subprocess.run([*self.prefix, f"{self.bindir}/pg_ctl", "-D", self.data, "status"], cwd="/",
                                    capture_output=True, check=False)
            if status.returncode:
                try:
                    self.start()
                except SystemExit:
                    pass  # Looked at again until the deadline.
            time.sleep(0.1)

    def rows(self, query, database):
        """A query's rows as dictionaries."""
        text = self.sql(f"SELECT coalesce(json_agg(found), '[]') FROM ({query}) AS found", database)
        return json.loads(text)

    def drop(self, database):
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
