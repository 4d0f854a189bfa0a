"""What allauth asks of us."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.safestring import SafeString
from qrcode import make
from qrcode.image.svg import SvgPathImage

from accounts import services
from accounts.crypto import open_sealed, seal
from accounts.models import Invitation, User
from accounts.services.invitations import proves_address

SEALED_FOR = "second factor"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whoever comes by an open invitation may always sign up."""
        return settings.SIGN_UP_IS_OPEN or invitation_behind(request) is not None

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        """An invitation that came by mail shows that the address is read."""
        invitation = invitation_behind(request)
        if invitation and proves_address(invitation) and invitation.email == email.lower():
            return True
        return bool(super().is_email_verified(request, email))

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        """A person and their desk come together or not at all; who is invited gets no desk."""
        try:
            with transaction.atomic():
                super().save_user(request, user, form, commit=True)
                if invitation_behind(request) is None:
                    services.create_personal_team(user=user)
        except IntegrityError:
            # The form found the address free, so the same form was sent twice at once.
            raise ImmediateHttpResponse(redirect("account_login")) from None
        return user


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of the second factor are sealed like market keys."""

    def encrypt(self, text: str) -> str:
        return seal(text, SEALED_FOR).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return open_sealed(encrypted_text.encode(), SEALED_FOR).reveal()

    def build_totp_svg(self, url: str) -> SafeString:
        """An SVG for the page itself, so that the content policy needs no exception for images."""
        drawn: str = make(url, image_factory=SvgPathImage).to_string(encoding="unicode")
        return SafeString(drawn)  # squares drawn by the library, no text in it


def invitation_behind(request: HttpRequest) -> Invitation | None:
    """The open invitation that a person comes from: the page they return to names it."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    try:
        match = resolve(address)
    except Resolver404:
        return None
    return (
        services.open_invitation(match.kwargs["token"]) if match.url_name == "invitation" else None
    )
