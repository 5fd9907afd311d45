"""The rules of docs/cron.md, as plainly as they can be written: slow, and only asked where the others differ."""

import datetime
import functools

from questions import MONTHS, UTC, WEEKDAYS

DAY = datetime.timedelta(days=1)
NAMES = {name: number for number, name in enumerate(MONTHS, 1)} | {name: number for number, name in enumerate(WEEKDAYS)}
BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
# Longer than any expression of five or six fields waits: 29 February on a certain weekday, over 2100.
YEARS_MAX = 41
# No clock of this century was put back by more.
REPEAT_MAX = datetime.timedelta(hours=3)


def number(text):
    return NAMES[text] if text in NAMES else int(text)


@functools.cache
def values(field, low, high):
    """The numbers that a field without L, W and # means."""
    found = set()
    for item in field.split(","):
        base, _, step = item.partition("/")
        first, last = low, high
        if base not in ("*", "?"):
            left, dash, right = base.partition("-")
            first = number(left)
            last = number(right) if dash else first
            if right == "SUN" and first > 0:
                last = 7
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def last_day(date):
    return (date.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def fits_day(field, date):
    for item in field.split(","):
        if item == "L":
            if date == last_day(date):
                return True
        elif item.endswith("W"):
            wanted = int(item[:-1])
            if wanted > last_day(date).day:
                continue
            nearest = date.replace(day=wanted)
            # The nearest first, and of two that are as near the one before.
            for away in (0, -1, 1, -2, 2):
                near = nearest + away * DAY
                if near.month == date.month and near.weekday() < 5:
                    break
            if date == near:
                return True
        elif date.day in values(item, 1, 31):
            return True
    return False


def fits_weekday(field, date):
    for item in field.split(","):
        base, hash_, count = item.partition("#")
        if not hash_:
            if date.isoweekday() % 7 in {value % 7 for value in values(item, 0, 6)}:
                return True
        elif date.isoweekday() % 7 == number(base) % 7:
            if count == "L" and date + 7 * DAY > last_day(date):
                return True
            if count != "L" and (date.day - 1) // 7 + 1 == int(count):
                return True
    return False


class Expression:
    def __init__(self, text):
        fields = text.split()
        fields = ["0"] * (6 - len(fields)) + fields
        self.day, self.weekday = fields[3], fields[5]
        self.seconds, self.minutes, self.hours, _, self.months, _ = (
            values(field, *bounds) if index not in (3, 5) else None
            for index, (field, bounds) in enumerate(zip(fields, BOUNDS)))
        self.both = fields[3][0] in "*?" or fields[5][0] in "*?"
        self.is_interval = any("/" in field or "*" in field for field in fields[:3])

    def fits(self, date):
        day, weekday = fits_day(self.day, date), fits_weekday(self.weekday, date)
        return date.month in self.months and (day and weekday if self.both else day or weekday)

    def walls(self, start):
        """What the clock shows, from this time on."""
        date = start.date()
        for _ in range(366 * YEARS_MAX):
            if self.fits(date):
                begin = start.hour if date == start.date() else 0
                for hour in sorted(hour for hour in self.hours if hour >= begin):
                    for minute in sorted(self.minutes):
                        for second in sorted(self.seconds):
                            at = datetime.datetime(date.year, date.month, date.day, hour, minute, second)
                            if at >= start:
                                yield at
            date += DAY


def moments(wall, zone):
    """When a clock shows this: none in a gap, two in a repeat."""
    found = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in found if moment.astimezone(zone).replace(tzinfo=None) == wall)


def end_of_gap(wall, zone):
    """The first moment at which the clock shows a later time than one that it leaves out."""
    low = (wall - 2 * DAY).replace(tzinfo=UTC)
    high = (wall + 2 * DAY).replace(tzinfo=UTC)
    while high - low > datetime.timedelta(seconds=1):
        middle = low + datetime.timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (low, middle) if middle.astimezone(zone).replace(tzinfo=None) > wall else (middle, high)
    return high


def ticks(text, zone, start, count):
    expression, found = Expression(text), []
    shown = start.astimezone(zone).replace(tzinfo=None)
    for wall in expression.walls(shown - REPEAT_MAX):
        # In the order of the clock the second of two moments comes too early by the length of a repeat.
        if len(found) >= count and wall > found[count - 1].astimezone(zone).replace(tzinfo=None) + REPEAT_MAX:
            break
        at = moments(wall, zone)
        if not expression.is_interval:
            at = at[:1] or [end_of_gap(wall, zone)]
        found = sorted({*found, *(moment for moment in at if moment > start)})
    return found[:count]
