"""Sites: those that somebody named, and those that devices send from."""

from zoneinfo import available_timezones

from sqlalchemy import delete, select

from siaga.access import AuditEntry, Auditor, Principal, Scope
from siaga.auth.views import SiteView
from siaga.core.clock import Clock
from siaga.core.errors import BadRequest, NotFound
from siaga.db import Database
from siaga.db.tables.archive import cameras
from siaga.db.tables.people import enrolled_devices, enrolment_codes, sites

DEFAULT_ZONE = "UTC"


class Sites:
    """Which sites there are."""

    def __init__(self, database: Database, clock: Clock, auditor: Auditor) -> None:
        self._database = database
        self._clock = clock
        self._auditor = auditor

    def listed(self, scope: Scope) -> tuple[SiteView, ...]:
        """The scope's sites, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(sites.c.site, sites.c.title, sites.c.time_zone))
            found = {
                row.site: SiteView(site=row.site, title=row.title, time_zone=row.time_zone) for row in rows
            }
            for table in (cameras, enrolled_devices, enrolment_codes):
                for (site,) in connection.execute(select(table.c.site).distinct()):
                    found.setdefault(site, SiteView(site=site, title=site, time_zone=DEFAULT_ZONE))
        return tuple(found[site] for site in sorted(found) if scope.allows(site))

    def site(self, scope: Scope, name: str) -> SiteView:
        """One site.

        Raises:
            NotFound: There is none in the scope.
        """
        found = {site.site: site for site in self.listed(scope)}
        if name not in found:
            raise NotFound("No such site.", where=name)
        return found[name]

    def put(self, by: Principal, scope: Scope, name: str, title: str, time_zone: str) -> SiteView:
        """Name a site, or change its title and time zone.

        Raises:
            NotFound: It is outside of the scope.
            BadRequest: The time zone is not known.
        """
        if not scope.allows(name):
            raise NotFound("No such site.", where=name)
        if time_zone not in available_timezones():
            raise BadRequest("This time zone is not known.", fix="Give a name like Asia/Singapore.")
        now = self._clock.utc()
        with self._database.writing() as connection:
            query = select(sites.c.created_at).where(sites.c.site == name)
            created_at = connection.execute(query).scalar_one_or_none() or now
            connection.execute(delete(sites).where(sites.c.site == name))
            row = {"site": name, "title": title, "time_zone": time_zone, "created_at": created_at}
            connection.execute(sites.insert().values(row))
            self._auditor.record(connection, AuditEntry(by, "site.change", f"site/{name}", name, now))
        return SiteView(site=name, title=title, time_zone=time_zone)
