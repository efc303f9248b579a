"""Something that an app's administrator asks the app to do: a backup, its error log."""

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from models.app import App


class AppActionState(StrEnum):
    """`REQUESTED` until the app has answered; `FAILED` where no answer came."""

    REQUESTED = "REQUESTED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    FAILED = "FAILED"


class AppAction(Model):
    """`action` is a code that the app names; `argument` and `answer` are the app's affair."""

    id = fields.CharField(max_length=32, primary_key=True)
    tenant_id = fields.CharField(max_length=32)
    app: fields.ForeignKeyRelation[App] = fields.ForeignKeyField(
        "models.App", on_delete=fields.CASCADE
    )
    app_id: str
    member_id = fields.CharField(max_length=32)
    action = fields.CharField(max_length=64)
    argument = fields.CharField(max_length=1000, null=True)
    state = fields.CharEnumField(AppActionState, max_length=9)
    answer = fields.TextField(null=True)
    requested_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "app_actions"
        indexes = (("app_id", "id"), ("requested_at",))
