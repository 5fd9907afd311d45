"""Reads dashboards.toml, and the thresholds that alerts compare with."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent
SOURCE = FOLDER / "dashboards.toml"
THRESHOLDS = FOLDER.parent / "alerts" / "thresholds.yml"


class SourceError(Exception):
    """Something in dashboards.toml, or in the thresholds, cannot be used; says what and where."""


def checked(table: Any, where: str, required: dict[str, type], optional: dict[str, Any]) -> dict[str, Any]:
    """The table with what it leaves out; `optional` has the defaults, which also say of what type a value is."""
    if not isinstance(table, dict):
        raise SourceError(f"{where} must be a table")
    for key in table:
        if key not in required and key not in optional:
            raise SourceError(f"{where}: '{key}' is unknown; there are {', '.join([*required, *optional])}")
    for key, kind in required.items():
        if not isinstance(table.get(key), kind) or not table[key]:
            raise SourceError(f"{where}: '{key}' is missing, empty, or no {kind.__name__}")
    for key, default in optional.items():
        kind = (int, float) if default is None or type(default) is int else type(default)
        if key in table and not isinstance(table[key], kind):
            raise SourceError(f"{where}: '{key}' is of the wrong type")
    return {**optional, **table}


def read_thresholds() -> dict[str, float]:
    """The numbers that alerts compare with, by name; they are written as products."""
    found = re.findall(
        r"record: casare:threshold:(\w+)\n\s+expr: vector\(([\d. *]+)\)", THRESHOLDS.read_text(encoding="utf-8")
    )
    products = {name: math.prod(float(factor) for factor in product.split("*")) for name, product in found}
    return {name: int(product) if product.is_integer() else product for name, product in products.items()}


class Source:
    """What dashboards.toml says, and the thresholds of the alerts."""

    def __init__(self) -> None:
        with SOURCE.open("rb") as file:
            content = tomllib.load(file)
        tables = {"variable": dict, "annotation": list, "link": dict, "dashboard": list}
        content = checked(content, SOURCE.name, {"runbooks": str, **tables}, {})
        self.runbooks: str = content["runbooks"]
        self.variables: dict[str, Any] = content["variable"]
        self.annotations: list[Any] = content["annotation"]
        self.links: dict[str, Any] = content["link"]
        self.dashboards: list[Any] = content["dashboard"]
        self.thresholds = read_thresholds()

    def threshold(self, value: float | str, where: str) -> float:
        if not isinstance(value, str):
            return value
        if value not in self.thresholds:
            raise SourceError(f"{where}: alerts/thresholds.yml has no '{value}'")
        return self.thresholds[value]
