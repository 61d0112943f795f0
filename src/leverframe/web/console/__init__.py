"""The console: pages for people, which work without JavaScript."""

from __future__ import annotations

from leverframe.web.console.administration import AdministrationPages
from leverframe.web.console.deliveries import DeliveryPages
from leverframe.web.console.events import EventPages
from leverframe.web.console.mutes import MutePages
from leverframe.web.console.overview import OverviewPage
from leverframe.web.console.tokens import TokenPages
from leverframe.web.desk import Desk
from leverframe.web.doors import Door


def console_doors(desk: Desk) -> tuple[Door, ...]:
    """Return the doors of all pages under ``/console``."""
    pages = (OverviewPage(desk), EventPages(desk), DeliveryPages(desk), MutePages(desk), TokenPages(desk), AdministrationPages(desk))
    levers: tuple[Door, ...] = ()
    if desk.levers is not None:
        from leverframe.web.console.levers import LeverPages
        from leverframe.web.console.pipelines import PipelinePages

        levers = (*LeverPages(desk, desk.levers).doors(), *PipelinePages(desk).doors())
    sites: tuple[Door, ...] = ()
    if desk.sites is not None:
        from leverframe.web.console.site_entries import EntryPages
        from leverframe.web.console.sites import SitePages

        of_sites = SitePages(desk, desk.sites)
        sites = (*EntryPages(desk, desk.sites, of_sites).doors(), *of_sites.doors())
    return (*(door for page in pages for door in page.doors()), *levers, *sites)
