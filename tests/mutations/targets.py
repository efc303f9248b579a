"""What is broken on purpose, and which tests have to notice: those that hold its rules.

They are few enough to be run over and over, so journeys, browsers and long runs are none of them.
"""

from dataclasses import dataclass

from settings import CHECKOUT

FIRST = "tests/mutations/first.py"


@dataclass(frozen=True, slots=True)
class Target:
    """Modules that are broken, and what pytest is to collect."""

    modules: list[str]
    tests: list[str]


def exists(test: str) -> bool:
    return (CHECKOUT / test.partition("::")[0]).exists()


def _modules(folder: str, names: str) -> list[str]:
    return [f"{folder}.{name}" for name in names.split()]


def _tests(folder: str, names: str) -> list[str]:
    return [f"tests/{folder}/test_{name}.py" for name in names.split()]


_PARTS_OF_THE_MATRIX = [
    "tests/permissions/test_matrix.py::test_the_viewer_is_told_all_his_permissions",
    "tests/permissions/test_matrix.py::test_serving_others_is_the_providers_to_switch_on",
    "tests/permissions/test_reach.py::test_an_administrator_of_a_subscriber_acts_on_users_only",
    "tests/permissions/test_reach.py::test_a_manager_of_a_project_never_touches_an_owner",
    "tests/permissions/test_reach.py::test_operators_are_within_reach_of_owners_alone",
]

TARGETS = {
    "permissions": Target(
        _modules("permissions", "checks fields serving roles catalog project subscriber account"),
        [
            *_tests(
                "permissions",
                "checks fields single_permissions api_keys exploring staff creating_tenants"
                " handing_out requirements tables",
            ),
            *_PARTS_OF_THE_MATRIX,
            *_tests("resolvers", "servicings servicing_organizations options"),
        ],
    ),
    "invitations": Target(
        _modules(
            "resolvers",
            "invitations invitation_mails invitees newcomers acceptances offers references"
            " declining previews",
        ),
        _tests(
            "resolvers",
            "invitations acceptances offers declining resending previews newcomers limits"
            " inviting_by_login delivery stale_rights registrations audit notices emails"
            " adding_by_the_manual servicing_organizations closed_invitations invitees terms"
            " use_cases",
        ),
    ),
    "members": Target(
        _modules(
            "resolvers",
            "members edits ownership powers managed single_permissions member_limits locks",
        ),
        [
            *_tests("races", "api_keys last_owner ended_accounts"),
            *_tests(
                "resolvers",
                "removing leaving disabling roles edits managed ownership last_owner"
                " single_permissions member_limits stale_rights audit notices account_users"
                " account_endings turns use_cases powers retyping apps app_roles api_keys",
            ),
        ],
    ),
    "outbox": Target(
        _modules("mail", "outbox delivery letters pauses"),
        [
            *_tests(
                "mail", "outbox delivery cut_short webhook_calls letters cancelling slow_database"
            ),
            *_tests(
                "resolvers",
                "delivery resending news account_links account_endings tenant_invitations phones"
                " webhook_deliveries app_actions notices declining",
            ),
        ],
    ),
}
