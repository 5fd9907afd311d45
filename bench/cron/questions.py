"""Random cron expressions, and moments to ask from. Everything follows from one seed."""

import datetime
import random
import zoneinfo

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
WEEKDAYS = "SUN MON TUE WED THU FRI SAT".split()
RANGES = {"second": (0, 59), "minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
FIELDS = ("second", "minute", "hour", "day", "month", "weekday")
# Whole hours, half hours, a lost day, two hours at once, summer over the new year, summer time below zero, a break in
# Ramadan, changes at midnight, and none.
ZONES = (
    "UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Sao_Paulo",
    "America/Havana", "Africa/Casablanca", "Africa/Cairo", "Asia/Tehran", "Asia/Beirut", "Asia/Kolkata",
    "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Antarctica/Troll",
)
FIRST, LAST = datetime.datetime(2000, 1, 1), datetime.datetime(2050, 1, 1)
UTC = datetime.timezone.utc


def transitions(name):
    """The moments at which a zone's offset changes, to the minute."""
    zone, found = zoneinfo.ZoneInfo(name), []
    day = datetime.timedelta(days=1)
    at = FIRST.replace(tzinfo=UTC)
    while at < LAST.replace(tzinfo=UTC):
        low, high = at, at + day
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > datetime.timedelta(minutes=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        at += day
    return found


class Questions:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.transitions = {name: transitions(name) for name in ZONES}

    def value(self, kind):
        low, high = RANGES[kind]
        number = self.random.randint(low, high)
        if kind == "month" and self.random.random() < 0.4:
            return number, MONTHS[number - 1]
        if kind == "weekday" and self.random.random() < 0.4:
            return number % 7, WEEKDAYS[number % 7]
        return number, str(number)

    def range(self, kind):
        while True:
            (low, left), (high, right) = self.value(kind), self.value(kind)
            if kind == "weekday" and right == "SUN" and low > 0:
                high = 7
            # Now and then one that goes downwards, or of a single value, which the two do not take alike.
            alike = low < high and {low, high} != {0, 7}
            if alike or self.random.random() < 0.005:
                return f"{left}-{right}"

    def step(self, kind):
        return self.random.randint(1, max(2, RANGES[kind][1] // 2))

    def item(self, kind):
        chosen = self.random.random()
        if chosen < 0.5:
            return self.value(kind)[1]
        if chosen < 0.75:
            return self.range(kind)
        if chosen < 0.85:
            return f"{self.range(kind)}/{self.step(kind)}"
        if chosen < 0.99:
            return f"*/{self.step(kind)}"
        return f"{self.value(kind)[1]}/{self.step(kind)}"  # Which only one of both refuses.

    def day(self):
        chosen = self.random.random()
        if chosen < 0.06:
            return "L"
        if chosen < 0.08:
            return f"{self.random.randint(1, 28)},L"
        if chosen < 0.11:
            return f"{self.random.randint(1, 31)}W"
        return "?" if chosen < 0.13 else None

    def weekday(self):
        chosen = self.random.random()
        if chosen < 0.08:
            return f"{self.value('weekday')[1]}#{self.random.randint(1, 5)}"
        if chosen < 0.12:
            return f"{self.value('weekday')[1]}#L"
        if chosen < 0.14:
            return f"{self.value('weekday')[1]}#{self.random.randint(1, 5)},{self.value('weekday')[1]}#1"
        return "?" if chosen < 0.16 else None

    def field(self, kind):
        stars = {"second": 0.1, "minute": 0.15, "hour": 0.35, "day": 0.45, "month": 0.65, "weekday": 0.5}
        if self.random.random() < stars[kind]:
            return "*"
        if kind in ("day", "weekday"):
            special = self.day() if kind == "day" else self.weekday()
            if special:
                return special
        return ",".join(self.item(kind) for _ in range(self.random.choice((1, 1, 1, 2, 3))))

    def expression(self):
        fields = FIELDS if self.random.random() < 0.3 else FIELDS[1:]
        return " ".join(self.field(kind) for kind in fields)

    def moment(self, zone):
        """Half of them within a day and a half of a change of the clock, where the zone has any."""
        changes = self.transitions[zone]
        if changes and self.random.random() < 0.5:
            return self.random.choice(changes) + datetime.timedelta(seconds=self.random.randint(-129_600, 129_600))
        whole = int((LAST - FIRST).total_seconds())
        return FIRST.replace(tzinfo=UTC) + datetime.timedelta(seconds=self.random.randrange(whole))

    def question(self):
        zone = self.random.choice(ZONES)
        return self.expression(), zone, self.moment(zone)
