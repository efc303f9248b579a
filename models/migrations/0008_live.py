"""Announcing changes to whoever listens: triggers, which stand in 0008_live.sql."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0007_language_of")]

    initial = False

    operations = [ops.RunSQL(Path(__file__).with_suffix(".sql").read_text())]
