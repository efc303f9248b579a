"""Importing members: how many at once, how many a day, and how long what was typed is kept."""

from datetime import timedelta

from pydantic import BaseModel, Field

from settings.durations import Duration
from settings.limits import Rate


class Imports(BaseModel):
    """Files hold personal data of people who have not agreed to anything, so they go again."""

    import_rows: int = Field(10_000, ge=1, description="Rows of one import of members.")
    limit_import_plans: Rate = Field(
        "30/hour", description="Imports of members planned by one person."
    )
    limit_imported_members: Rate = Field(
        "20000/day", description="Members of one tenant invited by imports."
    )
    import_plan_lifetime: Duration = Field(
        timedelta(days=1), description="How long an import that was planned can be applied."
    )
    import_retention: Duration = Field(
        timedelta(days=30), description="How long the rows of an import that was applied are kept."
    )
