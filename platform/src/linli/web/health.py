"""Whether this process lives, and whether it may be sent people."""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from linli.web.site import Site

log = structlog.get_logger("linli.health")


def health_routes(site: Site) -> list[HTTPRouteHandler]:
    """``/health/live`` answers while the process runs; ``/health/ready`` when migrations and walls are in order."""

    @get("/health/live", include_in_schema=False, sync_to_thread=False)
    def live() -> dict[str, str]:
        return {"status": "ok"}

    @get("/health/ready", include_in_schema=False)
    async def ready() -> Response[dict[str, Any]]:
        readiness = site.readiness
        readiness.look_at_files()
        if readiness.is_believed:
            return Response({"status": "ok", **readiness.told()})
        try:
            faults = await site.in_thread(readiness.findings)
        except Exception as error:
            log.warning("not ready", error=str(error))
            return Response({"status": "unavailable", "findings": ["database"]}, status_code=503)
        if faults:
            log.error("not ready", findings=faults)
            return Response({"status": "refused", "findings": faults}, status_code=503)
        faulty = {each.plugin: "fault" for each in site.plugins.faults} | dict.fromkeys(site.aside, "fault")
        return Response({"status": "ok", "plugins": faulty, **readiness.told()})

    return [live, ready]
