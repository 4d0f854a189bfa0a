"""The few lines that a start prints: one address, one login, how to stop."""

from dashboard.environment import Environment

STOP = "Ctrl-C stops it."
NO_PROXY = (
    "PUBLIC_URL is https but TRUSTED_PROXIES is empty: until it names your proxy, "
    "every page redirects to itself."
)


def announcement(found: Environment) -> str:
    lines = [f"Sellside is at {found.public_url}", *_demo_lines(found), STOP]
    if found.is_https and not found.trusted_proxies:
        lines.append(NO_PROXY)
    return "\n".join(lines)


def _demo_lines(found: Environment) -> list[str]:
    login = found.data_dir / "demo-login"
    if not found.demo or not login.exists():
        return []
    email, password, second_key = login.read_text().splitlines()
    return [
        f"Sign in as {email} with the password {password}",
        f"A second key to add (demo): {second_key}",
    ]
