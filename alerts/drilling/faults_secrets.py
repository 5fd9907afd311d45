"""Secrets that are old, that cannot be had, and that are asked for by whoever must not have them."""

import contextlib
import http.server
import json
import os
import threading

from drilling.making import cancel, dismiss
from drilling.registry import fault
from drilling.repeating import repeating

PAUSE_SECONDS = 0.25
HEALTHY_SECONDS = 90
ENVIRONMENT = "drill-secrets"


# What becomes too old

@contextlib.contextmanager
def aged(system, name, age):
    """A secret whose value may become thirty days old, and is so old."""
    system.ctl("secret", "set", name, "--kind", "api_key", input="first")
    system.ctl("secret", "policy", name, "--every", "30d", "--yes")
    system.sql(f"UPDATE secrets SET rotated_at = now() - interval '{age}',"
               f" rotation_due_at = now() - interval '{age}' + interval '30 days' WHERE name = '{name}'")
    yield
    system.ctl("secret", "set", name, input="second")


@fault("CasareSecretRotationOverdue", group="secrets", labels={"casare_secret_name": "drill/old"}, fire_seconds=240)
def a_value_is_too_old(system):
    with aged(system, "drill/old", "31 days"):
        yield


@fault("CasareSecretRotationDue", group="secrets", labels={"casare_secret_name": "drill/older"}, delivered=False,
       fire_seconds=240)
def of_a_value_that_is_too_old_nothing_else_is_told(system):
    with aged(system, "drill/older", "32 days"):
        yield


@fault("CasareSecretRotationDue", group="secrets", labels={"casare_secret_name": "drill/due"}, fire_seconds=240)
def a_value_is_nearly_too_old(system):
    with aged(system, "drill/due", "28 days"):
        yield


# What cannot be had

@fault("CasareSecretLoopStalled", group="secrets", labels={"casare_loop_name": "secret_leases"})
def a_loop_waits_for_a_lock(system):
    # More than loops pause that do nothing wrong.
    with system.threshold("casare:threshold:loop_silence_seconds", 25), system.session() as session:
        session.sql("BEGIN; LOCK TABLE secret_leases IN ACCESS EXCLUSIVE MODE")
        yield


class Vault:
    """As much of HashiCorp Vault as is asked whether it is well. It answers on loopback, and stops to."""

    def __init__(self):
        self.server = None
        self.port = 0

    def start(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answers = {
                    "/v1/sys/health": {"initialized": True, "sealed": False, "standby": False},
                    "/v1/auth/token/lookup-self": {"data": {"ttl": 0, "renewable": False, "policies": ["root"]}},
                }
                found = answers.get(self.path.split("?")[0])
                text = json.dumps({"errors": []} if found is None else found).encode()
                self.send_response(404 if found is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@fault("CasareSecretProviderDown", group="secrets", labels={"casare_secret_provider": "corp"}, fire_seconds=180)
def a_vault_goes_away(system):
    vault = Vault()
    vault.start()
    with open(f"{system.folder}/vault-token", "w", encoding="utf-8") as file:
        file.write("drill")
    os.chmod(file.name, 0o600)
    with open(f"{system.folder}/providers.yaml", "w", encoding="utf-8") as file:
        file.write("providers:\n  corp:\n    kind: hashicorp_vault\n"
                   f"    address: http://127.0.0.1:{vault.port}\n"
                   f"    auth: {{ method: token, token_file: {system.folder}/vault-token }}\n")
    orchestrator = system.start_orchestrator("drill-providers", CASARE_SECRET_PROVIDERS=file.name)

    def says(number):
        found = system.query('casare_secret_provider_healthy{casare_secret_provider="corp"}')
        return [one["value"][1] for one in found] == [number]

    system.until("the provider is healthy", HEALTHY_SECONDS, lambda: says("1"))
    vault.stop()
    yield
    vault.start()
    system.until("the provider is healthy again", HEALTHY_SECONDS, lambda: says("1"))
    # Before what tells of it goes.
    system.until("the alert ends", HEALTHY_SECONDS,
                 lambda: all(alert["labels"]["alertname"] != "CasareSecretProviderDown" for alert in system.alerts()))
    system.remove(orchestrator)
    vault.stop()


@fault("CasareSecretReadsFailing", group="secrets")
def secrets_are_asked_for_that_are_not_there(system):
    def ask():
        system.http("POST", "/api/v1/secrets/drill-nowhere/reveal", {"reason": "the drill"})

    with repeating(PAUSE_SECONDS, ask):
        yield


@fault("CasareSecretReadsDenied", group="secrets")
def a_robot_asks_for_what_the_workflow_does_not_name(system):
    system.workflow(ENVIRONMENT, {"wait": ("WaitNode", {"duration": 600})})
    robot = system.start_robot("drill-secrets", "api", CASARE_ENVIRONMENT=ENVIRONMENT)
    job = system.submit(ENVIRONMENT, environment=ENVIRONMENT)[0]
    lease = f"SELECT token FROM leases WHERE job_id = '{job}'"
    system.until("the job runs", HEALTHY_SECONDS, lambda: system.sql(lease))
    token = int(system.sql(lease))

    def ask():
        system.http("POST", f"/api/v1/jobs/{job}/secrets", {"token": token, "references": ["drill/not-named"]},
                    token=system.robot_token)

    with repeating(PAUSE_SECONDS * 4, ask):
        yield
    cancel(system, ENVIRONMENT)
    dismiss(system, robot)
