"""A door to the language somebody invited is spoken to in; it stands in 0007_language_of.sql."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0006_account_link")]

    initial = False

    operations = [ops.RunSQL(Path(__file__).with_suffix(".sql").read_text())]
