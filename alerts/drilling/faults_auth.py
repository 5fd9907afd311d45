"""Callers who are not let in, and callers who may not do what they ask for."""

from drilling.registry import fault
from drilling.repeating import repeating

# A second, as seen by the rules: more than one.
PAUSE_SECONDS = 0.25
# CASARE_LOCKOUT_FAILURES is 20, and a network is locked after ten times as many.
WRONG_TOKENS = 25
BEGINNINGS = "abcd"
TOKEN_CHARACTERS = 43
SCRAPED_SECONDS = 30


@fault("CasareAuthFailuresHigh", group="callers", labels={"job": "casare-orchestrator"})
def nobody_says_who_they_are(system):
    with repeating(PAUSE_SECONDS, lambda: system.http("GET", "/api/v1/jobs", token="")):
        yield


@fault("CasareAuthLockouts", group="callers", labels={"job": "casare-orchestrator"})
def wrong_tokens_are_tried(system):
    # They all begin at once: before that Prometheus is to have seen that there were none.
    system.until("lock-outs are scraped", SCRAPED_SECONDS, lambda: system.query("casare_auth_lockouts_total"))
    for beginning in BEGINNINGS:
        for number in range(WRONG_TOKENS):
            token = "crpa_" + beginning * TOKEN_CHARACTERS
            system.http("GET", "/api/v1/jobs", token=token[:-len(str(number))] + str(number))
    yield


@fault("CasareAuthRefusalsHigh", group="callers", labels={"job": "casare-orchestrator"})
def a_viewer_wants_to_change_something(system):
    def ask():
        system.http("PUT", "/api/v1/calendars/viewers", {"spec": {}}, token=system.viewer_token)

    with repeating(PAUSE_SECONDS, ask):
        yield
