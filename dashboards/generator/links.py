"""Links to dashboards, traces, logs and pages that say what to do."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from generator.source import Source, SourceError, checked

LABEL = re.compile(r"\{\{(\w+)\}\}")
PLACEHOLDER = re.compile(r"\{\{\w+\}\}|\$\{\w+\}")


def filled(text: str, is_row: bool) -> str:
    """An address with its placeholders as Grafana writes them, and all else escaped."""

    def placeholder(word: str) -> str:
        name = word.strip("{}$")
        if word.startswith("$"):
            return word if name.startswith("__") else f"${{{name}:percentencode}}"
        return f"${{__data.fields.{name}:percentencode}}" if is_row else f"${{__field.labels.{name}:percentencode}}"

    plain, words = PLACEHOLDER.split(text), PLACEHOLDER.findall(text)
    parts = [quote(plain[0], safe="")]
    for word, rest in zip(words, plain[1:]):
        parts += [placeholder(word), quote(rest, safe="")]
    return "".join(parts)


def explore(source: str, kind: str, query: dict[str, str], is_row: bool) -> str:
    """An address of Explore with a query, over the time that the dashboard shows."""
    uid = f"${{{source}}}"
    pane = {
        "datasource": uid,
        "queries": [{"refId": "A", "datasource": {"type": kind, "uid": uid}, **query}],
        "range": {"from": "${__from}", "to": "${__to}"},
    }
    panes = json.dumps({"a": pane}, separators=(",", ":"))
    return f"/explore?schemaVersion=1&panes={filled(panes, is_row)}"


def link(source: Source, name: str, is_row: bool = False) -> dict[str, Any]:
    """A link of `[link.…]`; `is_row`: labels are columns of a table."""
    where = f"link.{name}"
    if name not in source.links:
        raise SourceError(f"{where} is not there")
    targets = {"traces": "", "logs": "", "runbook": "", "dashboard": ""}
    given = checked(source.links[name], where, {"title": str}, targets | {"with": {}})
    if sum(bool(given[key]) for key in targets) != 1:
        raise SourceError(f"{where} must have one of {', '.join(targets)}")
    if given["traces"]:
        url = explore("tracing", "tempo", {"queryType": "traceql", "query": given["traces"]}, is_row)
    elif given["logs"]:
        url = explore("logs", "loki", {"queryType": "range", "expr": given["logs"]}, is_row)
    elif given["runbook"]:
        url = f"{source.runbooks}{filled(given['runbook'], is_row)}.md"
    else:
        if given["dashboard"] not in [entry.get("uid") for entry in source.dashboards]:
            raise SourceError(f"{where}: there is no dashboard '{given['dashboard']}'")
        kept = "".join(f"${{{name}:queryparam}}&" for name in ("datasource", "job", "tracing", "logs"))
        chosen = "".join(f"var-{name}={filled(value, is_row)}&" for name, value in given["with"].items())
        url = f"/d/{given['dashboard']}?{kept}{chosen}${{__url_time_range}}"
    return {"title": given["title"], "url": url, "targetBlank": not given["dashboard"]}


def labels_of(source: Source, name: str) -> list[str]:
    """The labels that a link is about; none: it is about the whole panel."""
    return LABEL.findall(" ".join(str(value) for value in source.links.get(name, {}).values()))
