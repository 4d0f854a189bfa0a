"""What allauth asks of us."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.shortcuts import redirect

from accounts.models import User
from accounts.services import create_personal_team


class AccountAdapter(DefaultAccountAdapter):
    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        """A person and their desk come together or not at all."""
        try:
            with transaction.atomic():
                super().save_user(request, user, form, commit=True)
                create_personal_team(user=user)
        except IntegrityError:
            # The form found the address free, so the same form was sent twice at once.
            raise ImmediateHttpResponse(redirect("account_login")) from None
        return user
