"""Makes time short: rules and Alertmanager's configuration with every duration divided by a factor.

Only text is changed: what stands behind `for`, `keep_firing_for` and `interval`, between brackets and behind `offset`
in rules, how young a process may be that is not known from before (`process_uptime_seconds < 900`), and what stands
behind `group_wait`, `group_interval` and `repeat_interval` of Alertmanager.
"""

import re
from pathlib import Path

ALERTS = Path(__file__).resolve().parent.parent
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
SCRAPE_SECONDS = 2
# Of fewer scrapes rate() says nothing, or stops to when one comes late.
WINDOW_SECONDS_MIN = 5 * SCRAPE_SECONDS
# The windows of objectives are of days: those are shorter still.
FACTORS = {"slo.yml": 12}
DURATION = r"(?:\d+(?:ms|[smhdwy]))+"


def seconds(text):
    """Of a duration as Prometheus writes it."""
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwy])", text))


def duration(number):
    return f"{round(number * 1000)}ms"


def rule_files():
    """Those for Prometheus."""
    return [path for path in sorted(ALERTS.glob("*.yml"))
            if path.name != "alertmanager.yml" and not path.name.endswith("_test.yml")]


def rules(name, text, factor, thresholds):
    """The text of a file of rules with short times, and with other thresholds."""
    by = factor * FACTORS.get(name, 1)

    def window(match):
        return match[1] + duration(max(seconds(match[2]) / by, WINDOW_SECONDS_MIN)) + match[3]

    def wait(match):
        return match[1] + duration(max(seconds(match[2]) / by, 1))

    text = re.sub(rf"(\[)({DURATION})((?::(?:{DURATION})?)?\])", window, text)
    text = re.sub(rf"(\[[^\]\n]*:)({DURATION})(\])", lambda found: found[1] + duration(SCRAPE_SECONDS) + found[3], text)
    text = re.sub(rf"(\boffset +)({DURATION})()", window, text)
    text = re.sub(rf"(?m)^(\s+(?:for|keep_firing_for|interval): *)({DURATION})$", wait, text)
    text = re.sub(r"(process_uptime_seconds < )(\d+)",
                  lambda found: f"{found[1]}{max(int(found[2]) / by, WINDOW_SECONDS_MIN):g}", text)
    for series, number in thresholds.items():
        changed = re.sub(rf"(- record: {re.escape(series)}\n\s+expr: ).*", rf"\g<1>vector({number})", text)
        if name == "thresholds.yml" and changed == text and f"vector({number})" not in text:
            raise ValueError(f"thresholds.yml has no {series}")
        text = changed
    return text


def alertmanager(text, factor, url):
    """Alertmanager's configuration with short times, and with all receivers below a URL: it has no others."""
    def short(found):
        return found[1] + duration(max(seconds(found[2]) / factor, 0 if "0s" == found[2] else 1))

    text = re.sub(rf"(?m)^(\s+(?:group_wait|group_interval|repeat_interval): *)({DURATION})$", short, text)
    head, rest = text.split("\nreceivers:\n", 1)
    receivers, tail = re.split(r"(?m)^(?=# What is said already)|^(?=inhibit_rules:)", rest, maxsplit=1)
    made = []
    for block in re.split(r"(?m)^(?=  - name: )", receivers):
        name = re.match(r"  - name: (\S+)", block)
        if name:
            # Whoever is told of the end in the example is told of it here, and so is who is told by default.
            resolved = "false" if "send_resolved: false" in block else "true"
            made.append(f"  - name: {name[1]}\n    webhook_configs:\n      - url: {url}/{name[1]}\n"
                        f"        send_resolved: {resolved}\n")
    return f"{head}\nreceivers:\n{''.join(made)}\n{tail}"
