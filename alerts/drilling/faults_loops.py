"""Loops whose rounds fail, and numbers that cannot be read: the database does not let them."""

import contextlib

from drilling.making import revoked, start_orchestrators
from drilling.registry import fault, thresholds

thresholds({
    # Loops that have a round every half minute may take 40 seconds for it.
    "casare:threshold:loop_silence_seconds": 60,
    # Reading that fails is tried again after 5 seconds, of which a quarter of a minute has few.
    "casare:threshold:metric_read_errors": 1,
})

# Of the slow loops some have a round every minute, for which they may take 75 seconds.
SLOW_SECONDS = 80
SLOW_LOOPS = ".+_keeping|certificates|compact|deliveries|partitions|retention|secret_holds|settle|token_uses"


@fault("CasareLoopStalled", group="work", labels={"casare_loop_name": "windows"}, fire_seconds=150)
def loop_may_not_read_its_table(system):
    with revoked(system, "windows"):
        yield


@fault("CasareSlowLoopStalled", group="busy", labels={"casare_loop_name": "reaction_keeping"})
def slow_loop_may_not_read_its_table(system):
    """A second orchestrator has had a good round of all others, and the first one's of this one is longer ago."""
    ages = ("time() - max by (casare_loop_name) (casare_loop_last_success_timestamp_seconds"
            f'{{casare_loop_name=~"{SLOW_LOOPS}"}}) > {SLOW_SECONDS}')

    def are_old():
        return [series["metric"]["casare_loop_name"] for series in system.query(ages)]

    with contextlib.ExitStack() as later:
        with revoked(system, "reaction_jobs"):
            process = system.start_orchestrator("drill-slow")
            system.until("the other loops have had a round", 120, lambda: are_old() == ["reaction_keeping"])
            later.enter_context(system.threshold("casare:threshold:slow_loop_silence_seconds", SLOW_SECONDS))
            yield
        system.until("the loop has had a round", 60, lambda: "reaction_keeping" not in are_old())
    system.remove(process)


@fault("CasareLoopNeverSucceeded", group="start", labels={"casare_loop_name": "windows"})
def loop_fails_since_the_start(system):
    with revoked(system, "windows"):
        for process in system.orchestrators.values():
            process.stop()
        start_orchestrators(system)
        yield


@fault("CasareMetricsUnknown", group="start", labels={"casare_metric_group": "robots"})
def numbers_may_not_be_read(system):
    with revoked(system, "robots"):
        yield
