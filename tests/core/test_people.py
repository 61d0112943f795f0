"""Which accounts are one person."""

import pytest

from leverframe.core.people import People

PEOPLE = People(identities={"ann": ("slack:T1/U1", "github:Ann"), "bob": ("slack:U2", "teams:aad-2")})


@pytest.mark.parametrize(
    ("actor", "person"),
    [
        ("slack:T1/U1", "person:ann"),
        ("github:ann", "person:ann"),
        ("slack:T9/U2", "person:bob"),
        ("slack:T9/U1", "slack:t9/u1"),
        ("slack:T1/U3", "slack:t1/u3"),
    ],
)
def test_an_account_belongs_to_whom_it_is_linked(actor: str, person: str) -> None:
    """With the workspace or, where the configuration leaves it out, in any; who is not linked is a person of their own."""
    assert PEOPLE.person(actor) == person


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        ("slack:T1/U1", "github:ann", False),
        ("slack:T1/U1", "teams:aad-2", True),  # linked to two people
        ("slack:T1/U8", "slack:T1/U9", True),  # one platform
        ("slack:T1/U9", "github:ann", True),  # Ann is another one in Slack
        ("teams:aad-9", "github:ann", False),  # Ann might be this one in Teams
        ("teams:aad-9", "slack:T1/U9", False),
    ],
)
def test_two_accounts_are_two_people_only_where_that_is_sure(one: str, other: str, different: bool) -> None:
    """What the links do not tell is not taken for granted, whichever of the two is asked about first."""
    assert PEOPLE.surely_different(one, other) is PEOPLE.surely_different(other, one) is different
