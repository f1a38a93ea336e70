"""The HTTP service."""

from siaga.api.app import create_app
from siaga.api.server import ServiceOptions, ServiceReady, first_start, run_service, serve

__all__ = ["ServiceOptions", "ServiceReady", "create_app", "first_start", "run_service", "serve"]
