"""What there is in the model: tenants, places, offers, what was recorded and what waits as mail.

People, tenants and places go by short names (`ann`, `t1`, `p1`). Everybody has an account with a
verified address. A place is a member, its offer the invitation behind it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

DAYS = 24 * 60 * 60
LIFETIME = 3 * DAYS
PENDING, JOINED, DISABLED, REMOVED = "PENDING", "JOINED", "DISABLED", "REMOVED"
ACCEPTED, REVOKED, DECLINED, EXPIRED = "ACCEPTED", "REVOKED", "DECLINED", "EXPIRED"
OWNER = "OWNER"

EVERYTHING = {"view", "invite", "change_role", "remove", "disable", "own"}
MAY: dict[str, dict[str, set[str]]] = {
    "PROJECT": {
        OWNER: EVERYTHING,
        "MANAGER": EVERYTHING - {"own"},
        "ADMINISTRATOR": {"view"},
        "ACCOUNTANT": {"view"},
    },
    "SUBSCRIBER": {
        OWNER: EVERYTHING,
        "ADMINISTRATOR": EVERYTHING - {"own", "change_role"},
        "USER": set(),
    },
}
HANDS_OUT: dict[str, dict[str, set[str]]] = {
    "PROJECT": {
        OWNER: set(MAY["PROJECT"]),
        "MANAGER": set(MAY["PROJECT"]) - {OWNER},
        "ADMINISTRATOR": set(),
        "ACCOUNTANT": set(),
    },
    "SUBSCRIBER": {OWNER: set(MAY["SUBSCRIBER"]), "ADMINISTRATOR": {"USER"}, "USER": set()},
}
AFTER_OWNERSHIP = {"PROJECT": "MANAGER", "SUBSCRIBER": "ADMINISTRATOR"}


class Refused(Exception):
    """The name of the type that says so, and no more."""


@dataclass(frozen=True)
class Offer:
    inviter: str
    until: int
    state: str = PENDING
    generation: int = 1


@dataclass(frozen=True)
class Place:
    """`by` is how he was invited: by `address` or by `login`; of a founder neither."""

    tenant: str
    who: str
    role: str
    status: str = JOINED
    by: str = ""
    offer: Offer | None = None

    @property
    def is_living(self) -> bool:
        return self.status != REMOVED


@dataclass(frozen=True)
class Mail:
    """One that waits; `place` of an invitation's."""

    message: str
    tenant: str
    to: str = ""
    place: str = ""


class Facts:
    def __init__(self) -> None:
        self.now = 0
        self.catalogs: dict[str, str] = {}
        self.deleted: frozenset[str] = frozenset()
        self.ended: frozenset[str] = frozenset()
        self.signed_out: frozenset[str] = frozenset()
        self.places: dict[str, Place] = {}
        self.audit: Counter[tuple[str, str]] = Counter()
        self.mails: Counter[Mail] = Counter()

    def copy(self) -> Self:
        """Values are never changed, only replaced."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other.places, other.catalogs = dict(self.places), dict(self.catalogs)
        other.audit, other.mails = self.audit.copy(), self.mails.copy()
        return other

    # What is seen

    def tenants(self, who: str) -> set[str]:
        return {tenant for tenant in self.catalogs if self._acting(who, tenant)}

    def invitations(self, who: str) -> set[str]:
        """His own list (3.7)."""
        return {
            n for n, place in self.places.items() if place.who == who and self._stands(place, None)
        }

    def members(self, who: str, tenant: str) -> dict[str, tuple[str, str, str]] | None:
        """By name: role, status and, where he manages members, the state of the invitation."""
        place = self._acting(who, tenant)
        if place is None or "view" not in self._rights(place):
            return None
        manages = "invite" in self._rights(place)
        return {
            name: (one.role, one.status, self._state(one) if manages or one.who == who else "")
            for name, one in self._living(tenant)
        }

    def _state(self, place: Place) -> str:
        if place.offer is None:
            return ""
        over = place.offer.state == PENDING and place.offer.until <= self.now
        return EXPIRED if over else place.offer.state

    def rows(self) -> Counter[tuple[Any, ...]]:
        """The places as they are stored, whatever they are called."""
        return Counter(
            (p.tenant, p.who, p.role, p.status)
            + ((p.offer.state, p.offer.inviter, p.offer.generation) if p.offer else ())
            for p in self.places.values()
        )

    def letters(self) -> Counter[tuple[str, str]]:
        return Counter((mail.tenant, mail.message) for mail in self.mails.elements())

    # Steps

    def _is_nobody(self, who: str) -> bool:
        return who in self.ended or who in self.signed_out

    def _is_known(self, who: str) -> bool:
        if self._is_nobody(who):
            raise Refused("PermissionDenied")
        return True

    def _living(self, tenant: str) -> Iterator[tuple[str, Place]]:
        for name, place in list(self.places.items()):
            if place.tenant == tenant and place.is_living and tenant not in self.deleted:
                yield name, place

    def _acting(self, who: str, tenant: str) -> Place | None:
        for _, place in self._living(tenant):
            if place.who == who and place.status == JOINED:
                return place
        return None

    def _rights(self, place: Place) -> set[str]:
        return MAY[self.catalogs[place.tenant]][place.role]

    def _hands_out(self, place: Place) -> set[str]:
        return HANDS_OUT[self.catalogs[place.tenant]][place.role]

    def _may(self, who: str, tenant: str, right: str) -> None:
        self._is_known(who)
        if (place := self._acting(who, tenant)) is None:
            raise Refused("NotFound")
        if right not in self._rights(place):
            raise Refused("PermissionDenied")

    def _stands(self, place: Place, generation: int | None) -> bool:
        """3.5 and 3.10: not over, not overtaken, and its inviter could make it now."""
        offer = place.offer
        if offer is None or place.tenant in self.deleted or offer.state != PENDING:
            return False
        if offer.until <= self.now or generation not in (None, offer.generation):
            return False
        inviter = self._acting(offer.inviter, place.tenant)
        return inviter is not None and place.role in self._hands_out(inviter)

    def _require_hands_out(self, who: str, tenant: str, role: str) -> None:
        place = self._acting(who, tenant)
        if place is None or role not in self._hands_out(place):
            raise Refused("RoleNotGrantable")

    def _require_reach(self, who: str, place: Place) -> None:
        """2.2: whoever acts on a member could hand out his role."""
        own = self._acting(who, place.tenant)
        if own is None or place.role not in self._hands_out(own):
            raise Refused("PermissionDenied")

    def _require_another_owner(self, name: str) -> None:
        """2.4, where that place is about to be no acting owner's any more."""
        place = self.places[name]
        if place.role != OWNER or place.status != JOINED:
            return
        others = [p for n, p in self._living(place.tenant) if n != name]
        if not any(p.role == OWNER and p.status == JOINED for p in others):
            raise Refused("LastOwner")

    def _offer(self, place: Place) -> Offer:
        assert place.offer is not None
        return place.offer

    def _end_offer(self, name: str, state: str) -> None:
        place = self.places[name]
        offer = replace(self._offer(place), state=state)
        self.places[name] = replace(place, status=REMOVED, offer=offer)
        self._cancel(name)

    def _write_role(self, name: str, role: str) -> None:
        self.places[name] = replace(self.places[name], role=role)
        self._record(self.places[name].tenant, "member.change_role")

    def _record(self, tenant: str, action: str) -> None:
        self.audit[tenant, action] += 1

    def _tell(self, whom: str, message: str, tenant: str) -> None:
        if whom not in self.ended:
            self._write(Mail(message, tenant, to=whom))

    def _write(self, mail: Mail) -> None:
        self.mails[mail] += 1

    def _cancel(self, name: str) -> None:
        self._keep(lambda mail: mail.place != name)

    def _keep(self, stays: Any) -> None:
        self.mails = Counter({mail: n for mail, n in self.mails.items() if stays(mail)})
