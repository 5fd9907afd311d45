"""Panels, as Grafana's classic model has them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from generator.links import LABEL, labels_of, link
from generator.source import Source, SourceError, checked

METRICS = {"type": "prometheus", "uid": "${datasource}"}
COLORS = {"info": "blue", "warning": "orange", "critical": "red"}
# Grafana colours what is equal to a threshold, and an alert on more than nothing begins above it.
ABOVE_ZERO = 1e-9


class Panel:
    """One panel: what dashboards.toml says of it, and what Grafana is told."""

    REQUIRED = {"title": str, "unit": str, "description": str, "queries": list}
    OPTIONAL = {
        "kind": "lines", "width": 0, "height": 0, "decimals": None, "max": None, "stacked": False, "alerts": [],
        "thresholds": {}, "links": [], "columns": {}, "sort": "", "states": {},
    }  # fmt: skip

    def __init__(self, source: Source, entry: Any, dashboard: str) -> None:
        title = entry.get("title") if isinstance(entry, dict) else None
        self.where = f"{dashboard} / {title or 'a panel without a title'}"
        self.source = source
        self.given = checked(entry, self.where, self.REQUIRED, self.OPTIONAL)
        kinds = {
            "lines": self.lines, "stat": self.stat, "bars": self.bars, "table": self.table,
            "timeline": self.timeline, "heatmap": self.heatmap,
        }  # fmt: skip
        if self.given["kind"] not in kinds:
            raise SourceError(f"{self.where}: kind must be one of {', '.join(kinds)}")
        self.is_table = self.given["kind"] == "table"
        self.queries = [
            checked(query, f"{self.where}: a query", {"legend": str, "expr": str}, {"unit": ""})
            for query in self.given["queries"]
        ]
        self.make = kinds[self.given["kind"]]

    def json(self, number: int, position: dict[str, int]) -> dict[str, Any]:
        self.defaults: dict[str, Any] = {"unit": self.given["unit"]}
        self.overrides: list[dict[str, Any]] = []
        self.targets = [self.target(chr(ord("A") + index), query) for index, query in enumerate(self.queries)]
        for key in ("decimals", "max"):
            if self.given[key] is not None:
                self.defaults[key] = self.given[key]
        self.thresholds()
        self.data_links()
        panel = {"id": number, "type": "", "title": self.given["title"], "description": self.given["description"]}
        panel |= {"datasource": METRICS, "gridPos": position, "links": self.panel_links()}
        made = self.make()
        panel |= {**made, "fieldConfig": {"defaults": self.defaults, "overrides": self.overrides}}
        return panel | {"targets": self.targets}

    def target(self, reference: str, query: dict[str, Any]) -> dict[str, Any]:
        target = {"refId": reference, "datasource": METRICS, "editorMode": "code", "expr": query["expr"].strip()}
        target["legendFormat"] = query["legend"]
        is_instant = self.given["kind"] in ("stat", "bars", "table")
        target |= {"instant": is_instant, "range": not is_instant}
        if self.is_table:
            target["format"] = "table"
        elif self.given["kind"] == "heatmap":
            target |= {"format": "heatmap", "exemplar": True}
        elif not is_instant and "histogram_quantile(" in query["expr"]:
            target["exemplar"] = True
        return target

    # Thresholds

    def thresholds(self) -> None:
        """Those of lines are drawn, as the alerts have them now where they have a name; the others are colours."""
        is_drawn = self.given["kind"] == "lines"
        steps = [{"color": "green", "value": None}]
        for severity, value in self.given["thresholds"].items():
            if severity not in COLORS:
                raise SourceError(f"{self.where}: thresholds are for {', '.join(COLORS)}")
            number = self.source.threshold(value, self.where)
            if is_drawn and isinstance(value, str):
                self.line(severity, value)
            else:
                steps.append({"color": COLORS[severity], "value": number or ABOVE_ZERO})
        steps[1:] = sorted(steps[1:], key=lambda step: step["value"])
        self.defaults["thresholds"] = {"mode": "absolute", "steps": steps}

    def line(self, severity: str, name: str) -> None:
        reference = severity.upper()
        query = {"legend": severity, "expr": f"max(casare:threshold:{name})"}
        self.targets.append(self.target(reference, query))
        look = {
            "color": {"mode": "fixed", "fixedColor": COLORS[severity]},
            "custom.lineStyle": {"fill": "dash", "dash": [10, 10]},
            "custom.fillOpacity": 0,
            "custom.stacking": {"mode": "none", "group": reference},
            "custom.hideFrom": {"legend": True, "tooltip": False, "viz": False},
        }
        properties = [{"id": key, "value": value} for key, value in look.items()]
        self.overrides.append({"matcher": {"id": "byFrameRefID", "options": reference}, "properties": properties})

    # Links

    def panel_links(self) -> list[dict[str, Any]]:
        """What to do about each alert, and what is about no series."""
        links = []
        for alert in self.given["alerts"]:
            url = f"{self.source.runbooks}{quote(alert, safe='')}.md"
            links.append({"title": f"What to do: {alert}", "url": url, "targetBlank": True})
        return links + [link(self.source, name) for name in self.given["links"] if not labels_of(self.source, name)]

    def data_links(self) -> None:
        names = [name for name in self.given["links"] if labels_of(self.source, name)]
        if not names:
            return
        links = [link(self.source, name, self.is_table) for name in names]
        if not self.is_table:
            self.defaults["links"] = links
            return
        column = labels_of(self.source, names[0])[0]
        if column not in self.given["columns"]:
            raise SourceError(f"{self.where}: links are about '{column}', which is no column")
        properties = [{"id": "links", "value": links}]
        self.overrides.append(self.override(self.given["columns"][column], properties))

    @staticmethod
    def override(column: str, properties: list[dict[str, Any]]) -> dict[str, Any]:
        return {"matcher": {"id": "byName", "options": column}, "properties": properties}

    # Kinds

    @property
    def reduced(self) -> dict[str, Any]:
        return {"calcs": ["lastNotNull"], "fields": "", "values": False}

    def colored(self) -> None:
        has_thresholds = len(self.defaults["thresholds"]["steps"]) > 1
        self.defaults["color"] = {"mode": "thresholds"} if has_thresholds else {"mode": "fixed", "fixedColor": "text"}

    def lines(self) -> dict[str, Any]:
        is_marked = len(self.defaults["thresholds"]["steps"]) > 1
        is_stacked = self.given["stacked"]
        self.defaults |= {"min": 0, "color": {"mode": "palette-classic"}}
        self.defaults["custom"] = {
            "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1, "fillOpacity": 30 if is_stacked else 10,
            "showPoints": "never", "spanNulls": False, "axisPlacement": "auto",
            "stacking": {"mode": "normal" if is_stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if is_marked else "off"},
        }  # fmt: skip
        is_many = any(LABEL.search(query["legend"]) for query in self.queries)
        legend = {"showLegend": True, "placement": "bottom", "displayMode": "table" if is_many else "list"}
        legend["calcs"] = ["mean", "max", "lastNotNull"] if is_many else []
        return {"type": "timeseries", "options": {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}}

    def stat(self) -> dict[str, Any]:
        self.colored()
        options = {"colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto"}
        options |= {"textMode": "auto", "reduceOptions": self.reduced}
        return {"type": "stat", "options": options}

    def bars(self) -> dict[str, Any]:
        self.colored()
        self.defaults["min"] = 0
        options = {"displayMode": "basic", "orientation": "horizontal", "showUnfilled": True, "valueMode": "color"}
        return {"type": "bargauge", "options": options | {"reduceOptions": self.reduced}}

    def timeline(self) -> dict[str, Any]:
        if not self.given["states"]:
            raise SourceError(f"{self.where}: a timeline needs states")
        states = {
            value: {"text": text, "color": color, "index": index}
            for index, (value, (text, color)) in enumerate(self.given["states"].items())
        }
        self.defaults["mappings"] = [{"type": "value", "options": states}]
        self.defaults |= {"color": {"mode": "thresholds"}, "custom": {"fillOpacity": 70, "lineWidth": 0}}
        options = {"mergeValues": True, "showValue": "never", "alignValue": "left", "rowHeight": 0.9}
        options["legend"] = {"showLegend": True, "displayMode": "list", "placement": "bottom"}
        return {"type": "state-timeline", "options": options | {"tooltip": {"mode": "single", "sort": "none"}}}

    def heatmap(self) -> dict[str, Any]:
        color = {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5, "scale": "exponential"}
        options = {"calculate": False, "cellGap": 1, "color": color | {"fill": "dark-orange", "reverse": False}}
        options |= {"yAxis": {"axisPlacement": "left", "unit": self.given["unit"]}, "rowsFrame": {"layout": "auto"}}
        options |= {"cellValues": {"unit": "none"}, "filterValues": {"le": 1e-9}, "legend": {"show": True}}
        options |= {"exemplars": {"color": "rgba(255,0,255,0.7)"}, "showValue": "never"}
        return {"type": "heatmap", "options": options | {"tooltip": {"mode": "single", "yHistogram": True}}}

    def table(self) -> dict[str, Any]:
        self.defaults |= {"color": {"mode": "fixed", "fixedColor": "text"}, "custom": {"align": "auto"}}
        names = dict(self.given["columns"])
        for target, query in zip(self.targets, self.queries):
            # Grafana calls the column `Value` where there is one query.
            names[f"Value #{target['refId']}" if len(self.queries) > 1 else "Value"] = query["legend"]
            if query["unit"]:
                self.overrides.append(self.override(query["legend"], [{"id": "unit", "value": query["unit"]}]))
        order = {name: index for index, name in enumerate(names)}
        arranged = {"excludeByName": {"Time": True}, "renameByName": names, "indexByName": order}
        sort = self.given["sort"]
        return {
            "type": "table",
            "options": {"showHeader": True, "sortBy": [{"displayName": sort, "desc": True}] if sort else []},
            "transformations": [{"id": "merge", "options": {}}, {"id": "organize", "options": arranged}],
        }
