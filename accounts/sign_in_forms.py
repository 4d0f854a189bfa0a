"""The sign-in library's forms in the product's own words."""

from typing import Any

from allauth.account import forms as library

ADDRESS = "E-mail address"


class SignInForm(library.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_address(self.fields["login"])


class SignUpForm(library.SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_address(self.fields["email"])


class AddAddressForm(library.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_address(self.fields["email"])


class ForgottenPasswordForm(library.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_address(self.fields["email"])


def _name_address(field: Any) -> None:
    field.label = ADDRESS
    field.widget.attrs.pop("placeholder", None)
