"""A private, throw-away PostgreSQL, and what it can be asked about the work it did."""

import glob
import os
import pwd
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

# Those of the peer benchmark, so that figures can be laid side by side; what is not named is the server's default.
SETTINGS = {
    "max_connections": "200", "shared_buffers": "1GB", "work_mem": "16MB", "maintenance_work_mem": "256MB",
    "effective_cache_size": "4GB", "random_page_cost": "1.1", "jit": "off", "min_wal_size": "2GB",
    "max_wal_size": "16GB", "checkpoint_timeout": "30min", "autovacuum_naptime": "10s", "log_min_messages": "warning",
}


def find_bindir():
    """PG_BINDIR, or what pg_config says, or Debian's place."""
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    for candidate in (os.environ.get("PG_BINDIR"), output("pg_config", "--bindir"), *debian):
        if candidate and all(os.path.exists(f"{candidate}/{name}") for name in ("initdb", "pg_ctl", "psql", "pgbench")):
            return candidate
    raise SystemExit("PostgreSQL's programs are not found: set PG_BINDIR to the folder of initdb and pgbench")


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return None


def flush_ms(folder):
    """Median of 50 writes of 8 KiB, each followed by fdatasync."""
    samples = []
    with open(f"{folder}/flush", "wb") as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(b"x" * 8192)
            file.flush()
            os.fdatasync(file.fileno())
            samples.append((time.perf_counter() - began) * 1000)
    return statistics.median(samples)


class Cluster:
    initdb_options = ()

    def __init__(self, work_dir=None, name="casare-queue-bench", settings=None):
        self.bindir = find_bindir()
        self.base = tempfile.mkdtemp(prefix=f"{name}-", dir=work_dir)
        self.data = f"{self.base}/data"
        self.settings = SETTINGS if settings is None else settings
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        # PostgreSQL refuses to run as root.
        self.prefix = []
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.base, account.pw_uid, account.pw_gid)
            self.prefix = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"]
        os.chmod(self.base, 0o755)

    def __enter__(self):
        self.tool("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8", *self.initdb_options)
        settings = {"listen_addresses": "127.0.0.1", **self.settings, "port": str(self.port),
                    "unix_socket_directories": self.base}
        library = output(f"{self.bindir}/pg_config", "--pkglibdir") or f"{self.bindir}/../lib"
        self.counts_statements = os.path.exists(f"{library}/pg_stat_statements.so")
        if self.counts_statements:
            settings["shared_preload_libraries"] = "pg_stat_statements"
        with open(f"{self.data}/postgresql.conf", "a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.start()
        if self.counts_statements:
            self.sql("CREATE EXTENSION pg_stat_statements")
        self.sees_wal = self.sql("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_walinspect'") == "1"
        if self.sees_wal:
            self.sql("CREATE EXTENSION pg_walinspect")
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.base, ignore_errors=True)

    def start(self):
        self.tool("pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", f"{self.base}/log", "start")

    def stop(self):
        """As if the power were cut; nothing when it does not run."""
        subprocess.run([*self.prefix, f"{self.bindir}/pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"],
                       cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    def tool(self, name, *arguments):
        done = subprocess.run([*self.prefix, f"{self.bindir}/{name}", *arguments], cwd=self.base, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise SystemExit(f"{name} failed: {done.stdout}")

    def environment(self, database):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**environment, "PGHOST": self.base, "PGPORT": str(self.port), "PGUSER": "postgres", "PGDATABASE": database}

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.base}&port={self.port}"

    def sql(self, text, database="postgres"):
        done = subprocess.run([f"{self.bindir}/psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", text], text=True,
                              env=self.environment(database), capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"psql failed: {done.stderr}")
        return done.stdout.strip()

    def fresh(self, database, template):
        """A copy of a database, and a checkpoint, so that each measurement begins alike."""
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        for _ in range(50):
            try:
                self.sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
                return
            except SystemExit:
                time.sleep(0.2)  # A server process that is just going still sits on the template.
        raise SystemExit(f"{template} is never free to be copied")

    # What the server did

    def counters(self, database):
        statements = "0"
        if self.counts_statements:
            statements = ("(SELECT coalesce(sum(calls), 0) FROM pg_stat_statements JOIN pg_database ON oid = dbid"
                          f" WHERE datname = '{database}')")
        lsn, calls, commits = self.sql(
            f"SELECT pg_current_wal_insert_lsn(), {statements},"
            f" (SELECT xact_commit FROM pg_stat_database WHERE datname = '{database}')").split("|")
        return {"lsn": lsn, "statements": float(calls), "commits": float(commits), "cpu": self.cpu_seconds()}

    def since(self, before, database):
        time.sleep(1.1)  # Server processes hand their counts in once a second.
        after = self.counters(database)
        found = {name: after[name] - before[name] for name in ("statements", "commits", "cpu")}
        found["wal"] = float(self.sql(f"SELECT pg_wal_lsn_diff('{after['lsn']}', '{before['lsn']}')"))
        if self.sees_wal:
            # Commits that had something to make durable.
            found["commits"] = float(self.sql(
                "SELECT coalesce(sum(count), 0) FROM pg_get_wal_stats("
                f"'{before['lsn']}', least('{after['lsn']}', pg_current_wal_flush_lsn()), true)"
                " WHERE \"resource_manager/record_type\" LIKE 'Transaction/COMMIT%'"))
        if not self.counts_statements:
            found["statements"] = None
        return found

    def cpu_seconds(self):
        """Of the server's processes that are alive, and of those that are gone."""
        with open(f"{self.data}/postmaster.pid") as file:
            postmaster = int(file.readline())
        total = 0
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(name) == postmaster:
                total += sum(map(int, fields[11:15]))
            elif int(fields[1]) == postmaster:
                total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")
