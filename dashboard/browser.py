"""What browsers are told about every answer that the application makes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PERMISSIONS = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                *("accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera"),
                *("display-capture", "encrypted-media", "fullscreen", "geolocation", "gyroscope"),
                *("hid", "magnetometer", "microphone", "midi", "payment", "picture-in-picture"),
                *("screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
            )
        ),
        *(
            f"{feature}=(self)"
            for feature in (
                "clipboard-write",
                "publickey-credentials-create",
                "publickey-credentials-get",
            )
        ),
    ]
)


class BrowserSafetyMiddleware:
    """Nothing of ours is kept by a cache: any page may show money, keys, people or a one-time link.

    Goes after WhiteNoise, which answers for static files and lets browsers keep them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["Permissions-Policy"] = PERMISSIONS
        return response
