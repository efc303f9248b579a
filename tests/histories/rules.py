"""What PRODUCT says is done to people, places and invitations: the model that histories are held
against.

An operation changes the model and returns, or raises `Refused` and is to be forgotten. Each is done
by `who`, whose name comes first.
"""

from dataclasses import replace

from tests.histories.facts import (
    ACCEPTED,
    AFTER_OWNERSHIP,
    DECLINED,
    DISABLED,
    JOINED,
    LIFETIME,
    OWNER,
    PENDING,
    REMOVED,
    REVOKED,
    Facts,
    Mail,
    Offer,
    Place,
    Refused,
)
from tests.histories.stage import Step


class Model(Facts):
    def after(self, step: Step) -> tuple["Model", str]:
        """What there is after it, and what it is answered: nothing where it is done."""
        changed = self.copy()
        try:
            getattr(changed, step.name)(*step.arguments)
        except Refused as refused:
            return self, str(refused)
        return changed, ""

    # Inviting (PRODUCT 3)

    def invite(self, who: str, tenant: str, whom: str, by: str, role: str) -> None:
        self._may(who, tenant, "invite")
        if by == "login" and whom in self.ended:
            raise Refused("NotFound")
        self._require_hands_out(who, tenant, role)
        if any(self._is_found(place, whom, by) for _, place in self._living(tenant)):
            raise Refused("AlreadyMember")
        name, offer = f"p{len(self.places) + 1}", Offer(who, self.now + LIFETIME)
        self.places[name] = Place(tenant, whom, role, PENDING, by, offer)
        self._record(tenant, "member.invite")
        self._write(Mail("invitation", tenant, place=name))

    def _is_found(self, place: Place, whom: str, by: str) -> bool:
        """An address finds nobody who was invited by login, nor a login by address."""
        is_he = place.who == whom and (whom not in self.ended or place.by == by)
        return is_he and (place.status != PENDING or place.by == by)

    def resend(self, who: str, name: str) -> None:
        place, offer = self._offer_to_manage(who, name)
        self._require_open(offer)
        self._require_hands_out(who, place.tenant, place.role)
        anew = replace(
            offer, inviter=who, until=self.now + LIFETIME, generation=offer.generation + 1
        )
        self.places[name] = replace(place, offer=anew)
        self._record(place.tenant, "invitation.resend")
        self._cancel(name)
        self._write(Mail("invitation", place.tenant, place=name))

    def revoke(self, who: str, name: str) -> None:
        place, offer = self._offer_to_manage(who, name)
        self._require_reach(who, place)
        self._require_open(offer)
        self._end_offer(name, REVOKED)
        self._record(place.tenant, "invitation.revoke")

    def _offer_to_manage(self, who: str, name: str) -> tuple[Place, Offer]:
        place = self.places[name]
        self._may(who, place.tenant, "invite")
        if place.offer is None:
            raise Refused("NotFound")
        return place, place.offer

    def _require_open(self, offer: Offer) -> None:
        """An expired one is open: it can be sent again."""
        if offer.state != PENDING:
            raise Refused("InvitationClosed")

    # Answering (PRODUCT 3)

    def accept(self, who: str, name: str, generation: int | None) -> None:
        """By the link of that generation; None: by its id, from his own list."""
        place = self._answered(who, name, generation)
        if self._is_nobody(who):
            raise Refused("RegistrationRequired")
        if any(self._is_his(other, who) for _, other in self._living(place.tenant)):
            raise Refused("AlreadyMember")
        for other, his in self._living(place.tenant):
            if other != name and his.who == who:
                self._end_offer(other, REVOKED)
                self._record(place.tenant, "invitation.revoke")
        offer = self._offer(place)
        self.places[name] = replace(place, status=JOINED, offer=replace(offer, state=ACCEPTED))
        self._record(place.tenant, "invitation.accept")
        self._tell(offer.inviter, "joined", place.tenant)

    def decline(self, who: str, name: str, generation: int | None) -> None:
        try:
            place = self._answered(who, name, generation)
        except Refused as refused:
            if str(refused) == "AlreadyMember":
                raise Refused("InvitationUnavailable") from None
            raise
        self._end_offer(name, DECLINED)
        self._record(place.tenant, "invitation.decline")
        self._tell(self._offer(place).inviter, "declined", place.tenant)

    def _answered(self, who: str, name: str, generation: int | None) -> Place:
        place = self.places[name]
        if generation is None and self._is_nobody(who):
            raise Refused("SignInRequired")
        if not self._stands(place, generation):
            if self._is_his(place, who) and generation in (None, self._offer(place).generation):
                raise Refused("AlreadyMember")
            raise Refused("InvitationUnavailable")
        invitee = None if place.who in self.ended else place.who
        if self._is_nobody(who) and invitee is not None:
            raise Refused("SignInRequired")
        if not self._is_nobody(who) and invitee != who:
            raise Refused("InvitationUnavailable" if generation is None else "WrongAccount")
        return place

    def _is_his(self, place: Place, who: str) -> bool:
        has_joined = place.status in (JOINED, DISABLED) and place.tenant not in self.deleted
        return has_joined and place.who == who and not self._is_nobody(who)

    # What is done to members (PRODUCT 4)

    def change_role(self, who: str, name: str, role: str) -> None:
        place = self._member(who, name, "change_role")
        self._require_hands_out(who, place.tenant, role)
        if place.role == role:
            return
        self._require_another_owner(name)
        self._write_role(name, role)
        if place.status == PENDING:
            self.places[name] = replace(
                self.places[name], offer=replace(self._offer(place), inviter=who)
            )
        elif place.who != who:
            self._tell(place.who, "role_changed", place.tenant)

    def remove(self, who: str, name: str) -> None:
        place = self._member(who, name, "remove")
        self._require_another_owner(name)
        if place.status == PENDING:
            self._end_offer(name, REVOKED)
        elif place.who != who:
            self._tell(place.who, "removed", place.tenant)
        self.places[name] = replace(self.places[name], status=REMOVED)
        self._record(place.tenant, "member.remove")

    def set_enabled(self, who: str, name: str, enabled: bool) -> None:  # noqa: FBT001 as drawn
        place = self._member(who, name, "disable")
        if place.status == PENDING:
            raise Refused("InvalidInput")
        if place.status == (JOINED if enabled else DISABLED):
            return
        if not enabled:
            self._require_another_owner(name)
        self.places[name] = replace(place, status=JOINED if enabled else DISABLED)
        self._record(place.tenant, "member.enable" if enabled else "member.disable")

    def _member(self, who: str, name: str, right: str) -> Place:
        place = self.places[name]
        if not place.is_living and self._is_known(who):
            raise Refused("NotFound")
        self._may(who, place.tenant, right)
        self._require_reach(who, place)
        return place

    def leave(self, who: str, tenant: str) -> None:
        """A disabled one may as well."""
        self._is_known(who)
        for name, place in self._living(tenant):
            if place.who == who and place.status != PENDING:
                self._require_another_owner(name)
                self.places[name] = replace(place, status=REMOVED)
                self._record(tenant, "member.leave")
                return
        raise Refused("NotFound")

    def transfer(self, who: str, tenant: str, name: str) -> None:
        self._may(who, tenant, "own")
        heir = self.places[name]
        if heir.tenant != tenant or not heir.is_living:
            raise Refused("NotFound")
        if heir.status != JOINED or heir.who == who:
            raise Refused("InvalidInput")
        if heir.role != OWNER:
            self._write_role(name, OWNER)
        [own] = [each for each, place in self._living(tenant) if self._is_his(place, who)]
        self._write_role(own, AFTER_OWNERSHIP[self.catalogs[tenant]])
        self._tell(heir.who, "ownership_passed", tenant)

    # Tenants and accounts

    def create_tenant(self, who: str, catalog: str) -> None:
        self._is_known(who)
        name = f"t{len(self.catalogs) + 1}"
        self.catalogs[name] = catalog
        self.places[f"p{len(self.places) + 1}"] = Place(name, who, OWNER)
        self._record(name, "tenant.create")

    def delete_tenant(self, who: str, tenant: str) -> None:
        """Its pending members stay as they are; nobody sees them any more."""
        self._may(who, tenant, "own")
        for name, place in self._living(tenant):
            if place.status == PENDING:
                self.places[name] = replace(place, offer=replace(self._offer(place), state=REVOKED))
        self.deleted |= {tenant}
        self._keep(lambda mail: mail.tenant != tenant)
        self._record(tenant, "tenant.delete")

    def end_account(self, who: str) -> None:
        self._is_known(who)
        for name, place in list(self.places.items()):
            is_by_account = place.status != PENDING or place.by == "login"
            if place.who == who and is_by_account and place.tenant not in self.deleted:
                self._end_place(name)
            if place.who == who and self._is_only_typed(place):
                self.places[name] = replace(place, who="?")
        self.ended |= {who}
        self._keep(lambda mail: mail.to != who)
        self._record("", "user.end")

    def _is_only_typed(self, place: Place) -> bool:
        """An address that led to nothing, which nobody needs any more."""
        is_typed = place.by == "address" and place.status == REMOVED
        return is_typed and self._offer(place).state != ACCEPTED

    def _end_place(self, name: str) -> None:
        place = self.places[name]
        if place.status == PENDING:
            self._end_offer(name, DECLINED)
            self._record(place.tenant, "invitation.decline")
        elif place.is_living:
            self._require_another_owner(name)
            self.places[name] = replace(place, status=REMOVED)
            self._record(place.tenant, "member.end_account")

    def wait(self, _: str, seconds: int) -> None:
        self.now += seconds

    def sign_out(self, who: str) -> None:
        self.signed_out |= {who}

    def sign_in(self, who: str) -> None:
        if who in self.ended:
            raise Refused("InvalidCredentials")
        self.signed_out -= {who}
