"""A door to what a link about an account is for; it stands in 0006_account_link.sql."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0005_servicing")]

    initial = False

    operations = [ops.RunSQL(Path(__file__).with_suffix(".sql").read_text())]
