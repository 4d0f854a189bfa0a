"""Django's settings: everything from environment variables, safe defaults for a laptop."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key

from dashboard import environment, keyfile

BASE_DIR = environment.BASE_DIR

try:
    ENVIRONMENT = environment.read()
    ENVIRONMENT.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    SECRET_KEY = ENVIRONMENT.secret_key or keyfile.read_or_make(
        ENVIRONMENT.data_dir / "secret-key", get_random_secret_key
    )
    ENCRYPTION_KEYS = ENVIRONMENT.encryption_keys or [
        keyfile.read_or_make(
            ENVIRONMENT.data_dir / "encryption-key", lambda: Fernet.generate_key().decode()
        )
    ]
except environment.BadEnvironmentError as error:
    sys.exit(f"{environment.NEED_MENDING}\n{error}")
except OSError as error:
    sys.exit(
        f"Sellside cannot write to its folder {error.filename} ({error.strerror}); set DATA_DIR."
    )

DATA_DIR = ENVIRONMENT.data_dir
DEMO = ENVIRONMENT.demo
DEBUG = False

PUBLIC_URL = ENVIRONMENT.public_url
ALLOWED_HOSTS = [
    *environment.LOOPBACK_NAMES,
    urlsplit(PUBLIC_URL).hostname or "localhost",
    *ENVIRONMENT.allowed_hosts,
]
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

VPSBOT_URL = ENVIRONMENT.vpsbot_url
MANNCO_URL = ENVIRONMENT.mannco_url
STEAM_URL = ENVIRONMENT.steam_url
STEAM_COMMUNITY_URL = ENVIRONMENT.steam_community_url
STEAM_IMAGE_URL = ENVIRONMENT.steam_image_url
SANDBOX_PORT = ENVIRONMENT.sandbox_port

SELL_QUOTE_SECONDS = ENVIRONMENT.sell_quote_seconds
SELL_SEND_SECONDS = ENVIRONMENT.sell_send_seconds
SELL_RESEND_SECONDS = ENVIRONMENT.sell_resend_seconds
SELL_SETTLE_SECONDS = ENVIRONMENT.sell_settle_seconds
SELL_EXPIRE_SECONDS = ENVIRONMENT.sell_expire_seconds

VPSBOT_CALLS_A_MINUTE = ENVIRONMENT.vpsbot_calls_a_minute
MANNCO_CALLS_A_MINUTE = ENVIRONMENT.mannco_calls_a_minute
STEAM_CALLS_A_MINUTE = ENVIRONMENT.steam_calls_a_minute
STEAM_HOST_CALLS_A_MINUTE = ENVIRONMENT.steam_host_calls_a_minute
STEAM_CHECK_ROLLBACKS = ENVIRONMENT.steam_check_rollbacks
LIMITS_OF_A_PERSON = ENVIRONMENT.limits_of_a_person

INSTALLED_APPS = [
    "dashboard.apps.DashboardConfig",
    "accounts",
    "trades",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "heroicons",
    "template_partials",
    "dashboard.apps.OperatorsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "dashboard.request_facts.RequestFactsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "dashboard.browser.BrowserSafetyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.htmx.SignInRedirectMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.TeamWallMiddleware",
    "accounts.middleware.OwnZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
        },
    }
]

# -- Data ---

SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 30,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
}
DATABASES: dict[str, dict[str, Any]] = {"default": ENVIRONMENT.database}
IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if IS_SQLITE:
    # A file, as SQLite's in-memory database locks under threads.
    DATABASES["default"] |= {
        "OPTIONS": SQLITE_OPTIONS,
        "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = ENVIRONMENT.redis_url
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    # The web has several processes and the limits on tries hold for all of them together.
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}
}

# -- Background work ---

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://") or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than an account's lease; Celery reads it in three places and takes the one it finds.
CELERY_VISIBILITY_TIMEOUT = 120
# A wake-up for a broker that is dead is given up at once: somebody's page waits for it, and the
# tick finds the work anyway. Worker and tick keep looking for their broker by rules of their own.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 120, "socket_timeout": 5, "max_retries": 0}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": 120}
CELERY_TIMEZONE = "UTC"

# -- People ---

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Sellside: "
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_FORMS = {
    "login": "accounts.sign_in_forms.SignInForm",
    "signup": "accounts.sign_in_forms.SignUpForm",
    "add_email": "accounts.sign_in_forms.AddAddressForm",
    "reset_password": "accounts.sign_in_forms.ForgottenPasswordForm",
}
SIGN_UP_IS_OPEN = ENVIRONMENT.sign_up == "open"
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # else nobody without a mail server could have one
MFA_TOTP_ISSUER = "Sellside"
MFA_TOTP_TOLERANCE = 1  # a step of 30 s to either side, for clocks that are off
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Browsers offer passkeys on https and on this machine's own address alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = environment.is_loopback(PUBLIC_URL)

globals().update(ENVIRONMENT.email)
EMAIL_TIMEOUT = 10  # a mail server that hangs must not hang a sign-up
DEFAULT_FROM_EMAIL = f"Sellside <noreply@{urlsplit(PUBLIC_URL).hostname}>"

# -- Browser safety ---

_image_origin = "{0.scheme}://{0.netloc}".format(urlsplit(STEAM_IMAGE_URL))
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, _image_origin],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "dashboard.views.csrf_failure"
if ENVIRONMENT.is_https:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # probes come over plain HTTP
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

# -- Files, language, logs ---

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.static_storage.CollectedStaticFiles"},
}
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
MEDIA_ROOT: Path = DATA_DIR / "files"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # a selection of 1,000 items sends a few fields for each

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "dashboard.request_facts.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {request_id} {message}", "style": "{"}
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {  # a line each for every tick says nothing
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
