"""An audit log that is changed, not checked, not linked, not anchored, and not written."""

import contextlib
import hashlib
import secrets

from drilling.registry import fault
from drilling.repeating import repeating
from drilling.system import DrillError

PAUSE_SECONDS = 0.5
CHECK_SECONDS = 60
UNCHECKED = "drill-unchecked"


def note(system, name, token=None):
    """Something that leaves an entry."""
    return system.http("PUT", f"/api/v1/calendars/{name}", {"spec": {}}, token=token)


def noted(system, name, token=None):
    """The same, and it must go through."""
    status, found = note(system, name, token)
    if status != 200:
        raise DrillError(f"the calendar {name} was answered with {status} {found}")


def check_now(system, tenant=1):
    """Its turn to be checked has come, and not only in a day."""
    system.sql(f"UPDATE chain_checks SET look_at = now() WHERE tenant_id = {tenant}")


@fault("CasareAuditChainBroken", group="audit", resolve_seconds=240)
def an_entry_is_changed(system):
    noted(system, "broken")
    linked = "SELECT count(*) FROM audit_chain JOIN audit_entries USING (tenant_id, entry_id) WHERE tenant_id = 1"
    system.until("an entry is in the chain", CHECK_SECONDS, lambda: system.sql(linked) != "0")
    entry, actor = system.sql(
        "SELECT entry_id, actor FROM audit_chain JOIN audit_entries USING (tenant_id, entry_id)"
        " WHERE tenant_id = 1 ORDER BY number LIMIT 1").split("|")
    system.sql(f"UPDATE audit_entries SET actor = 'nobody' WHERE tenant_id = 1 AND entry_id = {entry}")
    check_now(system)
    yield
    system.sql(f"UPDATE audit_entries SET actor = '{actor}' WHERE tenant_id = 1 AND entry_id = {entry}")
    check_now(system)


@fault("CasareAuditNotVerified", group="audit", fire_seconds=240, resolve_seconds=120)
def a_chain_is_not_checked(system):
    system.ctl("tenant", "create", UNCHECKED)
    tenant = system.sql(f"SELECT tenant_id FROM tenants WHERE name = '{UNCHECKED}'")
    token = f"crpa_{secrets.token_urlsafe(32)}"
    system.sql("INSERT INTO tokens (tenant_id, name, role, hash, created_at)"
               f" VALUES ({tenant}, 'drill', 'admin', '\\x{hashlib.sha256(token.encode()).hexdigest()}', now())")
    noted(system, "unchecked", token)
    checked = f"SELECT ended_at IS NOT NULL FROM chain_checks WHERE tenant_id = {tenant}"
    system.until("the chain was checked once", CHECK_SECONDS, lambda: system.sql(checked) == "t")
    system.sql("UPDATE chain_checks SET ended_at = now() - interval '3 days', look_at = now() + interval '1 day'"
               f" WHERE tenant_id = {tenant}")
    yield
    check_now(system, tenant)


@fault("CasareAuditEntriesNotLinked", group="audit")
def somebody_writes_and_does_not_end(system):
    with contextlib.ExitStack() as lasting:
        lasting.enter_context(system.threshold("casare:threshold:audit_unlinked_seconds", 5))
        session = lasting.enter_context(system.session())
        # As a transaction that has written an entry and does not commit: what comes after it must wait.
        session.sql("BEGIN; LOCK TABLE audit_entries IN ROW EXCLUSIVE MODE")
        noted(system, "unlinked")
        yield


@fault("CasareAuditNotAnchored", group="audit")
def no_anchor_is_put_on_record(system):
    with system.threshold("casare:threshold:audit_unanchored_seconds", 15):
        system.sql("UPDATE audit_heads SET anchored_at = now() + interval '1 day'")
        noted(system, "unanchored")
        yield
        system.sql("UPDATE audit_heads SET anchored_at = now() - interval '1 day'")


@fault("CasareAuditWriteFailing", group="audit-writes", labels={"job": "casare-orchestrator"})
def entries_are_refused(system):
    system.sql("CREATE FUNCTION drill_refuse() RETURNS trigger LANGUAGE plpgsql AS"
               " $$ BEGIN RAISE disk_full USING MESSAGE = 'the drill refuses it'; END $$")
    system.sql("CREATE TRIGGER drill_refuse BEFORE INSERT ON audit_entries EXECUTE FUNCTION drill_refuse()")
    try:
        with repeating(PAUSE_SECONDS, lambda: note(system, f"refused-{secrets.token_hex(4)}")):
            yield
    finally:
        system.sql("DROP FUNCTION drill_refuse CASCADE")


@fault("CasareAuditUnknown", group="audit-writes", labels={"casare_metric_group": "audit"})
def what_is_known_of_chains_cannot_be_read(system):
    # It is read every five seconds at the most, and times are short here.
    with system.threshold("casare:threshold:metric_read_errors", 1):
        system.sql("ALTER TABLE chain_checks RENAME TO chain_checks_away")
        yield
        system.sql("ALTER TABLE chain_checks_away RENAME TO chain_checks")
