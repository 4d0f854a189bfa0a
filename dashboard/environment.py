"""The environment variables, read once, typed; every mistake is named at once.

docs/operations.md explains each variable; a test keeps the two lists equal.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import dj_database_url
import dj_email_url
from cryptography.fernet import Fernet
from environs import Env, EnvError, EnvValidationError
from marshmallow import ValidationError

BASE_DIR = Path(__file__).resolve().parent.parent
LAST_PORT = 65535
LONGEST_WAIT_SECONDS = 86_400.0
MOST_CALLS_A_MINUTE = 1_000_000
HOST_NAME = re.compile(r"\*|\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\]")
NEED_MENDING = "Sellside cannot start, these settings need mending:"
STEAM_IMAGES = "https://community.cloudflare.steamstatic.com/economy/image"
NAMES = (
    *("PORT", "DATA_DIR", "DATABASE_URL", "REDIS_URL", "DEMO", "SANDBOX_PORT", "SECRET_KEY"),
    *("ENCRYPTION_KEYS", "PUBLIC_URL", "ALLOWED_HOSTS", "TRUSTED_PROXIES", "EMAIL_URL"),
    *("VPSBOT_URL", "MANNCO_URL", "STEAM_URL", "STEAM_COMMUNITY_URL", "STEAM_IMAGE_URL"),
    *("SELL_QUOTE_SECONDS", "SELL_SEND_SECONDS", "SELL_RESEND_SECONDS", "SELL_SETTLE_SECONDS"),
    *("SELL_EXPIRE_SECONDS", "SIGN_UP"),
    *("VPSBOT_CALLS_A_MINUTE", "MANNCO_CALLS_A_MINUTE", "STEAM_CALLS_A_MINUTE"),
    *("STEAM_HOST_CALLS_A_MINUTE", "STEAM_CHECK_ROLLBACKS"),
    *("PERSON_MATCHES_A_MINUTE", "PERSON_SELLS_A_MINUTE", "PERSON_RESENDS_A_MINUTE"),
    *("PERSON_SYNCS_A_MINUTE", "PERSON_EXPORTS_AN_HOUR"),
)
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class BadEnvironmentError(Exception):
    """Carries one sentence a mistake."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True)
class Environment:
    port: int
    data_dir: Path
    database: dict[str, Any] = field(repr=False)
    redis_url: str = field(repr=False)
    demo: bool
    sandbox_port: int
    secret_key: str = field(repr=False)  # "" = made once in the data folder
    encryption_keys: list[str] = field(repr=False)  # [] = made once in the data folder
    public_url: str
    allowed_hosts: list[str]
    trusted_proxies: list[str]
    email: dict[str, Any] = field(repr=False)
    vpsbot_url: str
    mannco_url: str
    steam_url: str
    steam_community_url: str
    steam_image_url: str
    sign_up: str  # "open" or "closed"
    sell_quote_seconds: float  # a review older than this is no ground for a yes
    sell_send_seconds: float  # how long the answer to a create is waited for
    sell_resend_seconds: float  # earliest repetition of a send whose answer was lost
    sell_settle_seconds: float  # so long after the last send, "not there" is believed
    sell_expire_seconds: float  # a yes that could not be sent by then is void

    vpsbot_calls_a_minute: int  # of an account; 0 = any number, as in the three below
    mannco_calls_a_minute: int
    steam_calls_a_minute: int
    steam_host_calls_a_minute: int  # Steam counts by address: of all accounts together
    steam_check_rollbacks: bool

    limits_of_a_person: dict[str, str]  # deed -> allauth's spelling of a rate; "" = no limit

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def bind_host(self) -> str:
        """Reachable from elsewhere only when a PUBLIC_URL says that it should be."""
        return "127.0.0.1" if is_loopback(self.public_url) else "0.0.0.0"  # noqa: S104


def _port(value: int) -> None:
    if not 1 <= value <= LAST_PORT:
        raise ValidationError("a port is a whole number from 1 to 65535")


def _other_than(taken: int | None) -> Callable[[int], None]:
    def check(value: int) -> None:
        if value == taken:
            raise ValidationError("the sandbox needs a port of its own, not that of PORT")

    return check


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # is read when asked for only
    except ValueError:
        raise ValidationError("this is no address: check its host and its port") from None
    return parts


def _http_url(value: str) -> None:
    parts = _split(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValidationError("an address starts with http:// or https:// and names a host")
    if parts.query or parts.fragment or parts.username:
        raise ValidationError("an address has no sign-in, no ? and no # part")


def _origin(value: str) -> None:
    _http_url(value)
    if urlsplit(value).path.strip("/"):
        raise ValidationError("the public address ends after its host and port")


def _redis_url(value: str) -> None:
    if _split(value).scheme not in {"redis", "rediss", "unix"}:
        raise ValidationError("a Redis address starts with redis://, rediss:// or unix://")


def _open_or_closed(value: str) -> None:
    if value not in {"open", "closed"}:
        raise ValidationError("sign-up is open or closed")


def _email_url(value: str) -> None:
    _split(value)
    if "EMAIL_BACKEND" not in dj_email_url.parse(value):
        raise ValidationError("an EMAIL_URL looks like submission://user:password@host:587")


def _database_url(value: str) -> None:
    if _split(value).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValidationError("a database address starts with postgres:// or sqlite:///")
    try:
        name = dj_database_url.parse(value)["NAME"]
    except ValueError:
        raise ValidationError("this address cannot be read; quote odd characters as %40") from None
    if name in {"", ":memory:"}:
        raise ValidationError("a database address ends with the name of a database or a file")


def _host_names(values: list[str]) -> None:
    if not all(HOST_NAME.fullmatch(value.strip()) for value in values):
        raise ValidationError("each host is a bare name like sellside.example")


def _above_zero(value: float) -> None:
    if not 0 < value <= LONGEST_WAIT_SECONDS:
        raise ValidationError("a wait is a number of seconds above 0 and at most a day")


def _calls(value: int) -> None:
    if not 0 <= value <= MOST_CALLS_A_MINUTE:
        raise ValidationError(
            f"a limit is a whole number up to {MOST_CALLS_A_MINUTE:,}; 0 is any number"
        )


def _fernet_keys(values: list[str]) -> None:
    for value in values:
        try:
            Fernet(value.strip())
        except ValueError:
            raise ValidationError(
                "each key is 32 random bytes in URL-safe base64 (44 characters)"
            ) from None


def _networks(values: list[str]) -> None:
    for value in values:
        try:
            ip_network(value.strip(), strict=False)
        except ValueError:
            raise ValidationError(
                "each proxy is an IP address or a network like 10.0.0.0/8"
            ) from None


def _secret_key(value: str) -> None:
    if value and len(value) < 50:
        raise ValidationError("a secret key has at least 50 characters")


def read(env: Env | None = None) -> Environment:
    """Read everything; raise ``BadEnvironmentError`` that names every mistake."""
    env = env or Env(eager=False)
    _forget_what_is_empty()
    port = env.int("PORT", 8000, validate=_port)
    demo = env.bool("DEMO", True)
    sandbox_port = _sandbox_port(env, port or 8000)
    data_dir = Path(env.str("DATA_DIR", str(BASE_DIR / ".data"))).expanduser().absolute()
    sandbox = f"http://127.0.0.1:{sandbox_port}" if demo else ""
    found = Environment(
        port=port,
        data_dir=data_dir,
        database=_database(env, data_dir),
        redis_url=env.str("REDIS_URL", "", validate=_redis_url),
        demo=demo,
        sandbox_port=sandbox_port,
        secret_key=env.str("SECRET_KEY", "", validate=_secret_key),
        encryption_keys=_words(env, "ENCRYPTION_KEYS", _fernet_keys),
        public_url=_url(env, "PUBLIC_URL", f"http://localhost:{port}", _origin),
        allowed_hosts=_words(env, "ALLOWED_HOSTS", _host_names),
        trusted_proxies=_proxies(env),
        email=_email(env),
        steam_check_rollbacks=env.bool("STEAM_CHECK_ROLLBACKS", True),
        sign_up=env.str("SIGN_UP", "open", validate=_open_or_closed) or "open",
        limits_of_a_person=_limits_of_a_person(env),
        **_market_urls(env, sandbox),  # type: ignore[arg-type]  # mypy cannot tell which they fill
        **_sell_waits(env),  # type: ignore[arg-type]
        **_budgets(env),  # type: ignore[arg-type]
    )
    _name_every_mistake(env)
    return found


def _sell_waits(env: Env) -> dict[str, float]:
    return {
        "sell_quote_seconds": _seconds(env, "SELL_QUOTE_SECONDS", 60),
        "sell_send_seconds": _seconds(env, "SELL_SEND_SECONDS", 45),
        "sell_resend_seconds": _seconds(env, "SELL_RESEND_SECONDS", 60),
        "sell_settle_seconds": _seconds(env, "SELL_SETTLE_SECONDS", 600),
        "sell_expire_seconds": _seconds(env, "SELL_EXPIRE_SECONDS", 600),
    }


def _budgets(env: Env) -> dict[str, int]:
    return {
        "vpsbot_calls_a_minute": _whole(env, "VPSBOT_CALLS_A_MINUTE", 120),
        "mannco_calls_a_minute": _whole(env, "MANNCO_CALLS_A_MINUTE", 300),
        "steam_calls_a_minute": _whole(env, "STEAM_CALLS_A_MINUTE", 10),
        "steam_host_calls_a_minute": _whole(env, "STEAM_HOST_CALLS_A_MINUTE", 30),
    }


def _limits_of_a_person(env: Env) -> dict[str, str]:
    limits = {
        "match": (_whole(env, "PERSON_MATCHES_A_MINUTE", 60), "m"),
        "sell": (_whole(env, "PERSON_SELLS_A_MINUTE", 30), "m"),
        "resend": (_whole(env, "PERSON_RESENDS_A_MINUTE", 20), "m"),
        "sync": (_whole(env, "PERSON_SYNCS_A_MINUTE", 30), "m"),
        "export": (_whole(env, "PERSON_EXPORTS_AN_HOUR", 60), "h"),
    }
    return {deed: f"{most}/{span}/user" if most else "" for deed, (most, span) in limits.items()}


def _whole(env: Env, name: str, usual: int) -> int:
    return env.int(name, usual, validate=_calls)


def _market_urls(env: Env, sandbox: str) -> dict[str, str]:
    """Each upstream's own address, or the sandbox's where there is one."""
    vpsbot = f"{sandbox}/api" if sandbox else "https://market.vpsbot.io/api"
    images = f"{sandbox}/image" if sandbox else STEAM_IMAGES
    return {
        "vpsbot_url": _url(env, "VPSBOT_URL", vpsbot),
        "mannco_url": _url(env, "MANNCO_URL", sandbox or "https://mannco.store"),
        "steam_url": _url(env, "STEAM_URL", sandbox or "https://api.steampowered.com"),
        "steam_community_url": _url(
            env, "STEAM_COMMUNITY_URL", sandbox or "https://steamcommunity.com"
        ),
        "steam_image_url": _url(env, "STEAM_IMAGE_URL", images),
    }


def _forget_what_is_empty() -> None:
    """A variable that is set to nothing counts as not set, for our children too."""
    for name in NAMES:
        if os.environ.get(name, "x").strip() == "":
            del os.environ[name]


def _seconds(env: Env, name: str, usual: float) -> float:
    return env.float(name, usual, validate=_above_zero)


def _sandbox_port(env: Env, port: int) -> int:
    beside = port + 1 if port < LAST_PORT else port - 1
    return env.int("SANDBOX_PORT", beside, validate=[_port, _other_than(port)])


def _url(env: Env, name: str, default: str, validate: Callable[[str], None] = _http_url) -> str:
    return (env.str(name, default, validate=validate) or default).rstrip("/")


def _words(env: Env, name: str, validate: Callable[[list[str]], None]) -> list[str]:
    given: list[str] = env.list(name, [], validate=validate) or []
    return [word.strip() for word in given]


def _proxies(env: Env) -> list[str]:
    """As networks, spelt as the proxy wrapper reads them."""
    given = _words(env, "TRUSTED_PROXIES", _networks)
    return [str(ip_network(value, strict=False)) for value in given]


def _database(env: Env, data_dir: Path) -> dict[str, Any]:
    default = f"sqlite:///{data_dir / 'sellside.sqlite3'}"
    url = env.str("DATABASE_URL", default, validate=_database_url) or default
    return dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))


def _email(env: Env) -> dict[str, Any]:
    default = "console://"
    return dict(dj_email_url.parse(env.str("EMAIL_URL", default, validate=_email_url) or default))


def _name_every_mistake(env: Env) -> None:
    try:
        env.seal()
    except EnvValidationError as error:
        sentences = [
            f"{name}: {reason.rstrip('.')}."
            for name, reasons in sorted(
                cast("Mapping[str, list[str]]", error.error_messages).items()
            )
            for reason in reasons
        ]
        raise BadEnvironmentError(sentences) from None
    except EnvError as error:
        raise BadEnvironmentError([str(error)]) from None


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
