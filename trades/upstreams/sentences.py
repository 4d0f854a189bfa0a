"""What went wrong, in a sentence for the page. Foreign text in it is escaped where it is shown."""

from trades.upstreams.errors import (
    Garbled,
    HeldBack,
    HostForbidden,
    KeyRejected,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SessionRefused,
    Unreachable,
    UpstreamError,
)


def sentence(error: UpstreamError, label: str) -> str:
    """``label`` is the upstream's name for people, as the registry gives it."""
    status = f" (HTTP {error.status})" if error.status else ""
    match error:
        case HeldBack():
            return f"{label} {error.reason}."
        case RateLimited():
            return f"{label} asks us to slow down{status}."
        case SessionRefused():
            return (
                f"{label} accepts the key but refuses the session it gave{status}. A session counts"
                " for one internet address: see that this installation always asks from the same"
                " one, and that the account may use the API."
            )
        case KeyRejected():
            return f"{label} does not accept this key{status}."
        case HostForbidden():
            return f"{label} is not on this machine, and this installation may not leave it."
        case Unreachable():
            return f"{label} cannot be reached right now{status}."
        case Garbled():
            return f"{label} answered with something that is not its documented JSON{status}."
        case OutcomeUnknown():
            fate = f"could not be read{status}" if status else "was lost after the request was sent"
            return f"{label}'s answer {fate}; the market is asked what became of it."
        case Refused():
            return f"{label} refused{status}: {error.text}"
        case _:
            return f"{label} failed: {error.reason}{status}."
