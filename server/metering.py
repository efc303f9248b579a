"""What an API key is told of its quota, in the fields of draft-ietf-httpapi-ratelimit-headers-10.

`RateLimit-Policy: "points";q=6000;w=60;qu="points"` is what it has, and
`RateLimit: "points";r=5990;t=42` what is left of it and for how long.
"""

from http import HTTPStatus

from starlette.responses import Response

from auth.quotas import Quota

POLICY, LEFT, RETRY = "ratelimit-policy", "ratelimit", "retry-after"
_NAME = '"points"'


def headers(quota: Quota) -> dict[str, str]:
    """Of one answer."""
    told = {
        POLICY: f"{_NAME};q={quota.limit};w={quota.window};qu={_NAME}",
        LEFT: f"{_NAME};r={quota.remaining};t={quota.reset}",
    }
    return told | ({RETRY: str(quota.reset)} if quota.is_spent else {})


class Meter:
    """Of one answer that is being made."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def say(self, quota: Quota) -> None:
        """What is left; an operation that did not fit in is 429, whatever the media type."""
        self._response.headers.update(headers(quota))
        if quota.is_spent:
            self._response.status_code = HTTPStatus.TOO_MANY_REQUESTS

    def refuse(self) -> None:
        """It would never fit in."""
        self._response.status_code = HTTPStatus.BAD_REQUEST
