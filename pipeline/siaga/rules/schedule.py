"""When a rule is on: local hours of the site, over midnight and over changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from siaga.core.settings import Schedule

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Timetable:
    """A schedule in a time zone.

    Where the clock jumps, an hour that exists twice or not at all is read so that the rule is on longer
    rather than shorter.

    Args:
        schedule: None: always on.
        timezone: IANA name of the site's time zone.
    """

    def __init__(self, schedule: Schedule | None, timezone: str) -> None:
        self._schedule = schedule
        self._zone = ZoneInfo(timezone)

    def on(self, utc: datetime) -> bool:
        """Whether it is on at ``utc`` (aware)."""
        if self._schedule is None:
            return True
        today = utc.astimezone(self._zone).date()
        return any(self._covers(day, utc) for day in (today, today - timedelta(days=1)))

    def _covers(self, day: date, utc: datetime) -> bool:
        schedule = self._schedule
        if schedule is None or _DAYS[day.weekday()] not in schedule.days:
            return False
        last = day if schedule.end > schedule.start else day + timedelta(days=1)
        return min(self._readings(day, schedule.start)) <= utc < max(self._readings(last, schedule.end))

    def _readings(self, day: date, clock: time) -> tuple[datetime, datetime]:
        """Both readings of a local time (PEP 495), in UTC; they differ only where the clock jumps."""
        local = datetime.combine(day, clock, self._zone)
        return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
