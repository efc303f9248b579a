"""How a form is sent and what it complains of, whatever language its page speaks."""

from playwright.async_api import Locator

from locales import Locale, translations
from schema import sentences
from tests.browser.visitors import Visitor

BROWSERS = {"EN": "en-GB", "RU": "ru-RU", "KK": "kk-KZ"}
"""The language of a browser, by what the API calls it."""


async def send(visitor: Visitor, **fields: str) -> None:
    """Fill in and press the button of the form that has these fields, or of the only one."""
    await visitor.fill(**fields)
    form = visitor.page.locator("form")
    for name in fields:
        form = form.filter(has=visitor.page.locator(f"[name={name}]"))
    await form.locator("> button").click()


async def shown(visitor: Visitor, field: str) -> Locator:
    """The view whose form has that field."""
    control = visitor.page.locator(f"[name={field}]")
    await control.wait_for()
    return control


async def fault(visitor: Visitor, code: str, locale: str = "EN") -> None:
    """Wait until the page says what the API says of it."""
    message = {**sentences.MESSAGES, **sentences.FAULTS}[code]
    said = translations(Locale(locale)).gettext(message)
    await visitor.page.get_by_role("alert").filter(has_text=said).wait_for()


async def speaks(visitor: Visitor, locale: str) -> None:
    await visitor.page.locator(f"html[lang={locale.lower()}]").wait_for()
