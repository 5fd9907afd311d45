"""The faults of watchdog.yml, which are those of the monitoring itself."""

import time

from drilling.registry import fault

# Alertmanager takes an alert as over when Prometheus has not said for 8 seconds that it fires.
SILENT_SECONDS = 20


@fault("CasareThresholdsMissing", group="no-thresholds")
def thresholds_are_not_read(system):
    with system.monitoring.without("thresholds.yml"):
        yield


@fault("CasareWatchdog", group="watchdog", resolves=False)
def prometheus_stands_still(system):
    """It fires all the time, so its end is silence: whoever asks to be told again and again is not. Then Prometheus
    goes on, and the silence ends."""
    receiver = system.monitoring.receiver

    def told_since(moment):
        return receiver.was_told(lambda labels: labels["alertname"] == "CasareWatchdog", "firing", moment, "deadman")

    yield
    system.monitoring.prometheus.freeze()
    try:
        def is_silent():
            return not told_since(time.monotonic() - 5)

        system.until("the dead man's switch is not told any more", SILENT_SECONDS, is_silent)
    finally:
        system.monitoring.prometheus.thaw()
    again = time.monotonic()
    system.until("the dead man's switch is told again", SILENT_SECONDS, lambda: told_since(again))
