"""PROJECT: a team that shares resources (source C; X where the manual is silent)."""

from locales import mark
from models import Catalog
from permissions.catalog import read_table

TABLE = """
                        OWNER  MANAGER  ADMINISTRATOR  ACCOUNTANT
servers:manage            +       +           +            -
templates:manage          +       +           +            -
networks:manage           +       +           +            -
storage:manage            +       +           +            -
dns:manage                +       +           +            -
ssl:manage                +       +           +            -
ssh:manage                +       +           +            -
partners:use              +       +           +            +
billing:manage            +       +           +            +
support:use               +       +           +            +
legal_entities:manage     +       +           +            +
members:view              +       +           +            +
members:invite            +       +           -            -
members:change_role       +       +           -            -
members:remove            +       +           -            -
members:leave             +       +           +            +
owners:create             +       -           -            -
owners:transfer           +       -           -            -
owners:remove             +       -           -            -
tenant:view               +       +           +            +
tenant:edit               +       +           +            -
tenant:delete             +       -           -            -
members:disable           +       +           -            -
members:edit              +       +           -            -
members:grant             +       +           -            -
members:limit             +       +           -            -
apps:assign               +       +           -            -
audit:view                +       +           -            -
apps:manage               +       +           +            -
keys:manage               +       -           -            -
"""

ROLES = read_table(
    Catalog.PROJECT,
    TABLE,
    names={
        "OWNER": mark("Owner"),
        "MANAGER": mark("Manager"),
        "ADMINISTRATOR": mark("Administrator"),
        "ACCOUNTANT": mark("Accountant"),
    },
    hands_out={
        "OWNER": ("OWNER", "MANAGER", "ADMINISTRATOR", "ACCOUNTANT"),
        "MANAGER": ("MANAGER", "ADMINISTRATOR", "ACCOUNTANT"),
        "ADMINISTRATOR": (),
        "ACCOUNTANT": (),
    },
)
