"""How one fault is drilled.

It is made, its alert fires and is delivered; it ends, the alert resolves, and that is delivered, too.
"""

import dataclasses
import threading
import time
import traceback

from drilling.system import DrillError

# What faults before it have left behind must be over by then.
QUIET_SECONDS = 60
# For so long an alert that is held back is looked at before it counts as not delivered.
HELD_BACK_SECONDS = 4


@dataclasses.dataclass
class Result:
    fault: object
    fired: float | None = None
    told: str = ""
    resolved: float | None = None
    error: str = ""

    def line(self):
        def seconds(number):
            return "–" if number is None else f"{number:.0f} s"

        verdict = "ok  " if not self.error else "FAIL"
        times = f"fires {seconds(self.fired):>6}  resolves {seconds(self.resolved):>6}"
        return f"{verdict} {self.fault.name:<48} {times}  {self.told}" + (f"\n     {self.error}" if self.error else "")


class Drill:
    def __init__(self, system, say):
        self.system = system
        self.say = say
        self.receiver = system.monitoring.receiver

    def group(self, faults):
        """Side by side; their results in the same order."""
        self.system.forget_removed()
        results = [Result(fault) for fault in faults]
        threads = [threading.Thread(target=self.one, args=(result,), daemon=True) for result in results]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def one(self, result):
        try:
            self.drilled(result)
        except Exception as error:  # Whatever it is, the others go on.
            known = isinstance(error, (DrillError, TimeoutError))
            result.error = str(error) if known else traceback.format_exc().strip()
        self.say(result.line())

    def drilled(self, result):
        fault = result.fault
        if fault.resolves:
            self.system.until(f"{fault.name} does not fire yet", QUIET_SECONDS, lambda: not self.is_firing(fault))
        began = time.monotonic()
        made = fault.make(self.system)
        made.__enter__()
        problem = None
        try:
            self.until_fired(result, began)
        except Exception as error:  # The fault is ended all the same.
            problem = error
        ended = time.monotonic()
        made.__exit__(None, None, None)
        if problem:
            raise problem
        if fault.resolves:
            self.until_resolved(result, ended)

    def until_fired(self, result, began):
        fault = result.fault
        self.system.until(f"{fault.name} fires", fault.fire_seconds, lambda: self.is_firing(fault))
        result.fired = time.monotonic() - began
        if not fault.delivered:
            self.system.until(f"{fault.name} is held back", fault.fire_seconds, lambda: self.is_held_back(fault))
            time.sleep(HELD_BACK_SECONDS)
            if self.receiver.was_told(fault.matches, "firing", began):
                raise DrillError(f"{fault.name} was delivered, and should have been held back")
            by = sorted(self.system.monitoring.holders(fault.matches))
            result.told = f"held back by {', '.join(by)}"
            return
        self.system.until(f"{fault.name} is delivered", fault.fire_seconds,
                          lambda: self.receiver.was_told(fault.matches, "firing", began))
        told = self.receiver.was_told(fault.matches, "firing", began)[0]
        result.told = f"told {told.receiver} after {told.at - began:.0f} s"

    def until_resolved(self, result, ended):
        fault = result.fault
        self.system.until(f"{fault.name} resolves", fault.resolve_seconds, lambda: not self.is_firing(fault))
        result.resolved = time.monotonic() - ended
        if not fault.delivered:
            return
        self.system.until(f"the end of {fault.name} is delivered", fault.resolve_seconds,
                          lambda: self.receiver.was_told(fault.matches, "resolved", ended))
        told = self.receiver.was_told(fault.matches, "resolved", ended)[0]
        result.told += f", of its end after {told.at - ended:.0f} s"

    def is_firing(self, fault):
        return any(alert["state"] == "firing" and fault.matches(alert["labels"]) for alert in self.system.alerts())

    def is_held_back(self, fault):
        return bool(self.system.monitoring.holders(fault.matches))
