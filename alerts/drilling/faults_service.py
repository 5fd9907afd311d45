"""The faults of service.yml; those of loops are in faults_loops.py."""

import contextlib
import subprocess
import threading

from drilling.making import dismiss, start_orchestrators
from drilling.process import free_port
from drilling.registry import fault
from drilling.repeating import Shared

REQUESTS = 8


def certificate(folder, days):
    """One that counts for so many days, in the place of the one before."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", str(days), "-subj", "/CN=localhost", "-keyout", f"{folder}/tls.key.new",
                    "-out", f"{folder}/tls.pem.new"], check=True, capture_output=True)
    subprocess.run(["chmod", "600", f"{folder}/tls.key.new"], check=True)
    for name in ("tls.key", "tls.pem"):
        subprocess.run(["mv", f"{folder}/{name}.new", f"{folder}/{name}"], check=True)


def with_certificate(system, name, days):
    """An orchestrator whose certificate counts for so many days, until it is renewed."""
    folder = f"{system.folder}/{name}"
    subprocess.run(["mkdir", "-p", folder], check=True)
    certificate(folder, days)
    process = system.start_orchestrator(
        name, CASARE_TLS_CERTIFICATE=f"{folder}/tls.pem", CASARE_TLS_KEY=f"{folder}/tls.key")
    yield
    certificate(folder, 365)
    system.until("the certificate is read again", 90, lambda: not system.query(
        "min(casare_tls_certificate_expiry_seconds) - time() < 86400 * 30"))
    system.remove(process)


@fault("CasareCertificateExpiring", group="work", labels={"severity": "warning"}, fire_seconds=180)
def certificate_ends_soon(system):
    yield from with_certificate(system, "drill-tls-soon", 10)


@fault("CasareCertificateExpiring", group="busy", labels={"severity": "critical"})
def certificate_ends_very_soon(system):
    yield from with_certificate(system, "drill-tls-now", 2)


@fault("CasareDatabasePoolExhausted", group="work", labels={"db_client_connection_pool_name": "app"})
def requests_wait_for_connections(system):
    """Of two connections both wait for a row that somebody else holds."""
    process = system.start_orchestrator("drill-narrow", CASARE_DATABASE_CONNECTIONS="2")
    robot = system.start_robot("drill-held", CASARE_ENVIRONMENT="drill-held")
    over = threading.Event()

    def ask():
        while not over.is_set():
            try:
                system.http("POST", "/api/v1/robots/drill-held/cordon", {"reason": "drill"},
                            base=system.url_of(process))
            except OSError:
                over.wait(0.5)

    with system.session() as session:
        session.sql("BEGIN; SELECT 1 FROM robots WHERE robot_id = 'drill-held' FOR UPDATE")
        threads = [threading.Thread(target=ask, daemon=True) for _ in range(REQUESTS)]
        for thread in threads:
            thread.start()
        yield
        over.set()
    for thread in threads:
        thread.join(60)
    system.until("nobody waits for a connection", 60, lambda: not system.query(
        "sum(max_over_time(db_client_connection_pending_requests[10s])) > 0"))
    system.remove(process)
    dismiss(system, robot)


def without_collector(system, name):
    """A robot that sends to where nobody listens, until it is told not to."""
    robot = system.start_robot(
        name, CASARE_ENVIRONMENT=name, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}",
        OTEL_METRIC_EXPORT_INTERVAL="1000", OTEL_EXPORTER_OTLP_TIMEOUT="500", OTEL_METRIC_EXPORT_TIMEOUT="500")
    yield
    robot.stop()
    robot.start(OTEL_EXPORTER_OTLP_ENDPOINT=None)
    system.until(f"{name} is back", 60, lambda: system.is_registered(robot))
    dismiss(system, robot)


@fault("CasareTelemetryDropped", group="work")
def nobody_takes_telemetry(system):
    yield from without_collector(system, "drill-mute")


@contextlib.contextmanager
def all_killed(system):
    for process in system.orchestrators.values():
        process.kill()
    yield
    start_orchestrators(system)


without_orchestrators = Shared(all_killed)


@fault("CasareOrchestratorAbsent", group="absent")
def orchestrators_die(system):
    with without_orchestrators.of(system):
        yield


@fault("CasareTelemetryDropped", group="absent", delivered=False)
def nothing_else_is_told_of_then(system):
    """Without an orchestrator nobody is told of more than that."""
    with without_orchestrators.of(system):
        telemetry = without_collector(system, "drill-unheard")
        next(telemetry)
        yield
    next(telemetry, None)
