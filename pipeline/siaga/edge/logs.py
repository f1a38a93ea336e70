"""Log lines for people and machines; nothing leaves without passing the redactor."""

import logging
import sys
from typing import TextIO

import structlog

from siaga.core.redact import Redactor


def configure_logs(
    redact: Redactor, *, json: bool = False, verbose: bool = False, to: TextIO | None = None
) -> None:
    """Set up structlog for this process.

    Args:
        redact: Masks the configuration's secrets and whatever looks like a credential.
        json: One JSON object per line instead of coloured text.
        to: Where lines go; default: standard error.
    """
    stream = to or sys.stderr
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=34)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact.structlog_processor,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
