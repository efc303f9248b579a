"""ACCOUNT: a customer's account and the people he lets into it (source B; X where it is silent).

The cells `g` are switched on for one user at a time (`setMemberPermissions`).
"""

from locales import mark
from models import Catalog
from permissions.catalog import read_table

TABLE = """
                        OWNER  USER
tenant:view               +      +
members:leave             +      +
billing:manage            +      g
documents:manage          +      g
support:use               +      g
members:view              +      g
members:invite            +      g
members:remove            +      g
members:disable           +      g
members:edit              +      g
members:grant             +      g
members:limit             +      g
apps:manage               +      g
apps:assign               +      g
audit:view                +      g
tenant:edit               +      g
members:change_role       +      -
owners:create             +      -
owners:transfer           +      -
owners:remove             +      -
tenant:delete             +      -
keys:manage               +      -
"""

ROLES = read_table(
    Catalog.ACCOUNT,
    TABLE,
    names={"OWNER": mark("Owner"), "USER": mark("User")},
    hands_out={"OWNER": ("OWNER", "USER"), "USER": ()},
    managing={"USER": ("USER",)},
)
