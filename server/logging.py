"""One line an event: JSON in production, readable in development; control characters escaped,
secrets taken out.
"""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from server import redaction
from settings import Settings

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_ENDS_OF_LINES = re.compile(r"[\n\t]")


def configure(settings: Settings) -> None:
    """Set up structlog, which writes by itself, and have what libraries log look the same."""
    added: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    rendering = _rendering(settings)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=added,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[*added, *rendering],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def _rendering(settings: Settings) -> list[Processor]:
    """An exception is text before secrets are looked for, and nothing is added after that."""
    first: Processor = structlog.processors.format_exc_info
    if settings.production:
        return [first, redaction.line(settings)]  # in which JSON escapes
    redact, console = redaction.processor(settings), structlog.dev.ConsoleRenderer(colors=False)
    return [first, redact, _escape, console]


def _escape(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Nobody writes a line of his own, nor colours one; only a stack trace has several."""
    return {key: _escaped(key, value) for key, value in event.items()}


def _escaped(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = _CONTROLS.sub(_code, value)
    return text if key in {"exception", "stack"} else _ENDS_OF_LINES.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
