"""What a browser has against our pages."""

from playwright.sync_api import Page

NO_ADDRESS = "\0"


def complaints_of(page: Page, *, besides: str = NO_ADDRESS) -> list[str]:
    """What scripts throw and the console calls an error, from now on; not at ``besides``."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"{page.url} threw {error}"))
    page.on(
        "console",
        lambda message: (
            found.append(f"{page.url} said {message.text}")
            if message.type == "error" and besides not in message.location["url"]
            else None
        ),
    )
    return found
