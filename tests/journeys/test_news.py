"""News as a mail program sees them: over real SMTP, ended by a button of its own."""

import re

from tests.clients import Person
from tests.factories import World
from tests.journeys.site import Site, Smtp

NEWS = {"texts": [{"locale": "EN", "subject": "New servers", "body": "We have them."}]}


async def test_who_wanted_news_ends_them_with_one_click_of_his_mail_program(
    site: Site, world: World, stranger: Person
) -> None:
    """Issue 4.3; RFC 8058."""
    staff = await site.signed_in((await world.staff()).login)
    reader = await site.signed_in(stranger.login)
    on = await reader.do("updateSettings", {"wantsNews": True}, "me { wantsNews }")
    assert on["me"] == {"wantsNews": True}
    assert (await staff.do("sendNews", NEWS, "recipients"))["recipients"] == 1
    letter = await site.letter(stranger.email)
    assert letter.subject == "New servers"
    [link] = re.findall(rf"{site.url}/unsubscribe/\S+", letter.text)
    if isinstance(site.post, Smtp):
        headers = dict(site.post.sink.received[-1].raw_items())
        assert headers["List-Unsubscribe"] == f"<{link}>"
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    program = site.browser().http
    answer = await program.post(link, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.history, dict(program.cookies)) == (200, [], {})
    assert await reader.ask("{ me { wantsNews } }") == {"me": {"wantsNews": False}}
    assert (await staff.do("sendNews", NEWS, "recipients"))["recipients"] == 0
