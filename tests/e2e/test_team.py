"""A team's life: invited, joined, another role, a second factor for all, and out again."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import hotp_value
from playwright.sync_api import Page, expect

from tests.e2e.people import PASSWORD, sign_up, team_of

pytestmark = pytest.mark.e2e
NewPage = Callable[..., Page]


def test_somebody_is_invited_joins_gets_a_role_and_is_removed(new_page: NewPage) -> None:
    owner = new_page()
    sign_up(owner)
    team = team_of(owner)
    link = invitation_link(owner, "Viewer")
    guest = new_page()
    guest.goto(link)
    guest.get_by_role("link", name="Sign up and join").click()
    email = sign_up_here(guest)
    guest.get_by_role("button", name="Join as").click()
    expect(guest.get_by_text("Welcome to")).to_be_visible()
    guest.goto(f"{team}keys/add/")
    expect(guest.get_by_role("heading", name="You may not do that here")).to_be_visible()

    owner.goto(f"{team}team/")
    owner.get_by_role("link", name=f"Role of {email}").click()
    owner.get_by_label("Role").select_option("Seller")
    owner.get_by_role("button", name="Change the role").click()
    expect(owner.get_by_role("listitem").filter(has_text=email)).to_contain_text("Seller")
    guest.reload()
    expect(guest.get_by_role("heading", name="Add a key")).to_be_visible()

    owner.get_by_role("link", name=f"Remove {email}").click()
    owner.get_by_role("button", name="Remove from the team").click()
    expect(owner.get_by_text(f"{email} is out of the team")).to_be_visible()
    guest.reload()
    expect(guest.get_by_role("heading", name="There is nothing here")).to_be_visible()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="This link no longer works")).to_be_visible()


def test_a_team_requires_a_second_factor(new_page: NewPage) -> None:
    owner = new_page()
    owners_email = sign_up(owner)
    team = team_of(owner)
    link = invitation_link(owner, "Seller")
    guest = new_page()
    sign_up(guest)
    guest.goto(link)
    guest.get_by_role("button", name="Join as").click()
    secret = set_up_an_app(owner)
    owner.goto(f"{team}team/settings/")
    owner.get_by_label("Everybody needs a second factor").check()
    owner.get_by_role("button", name="Save the settings").click()
    guest.goto(f"{team}keys/")
    expect(guest.get_by_role("heading", name="A second factor is needed")).to_be_visible()
    expect(guest.get_by_role("navigation", name="Pages")).to_have_count(0)

    again = new_page()
    again.goto("/accounts/login/")
    again.get_by_label("E-mail address").fill(owners_email)
    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(again.get_by_role("heading", name="Second factor")).to_be_visible()
    again.get_by_label("Code").fill(digits(secret, ahead=1))  # the present ones were used up
    again.get_by_role("button", name="Sign in", exact=True).click()
    again.wait_for_url("**/t/*/")


def test_a_passkey_signs_in_without_a_password(new_page: NewPage) -> None:
    page = new_page()
    sign_up(page)
    authenticator = page.context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    verified = {"hasUserVerification": True, "isUserVerified": True}
    authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, **verified}})
    page.goto("/accounts/second-factor/webauthn/add/")
    prove_it_is_me(page)
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/t/*/")


def invitation_link(page: Page, role: str) -> str:
    page.goto(f"{team_of(page)}team/")
    page.get_by_role("link", name="Invite").click()
    page.get_by_label("Role").select_option(role)
    page.get_by_role("button", name="Invite").click()
    return page.get_by_label("Link").input_value()


def sign_up_here(page: Page) -> str:
    """On the form that is open."""
    email = f"guest-{time.time_ns()}@sellside.example"
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    return email


def set_up_an_app(page: Page) -> str:
    """Returns the secret that the app then holds."""
    page.goto("/me/")
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="Set up an app").click()
    prove_it_is_me(page)
    expect(page.locator(".qr svg path")).to_be_visible()
    secret = page.get_by_label("Or type this secret into the app").input_value()
    page.get_by_label(re.compile("code", re.IGNORECASE)).fill(digits(secret))
    page.get_by_role("button", name="Use this app").click()
    expect(page.locator(".codes li")).to_have_count(10)
    return secret


def prove_it_is_me(page: Page) -> None:
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def digits(secret: str, *, ahead: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return f"{hotp_value(secret, int(time.time()) // 30 + ahead):06}"
