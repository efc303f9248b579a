"""What somebody might do next: steps drawn from what there is, likely ones more often."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.histories.facts import LIFETIME, MAY, PENDING, Facts
from tests.histories.stage import PEOPLE, Step

Pick = Callable[[Sequence[Any]], Any]


def step(model: Facts, pick: Pick, kinds: Sequence[str]) -> Step:
    """One of those kinds, of which at least one needs neither a tenant nor an offer."""
    offered = any(place.offer for place in model.places.values())
    name = pick([k for k in kinds if _fits(k, offered=offered, begun=bool(model.places))])
    return Step(name, _ARGUMENTS[name](model, pick))


def _fits(kind: str, *, offered: bool, begun: bool) -> bool:
    return offered if kind in _OF_OFFERS else begun or kind in ALONE


def _who(model: Facts, pick: Pick, tenant: str) -> str:
    """Anybody, and rather somebody who may act there."""
    acting = [who for who in PEOPLE if tenant in model.tenants(who)]
    return str(pick([*acting * 4, *PEOPLE]))


def _tenant(model: Facts, pick: Pick) -> str:
    return str(pick(sorted(model.catalogs)))


def _place(model: Facts, pick: Pick) -> str:
    """Any, and rather one that is in the list still."""
    living = [name for name, place in model.places.items() if place.is_living]
    return str(pick([*living, *living, *model.places]))


def _offer(model: Facts, pick: Pick) -> str:
    offered = {name: place for name, place in model.places.items() if place.offer}
    pending = [name for name, place in offered.items() if place.status == PENDING]
    return str(pick([*pending * 4, *offered]))


def _role(model: Facts, pick: Pick, tenant: str) -> str:
    return str(pick(list(MAY[model.catalogs[tenant]])))


def _create_tenant(model: Facts, pick: Pick) -> tuple[Any, ...]:
    return pick(PEOPLE), pick(list(MAY))


def _invite(model: Facts, pick: Pick) -> tuple[Any, ...]:
    tenant = _tenant(model, pick)
    who, whom = _who(model, pick, tenant), pick(PEOPLE)
    return who, tenant, whom, pick(["address", "login"]), _role(model, pick, tenant)


def _of_offer(model: Facts, pick: Pick) -> tuple[Any, ...]:
    name = _offer(model, pick)
    return _who(model, pick, model.places[name].tenant), name


def _answer(model: Facts, pick: Pick) -> tuple[Any, ...]:
    name = _offer(model, pick)
    place = model.places[name]
    latest = place.offer.generation if place.offer else 1
    return (
        pick([place.who] * 8 + list(PEOPLE)),
        name,
        pick([latest, latest, latest, None, None, max(1, latest - 1)]),
    )


def _of_place(model: Facts, pick: Pick) -> tuple[Any, ...]:
    name = _place(model, pick)
    return _who(model, pick, model.places[name].tenant), name


def _change_role(model: Facts, pick: Pick) -> tuple[Any, ...]:
    who, name = _of_place(model, pick)
    return who, name, _role(model, pick, model.places[name].tenant)


def _set_enabled(model: Facts, pick: Pick) -> tuple[Any, ...]:
    return *_of_place(model, pick), pick([False, True])


def _of_tenant(model: Facts, pick: Pick) -> tuple[Any, ...]:
    tenant = _tenant(model, pick)
    return _who(model, pick, tenant), tenant


def _transfer(model: Facts, pick: Pick) -> tuple[Any, ...]:
    name = _place(model, pick)
    tenant = model.places[name].tenant
    return _who(model, pick, tenant), tenant, name


def _person(_: Facts, pick: Pick) -> tuple[Any, ...]:
    return (pick(PEOPLE),)


def _wait(model: Facts, pick: Pick) -> tuple[Any, ...]:
    """A while, or until an offer has one second left, or none."""
    ends = [place.offer.until - model.now for place in model.places.values() if place.offer]
    near = [left - early for left in ends for early in (0, 1) if left - early > 0]
    return "clock", pick([*near, 1, LIFETIME // 2])


_ARGUMENTS: Mapping[str, Callable[[Facts, Pick], tuple[Any, ...]]] = {
    "create_tenant": _create_tenant,
    "invite": _invite,
    "resend": _of_offer,
    "revoke": _of_offer,
    "accept": _answer,
    "decline": _answer,
    "change_role": _change_role,
    "remove": _of_place,
    "set_enabled": _set_enabled,
    "leave": _of_tenant,
    "transfer": _transfer,
    "delete_tenant": _of_tenant,
    "end_account": _person,
    "sign_out": _person,
    "sign_in": _person,
    "wait": _wait,
    "look": _person,
}
ALONE = {"create_tenant", "end_account", "sign_out", "sign_in", "wait", "look"}
_OF_OFFERS = {"resend", "revoke", "accept", "decline"}
_OFTEN = (
    "invite",
    "accept",
    "change_role",
    "resend",
    "revoke",
    "remove",
    "set_enabled",
    "look",
    "wait",
)
EVERY_KIND = (*_ARGUMENTS, *_OFTEN, *_OFTEN, "invite", "accept", "accept")
