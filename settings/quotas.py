"""How much the API keys of partners may ask, and where that is counted."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from settings.limits import Rate

_SCHEMES = ("memory://", "redis://", "rediss://")


def _is_known(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not value.get_secret_value().startswith(_SCHEMES):
        message = f"must begin with one of {', '.join(_SCHEMES)}"
        raise ValueError(message)
    return value


class Quotas(BaseModel):
    """Points are explained in docs/api.md."""

    limit_api_key: Rate = Field(
        "6000/minute", description="Points of the operations of one API key."
    )
    limits_url: Annotated[SecretStr | None, AfterValidator(_is_known)] = Field(
        None,
        description="Where the points of API keys are counted: `redis://host:port/database`, one "
        "count for all processes. Unset, or `memory://`: each process counts its own.",
    )
