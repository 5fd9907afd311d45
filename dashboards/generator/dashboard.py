"""Dashboards, as Grafana's classic model has them: what is around the panels, and where each of them stands."""

from __future__ import annotations

import json
import re
from typing import Any

from generator.links import labels_of, link
from generator.panel import METRICS, Panel
from generator.source import Source, SourceError, checked

SCHEMA_VERSION = 41  # Grafana 12 writes it; 10 to 13 read it.
COLUMNS = 24
HEIGHT, WIDTH = 8, 8


def variable(source: Source, name: str) -> dict[str, Any]:
    where = f"variable.{name}"
    if name not in source.variables:
        raise SourceError(f"{where} is not there")
    optional = {"kind": "query", "source": "", "query": "", "all": "", "description": ""}
    given = checked(source.variables[name], where, {"label": str}, optional)
    made: dict[str, Any] = {"name": name, "label": given["label"], "description": given["description"], "hide": 0}
    if given["kind"] == "datasource":
        made |= {"type": "datasource", "query": given["source"], "current": {}, "options": [], "regex": ""}
        return made | {"refresh": 1, "multi": False, "includeAll": False}
    if given["kind"] == "text":
        return made | {"type": "textbox", "query": "", "current": {"text": "", "value": ""}, "options": []}
    if given["kind"] != "query" or not given["query"] or not given["all"]:
        raise SourceError(f"{where}: kind must be query, with a query and all, or datasource, or text")
    # As Grafana's own editor writes it: 1 is for values of a label.
    query = {"qryType": 1, "query": given["query"], "refId": "PrometheusVariableQueryEditor-VariableQuery"}
    made |= {"type": "query", "datasource": METRICS, "definition": given["query"], "query": query, "regex": ""}
    made |= {"current": {"text": ["All"], "value": ["$__all"]}, "options": [], "multi": True, "includeAll": True}
    return made | {"allValue": given["all"], "refresh": 2, "sort": 1}


def annotations(source: Source) -> list[dict[str, Any]]:
    # What people and Grafana's own alerts mark.
    own = {"name": "Annotations & Alerts", "type": "dashboard", "builtIn": 1, "enable": True, "hide": True}
    own |= {"datasource": {"type": "grafana", "uid": "-- Grafana --"}, "iconColor": "rgba(0, 211, 255, 1)"}
    made = [own]
    for entry in source.annotations:
        given = checked(entry, "annotation", dict.fromkeys(("name", "color", "expr", "title", "text"), str), {})
        mark = {"name": given["name"], "datasource": METRICS, "enable": True, "iconColor": given["color"]}
        mark |= {"expr": given["expr"].strip(), "step": "60s"}
        made.append(mark | {"titleFormat": given["title"], "textFormat": given["text"]})
    return made


def dashboard_links(source: Source, names: list[str]) -> list[dict[str, Any]]:
    others = {"title": "Casare", "type": "dashboards", "tags": ["casare"], "asDropdown": True, "icon": "external link"}
    made = [others | {"includeVars": True, "keepTime": True, "targetBlank": False, "tooltip": "", "url": ""}]
    for name in names:
        if labels_of(source, name):
            raise SourceError(f"link.{name} is about a series, and cannot be of a dashboard")
        entry = {"type": "link", "tags": [], "asDropdown": False, "icon": "external link", "tooltip": ""}
        made.append(entry | {"includeVars": False, "keepTime": False} | link(source, name))
    return made


def panels(source: Source, rows: list[Any], where: str) -> list[dict[str, Any]]:
    """The panels of all rows, side by side until a line is full."""
    made: list[dict[str, Any]] = []
    y = 0
    for entry in rows:
        row = checked(entry, f"{where}: a row", {"title": str, "panel": list}, {"width": WIDTH, "height": HEIGHT})
        position = {"h": 1, "w": COLUMNS, "x": 0, "y": y}
        made.append({"id": len(made) + 1, "type": "row", "title": row["title"], "collapsed": False, "panels": []})
        made[-1]["gridPos"] = position
        x, y, line_height = 0, y + 1, 0
        for panel in (Panel(source, entry, where) for entry in row["panel"]):
            width, height = panel.given["width"] or row["width"], panel.given["height"] or row["height"]
            if not 0 < width <= COLUMNS or height < 1:
                raise SourceError(f"{panel.where}: width is 1 to {COLUMNS}, height 1 or more")
            if x + width > COLUMNS:
                x, y, line_height = 0, y + line_height, 0
            made.append(panel.json(len(made) + 1, {"h": height, "w": width, "x": x, "y": y}))
            x, line_height = x + width, max(line_height, height)
        y += line_height
    return made


def dashboard(source: Source, entry: Any) -> tuple[str, str]:
    """The name of the file of a dashboard, and what is in it."""
    required = {"uid": str, "title": str, "description": str, "row": list}
    uid = entry.get("uid") if isinstance(entry, dict) else None
    given = checked(entry, str(uid or "a dashboard without a uid"), required, {"variables": [], "links": []})
    if not re.fullmatch(r"[a-z0-9-]{1,40}", given["uid"]):
        raise SourceError(f"{given['uid']}: a uid has up to 40 small letters, digits and hyphens")
    names = ["datasource", "job", *given["variables"], "tracing", "logs"]
    made = {
        "uid": given["uid"], "id": None, "title": given["title"], "description": given["description"],
        "tags": ["casare"], "editable": False, "schemaVersion": SCHEMA_VERSION, "timezone": "browser", "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"}, "timepicker": {}, "graphTooltip": 1, "fiscalYearStartMonth": 0,
        "weekStart": "", "liveNow": False, "annotations": {"list": annotations(source)},
        "templating": {"list": [variable(source, name) for name in names]},
        "links": dashboard_links(source, given["links"]), "panels": panels(source, given["row"], given["uid"]),
    }  # fmt: skip
    return f"{given['uid']}.json", json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def dashboards() -> dict[str, str]:
    source = Source()
    made = [dashboard(source, entry) for entry in source.dashboards]
    for name in {name for name, _ in made if [other for other, _ in made].count(name) > 1}:
        raise SourceError(f"two dashboards have the uid {name.removesuffix('.json')}")
    return dict(made)
