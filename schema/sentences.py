"""What people read when something goes wrong: a sentence for each failure and each wrong field."""

import errors
from locales import Locale, later, mark, mark_plural, translations
from resolvers.import_reasons import Reason

MESSAGES: dict[str, str] = {
    "PERMISSION_DENIED": mark("You may not do this here. Ask an owner of the tenant."),
    "UNAUTHENTICATED": mark("Sign in first."),
    "NOT_FOUND": mark("There is nothing here by that id."),
    "BAD_USER_INPUT": mark("Some fields need another value."),
    "INVALID_CREDENTIALS": mark("Login or password is wrong. Try again."),
    "PASSWORD_CHANGE_REQUIRED": mark("Somebody else knows this password. Choose a new one."),
    "SECOND_FACTOR_REQUIRED": mark("Enter the code of your authenticator app as well."),
    "CODE_UNAVAILABLE": mark("This code is not valid any more. Ask for a new one."),
    "LINK_UNAVAILABLE": mark("This link is not valid any more. Ask for a new one."),
    "IDENTITY_NOT_LINKED": mark(
        "Nobody here has linked this identity. Sign in with your password and link it first."
    ),
    "IDENTITY_TAKEN": mark("This identity is linked to another account. Unlink it there first."),
    "IDENTITY_PROVIDER_FAILED": mark(
        "The other service did not confirm who you are. Try again, or sign in with your password."
    ),
    "REGISTRATION_CLOSED": mark("Registration is closed here. Ask the provider for an account."),
    "LAST_WAY_IN": mark(
        "Set a password first: without this way in you could not sign in any more."
    ),
    "RATE_LIMITED": mark("Too many attempts. Try again %(when)s."),
    "QUERY_TOO_COMPLEX": mark("This asks for too much at once. Split it, or ask for less."),
    "TOO_COSTLY": mark("This would read too much at once. Ask for smaller pages."),
    "ALREADY_MEMBER": mark("This person is in the list already."),
    "ROLE_NOT_GRANTABLE": mark("You cannot hand out this role."),
    "SESSION_LIMIT_REACHED": mark("No more sessions at once. End one of those that are open."),
    "APP_SESSION_OVER": mark("This session is over. Launch the app again."),
    "NOT_PERMITTED_BY_PROVIDER": mark(
        "The provider has not permitted this to your organization. Ask the provider."
    ),
    "SUBSCRIPTION_ENDED": mark("The subscription has ended. Subscribe anew."),
    "ALREADY_SUBSCRIBED": mark("The tenant is subscribed to this tariff. Renew that subscription."),
    "LAST_OWNER": mark("A tenant keeps an owner. Make somebody else an owner first."),
    "EMAIL_REQUIRED": mark("This role is only for people with a verified e-mail address."),
    "PROVIDER_ONLY": mark("Only provider support may do this. Write to them."),
    "LOGIN_TAKEN": mark("This login is taken. Choose another one."),
    "INVITATION_UNAVAILABLE": mark("This invitation is not valid any more. Ask for a new one."),
    "INVITATION_CLOSED": mark("This invitation has been answered or withdrawn. Invite again."),
    "WRONG_ACCOUNT": mark(
        "This invitation is for somebody else. Sign out and open the link again."
    ),
    "SIGN_IN_REQUIRED": mark("Sign in with your account, then accept."),
    "REGISTRATION_REQUIRED": mark("Choose a login and a password to accept."),
    "DOCUMENT_NOT_FOUND": mark("No document is registered here by that id."),
    "DOCUMENT_REQUIRED": mark(
        "Only registered documents are run here. Name one, or ask the operator to register yours."
    ),
    "IDEMPOTENCY_KEY_REUSED": mark(
        "This Idempotency-Key was used for something else. Choose another one."
    ),
    "CONFLICT": mark("Somebody changed the same thing at the same moment. Try again."),
    "TIMEOUT": mark("This took too long and was not done. Try again."),
    "INTERRUPTED": mark(
        "You may have missed some changes. Read again what you show, then subscribe anew."
    ),
    "SERVICE_UNAVAILABLE": mark("The service is not available for the moment. Try again shortly."),
    "INTERNAL": mark("Something went wrong on our side."),
}

FAULTS: dict[str, str] = {
    "REQUIRED": mark("Fill this in."),
    "INVALID": mark("This value is not valid."),
    "OUT_OF_RANGE": mark("A whole number from 1 to %(limit)s."),
    "UNKNOWN": mark("There is no such role in this tenant."),
    "TAKEN": mark("This value is taken already."),
    "NOT_JOINED": mark("This person has not joined the tenant or is disabled."),
    "UNKNOWN_TARIFF": mark("No such tariff is offered. Choose one from the list."),
    "TOO_MANY_APPS": mark("At most %(limit)s apps. Make another tariff for the rest."),
    "INCLUDED": mark("A subscription that runs includes this app. It can be removed afterwards."),
    "RUNS_LONG": mark("It runs for more than ten years already. Renew it later."),
    "UNKNOWN_APP": mark("There is no such app in this tenant."),
    "UNKNOWN_APP_ROLE": mark("There is no such role in this app."),
    "TOO_MANY_ROLES": mark("An app has at most %(limit)s roles. Remove one first."),
    "TOO_MANY_ACTIONS": mark("An app names at most %(limit)s actions. Leave some out."),
    "UNKNOWN_ACTION": mark("This app has no such action. Choose one of those it names."),
    "NO_CONTROL": mark("This app cannot be asked anything. Set its control address first."),
    "NOT_ENCRYPTED": mark("This address must begin with https://."),
    "TWICE": mark("Name this only once."),
    "NOT_ALLOWED": mark("Leave this out here."),
    "SUBSCRIBERS_ONLY": mark("Only a tenant of the catalogue SUBSCRIBER can serve others."),
    "UNCHANGED": mark("Choose another one than before."),
    "OWN_MEMBER": mark("Choose somebody other than yourself."),
    "WRONG": mark("This is wrong. Try again."),
    "CONFIRMED": mark(
        "This number is confirmed. Take it out first, with the code sent to it; without access to"
        " it ask support."
    ),
    "CONFIRMED_ALREADY": mark("This number is confirmed already."),
    "NOT_CONFIRMED": mark(
        "This number is not confirmed; it changes in the profile without a code."
    ),
    "NO_PHONE": mark("There is no number in the profile. Fill it in first."),
    "SMS_OFF": mark("No SMS are sent here. Ask support."),
    "EDITS_HIMSELF": mark("Only this person can change these data."),
    "FACTOR_ON": mark("A second factor is on. Switch it off first."),
    "NO_FACTOR": mark("There is no second factor here. Set one up first."),
    "NO_PICTURE": mark("A picture has to be a PNG, JPEG or WebP file. Save it as one of these."),
    "BROKEN_PICTURE": mark("This picture cannot be read. Save it anew and try again."),
    "TOO_LARGE": mark("This file is too large: at most %(limit)s MB."),
    "TOO_MANY_PIXELS": mark(
        "This picture is too large: at most %(limit)s megapixels. Scale it down."
    ),
    "TOO_COMMON": mark(
        "This is guessed too easily: it is made of common words, numbers or names of your own. Use"
        " several words that have nothing to do with you."
    ),
    "TEXT_TWICE": mark("Give one text for each language."),
    "UNKNOWN_PERMISSION": mark("This permission cannot be switched for this person."),
    "SWITCHED_TWICE": mark("Name every permission once, in one of the two lists."),
    "NOT_FOR_KEYS": mark("An API key of this tenant cannot hold this permission."),
    "UNKNOWN_DOCUMENT": mark("No such document is registered here."),
    "PAST": mark("This moment has passed. Choose a later one."),
    "TOO_FAR_AHEAD": mark("This is too far ahead. Choose an earlier moment."),
    "OUT_OF_BOUNDS": mark("A whole number from 0 to %(limit)s."),
    "TOO_MANY_KEYS": mark("A tenant has at most %(limit)s API keys. Revoke one first."),
    "KEY_NOT_ACTIVE": mark("This API key does not work. Create a new one."),
    "UNKNOWN_COLUMN": mark("There is no such column. Name it as the documentation does."),
    "TOO_MANY_ROWS": mark("At most %(limit)s rows. Split them into several imports."),
    "TOO_MANY_CELLS": mark("More cells than columns. Put quotes around what holds a separator."),
    "OWNER_HOLDS_ALL": mark("An owner may do everything. Give this person another role first."),
    "UNKNOWN_EVENT": mark("There is no such event. Choose one from the list."),
    "TOO_MANY_ENDPOINTS": mark("A tenant has at most %(limit)s webhooks. Remove one first."),
    "WEBHOOK_DISABLED": mark("This webhook is disabled. Enable it first."),
}

COUNTED_MESSAGES: dict[str, tuple[str, str]] = {
    "WRONG_CODE": mark_plural(
        "This is not the code. You can try %(attempts)s more time.",
        "This is not the code. You can try %(attempts)s more times.",
    ),
}

LENGTH_FAULTS: dict[str, tuple[str, str]] = {
    "TOO_SHORT": mark_plural("At least %(limit)s character.", "At least %(limit)s characters."),
    "TOO_LONG": mark_plural("At most %(limit)s character.", "At most %(limit)s characters."),
}

REASONS: dict[str, str] = {
    "DUPLICATE": mark("Row %(row)s names the same person. Keep one of the two."),
    "ALREADY_MEMBER": MESSAGES["ALREADY_MEMBER"],
    "ROLE_NOT_GRANTABLE": MESSAGES["ROLE_NOT_GRANTABLE"],
    "EMAIL_REQUIRED": MESSAGES["EMAIL_REQUIRED"],
    "PERMISSION_DENIED": mark("Whoever imports this may not do so here. Ask an owner."),
    "NOT_FOUND": mark("Nobody who can be invited has this login."),
    "RATE_LIMITED": mark("Too many at once. Import this row again later."),
    "INTERNAL": MESSAGES["INTERNAL"],
}
"""Of a row of an import; what is `INVALID` is said by its field."""


NOBODY = mark("A former user")


def nobody(locale: Locale) -> str:
    """How to name somebody whose account has ended, in that language."""
    return translations(locale).gettext(NOBODY)


def message(locale: Locale, failure: errors.Failure) -> str:
    """The sentence for `failure`, in that language."""
    if isinstance(failure, errors.WrongCode):
        left, catalogue = failure.attempts_left, translations(locale)
        return catalogue.ngettext(*COUNTED_MESSAGES[failure.code], left) % {"attempts": left}
    sentence = translations(locale).gettext(MESSAGES[failure.code])
    if isinstance(failure, errors.RateLimited):
        return sentence % {"when": later(failure.retry_after, locale)}
    return sentence


def reason_message(locale: Locale, reason: Reason) -> str:
    """Why a row of an import is not invited, in that language."""
    if reason.field is not None:
        return fault_message(locale, reason.field)
    return translations(locale).gettext(REASONS[reason.code]) % {"row": reason.row}


def fault_message(locale: Locale, fault: errors.FieldFault) -> str:
    """What is wrong with one field, in that language."""
    catalogue = translations(locale)
    if fault.code in LENGTH_FAULTS:
        sentence = catalogue.ngettext(*LENGTH_FAULTS[fault.code], fault.limit or 0)
    else:
        sentence = catalogue.gettext(FAULTS[fault.code])
    return sentence % {"limit": fault.limit}
