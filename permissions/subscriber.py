"""SUBSCRIBER: a customer of the service and his applications (source F; X where it is silent).

OPERATOR exists only in a servicing organization; the cells `s` hold only there, each where the
provider switched it on.
"""

from locales import mark
from models import Catalog
from permissions.catalog import read_table

TABLE = """
                        OWNER  ADMINISTRATOR  USER  OPERATOR
tenant:view               +          +          +       +
members:leave             +          +          +       +
members:view              +          +          -       -
members:invite            +          +          -       -
apps:assign               +          +          -       -
members:remove            +          +          -       -
members:disable           +          +          -       -
members:edit              +          +          -       -
members:limit             +          +          -       -
audit:view                +          +          -       -
apps:manage               +          +          -       -
tenant:edit               +          +          -       -
members:change_role       +          -          -       -
members:grant             +          -          -       -
owners:create             +          -          -       -
owners:transfer           +          -          -       -
owners:remove             +          -          -       -
tenant:delete             +          -          -       -
keys:manage               +          -          -       -
tenants:invite            s          -          -       s
subscriptions:manage      s          -          -       s
"""

ROLES = read_table(
    Catalog.SUBSCRIBER,
    TABLE,
    names={
        "OWNER": mark("Owner"),
        "ADMINISTRATOR": mark("Administrator"),
        "USER": mark("User"),
        "OPERATOR": mark("Operator"),
    },
    hands_out={
        "OWNER": ("OWNER", "ADMINISTRATOR", "USER", "OPERATOR"),
        "ADMINISTRATOR": ("USER",),
        "USER": (),
        "OPERATOR": (),
    },
    need_email=("OWNER", "ADMINISTRATOR"),
)
