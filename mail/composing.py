"""An entry and what it says become a message: a mail, or an SMS without sender and subject."""

from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from functools import lru_cache
from typing import Any, Self
from urllib.parse import urlsplit

import settings
from mail import rendering
from mail.letters import Letter
from models import Channel, OutboxEntry, clock

_SAME = frozenset(
    {"From", "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
)
"""What most mails have the same of."""


class _Headers(HeaderRegistry):
    """Parses those once; and makes the class of a header once, which the registry makes anew each
    time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[str, Any] = {}
        self._parsed = lru_cache(super().__call__)

    def __getitem__(self, name: str) -> Any:
        if name not in self._kinds:
            self._kinds[name] = super().__getitem__(name)
        return self._kinds[name]

    def __call__(self, name: str, value: Any) -> Any:
        return (self._parsed if name in _SAME else super().__call__)(name, value)


_POLICY = EmailPolicy(header_factory=_Headers())


class _OneLine(str):
    """A header as it stands. Python folds an address longer than a line by encoding it as words,
    and no mail program looks for an address in words.
    """

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, value: str) -> Self:
        header = super().__new__(cls, value)
        header.name = name
        return header

    def fold(self, *, policy: Policy) -> str:
        """What `email` asks of a header that knows its name."""
        return f"{self.name}: {self}{policy.linesep}"


def compose(entry: OutboxEntry, letter: Letter) -> EmailMessage:
    """The message of that entry, whose Message-ID is the same each time.

    Raises:
        jinja2.TemplateError: as `rendering.render`.
        letters.SecretForgotten, ValueError: it cannot be written.
    """
    message, secrets = EmailMessage(_POLICY), letter.secrets()
    message["Date"] = clock.now()
    message["Message-ID"] = f"<{entry.id}@{urlsplit(settings.load().public_url).hostname}>"
    if entry.channel is Channel.SMS:
        message.set_content(
            rendering.render_sms(letter.template, entry.facts, locale=letter.locale, **secrets)
        )
        return message
    rendered = rendering.render(letter.template, entry.facts, locale=letter.locale, **secrets)
    message["From"] = settings.load().mail_from
    message["To"] = Address(addr_spec=entry.recipient)
    message["Subject"] = rendered.subject
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers().items():
        message[name] = _OneLine(name, value)
    message.set_content(rendered.text)
    message.make_alternative(boundary=f"={entry.id}=")  # one that `email` chose would be looked for
    message.add_alternative(rendered.html, subtype="html")
    return message
