"""Which faults there are: one for each alert rule, under the name of the alert.

    @fault("CasareQueueDepthHigh", group="work", labels={"messaging_destination_name": "deep"})
    def many_jobs_wait(system):
        ... make the fault ...
        yield
        ... end it ...

What stands before `yield` makes the fault, and what stands behind it ends it. In between the drill waits until the
alert fires in Prometheus and was delivered; after it, until it has resolved, and that was delivered, too.
"""

import contextlib
import dataclasses
import typing

FIRE_SECONDS = 120
RESOLVE_SECONDS = 120


@dataclasses.dataclass(frozen=True)
class Fault:
    """`labels`: those of the alert that it makes fire, of all that may fire under the name. They tell severities and
    windows apart, too: a rule needs a fault whose labels its own do not contradict."""

    alert: str
    group: str
    make: typing.Callable
    labels: dict
    delivered: bool  # Or it must not be: another alert says the same, or nobody is to be told.
    resolves: bool  # Or its end is shown by the fault itself, which says how.
    fire_seconds: float
    resolve_seconds: float
    needs: dict | None

    @property
    def name(self):
        told_apart = [self.labels[label] for label in ("severity", "slo", "long") if label in self.labels]
        return f"{self.alert}({', '.join(told_apart)})" if told_apart else self.alert

    def matches(self, labels):
        """Whether an alert with these labels is the one."""
        return labels.get("alertname") == self.alert and all(
            labels.get(name) == text for name, text in self.labels.items())

    def suits(self, rule_labels):
        """Whether a rule of this name and with these labels is the one."""
        return all(self.labels.get(name, text) == text for name, text in rule_labels.items())


FAULTS: list[Fault] = []

# Groups that are drilled at the same time: they do not disturb each other.
TOGETHER = ({"audit", "callers", "schedules", "secrets"},)

# Groups that come after all others, in this order: what they do everybody else would see.
LAST = ("fleet", "absent", "start", "no-thresholds", "watchdog")

# Numbers of thresholds.yml that are others for the whole drill: times are short in it.
THRESHOLDS = {}


def fault(alert, *, group, labels=None, delivered=True, resolves=True, fire_seconds=FIRE_SECONDS,
          resolve_seconds=RESOLVE_SECONDS, needs=None):
    """Puts a generator with one `yield`, which takes a System, on the list.

    Faults of one `group` are made side by side, each in a thread of its own; groups one after the other. `needs`: the
    faults that name it get a System of their own, whose orchestrators have these variables; None shares that of all
    others.
    """

    def register(function):
        FAULTS.append(Fault(alert, group, contextlib.contextmanager(function), dict(labels or {}), delivered, resolves,
                            fire_seconds, resolve_seconds, needs))
        return function

    return register


def thresholds(numbers):
    """Other numbers for the whole drill, such as {"casare:threshold:queue_age_seconds": 10}."""
    THRESHOLDS.update(numbers)
