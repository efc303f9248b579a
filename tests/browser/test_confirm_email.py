"""The page that a link to a new address opens."""

from tests.browser.visitors import Visitor


async def test_a_dead_link_is_told_when_it_is_used(visitor: Visitor) -> None:
    await visitor.open("/confirm-email#tnt_eml_dead")
    await visitor.heading("Confirm your new address")
    assert await visitor.violations() == []
    await visitor.press("Confirm the address")
    await visitor.page.get_by_role("alert").wait_for()
    assert "tnt_eml" not in visitor.page.url
