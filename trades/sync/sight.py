"""What a Steam credential sees. An answer without a row is blindness, never "no offers"."""

from accounts.models import MarketAccount, UpstreamKey
from dashboard import clock
from trades.connect import is_access_token, token_expiry
from trades.models import KeySight, SteamOffer, Trade
from trades.sync.guard.facts import Sight

KEY_CURE = (
    "Add an access token of this account instead: sign in to steamcommunity.com, open"
    " /pointssummary/ajaxgetasyncconfig and paste webapi_token."
)
TOKEN_CURE = "Look whether Steam shows offers to you, and add a fresh access token."  # noqa: S105


def sight_of(key: UpstreamKey) -> Sight:
    found = KeySight.objects.filter(key=key).values_list("sight", flat=True).first()
    return Sight(found) if found else Sight.UNKNOWN


def note(key: UpstreamKey, sight: Sight, *, why: str = "") -> None:
    """Keep what the newest answer showed; ``since`` is when it became so."""
    now, secret = clock.now(), key.open_secret()
    reason, cure = _words(sight, is_token=is_access_token(secret), why=why)
    row, is_new = KeySight.objects.get_or_create(
        key=key, defaults={"since": now, "looked_at": now, "expires_at": token_expiry(secret)}
    )
    row.since = row.since if row.sight == sight.value and not is_new else now
    row.sight, row.rank = sight.value, KeySight.RANKS[KeySight.Sight(sight.value)]
    row.reason, row.cure, row.looked_at = reason, cure, now
    row.expires_at = token_expiry(secret)
    row.doubt = doubt_of(key.account)
    row.save()


def _words(sight: Sight, *, is_token: bool, why: str) -> tuple[str, str]:
    match sight:
        case Sight.BLIND if why:
            return why, "It may pass by itself; nothing is called safe until then."
        case Sight.BLIND if is_token:
            reason = (
                "Steam answers this access token without a single offer. Either the account has"
                " never had one, or the token is of no use any more."
            )
            return reason, TOKEN_CURE
        case Sight.BLIND:
            reason = (
                "Steam answers this web API key without a single offer. Since April 2024 it does"
                " so to many keys, so this is no proof that there are none."
            )
            return reason, KEY_CURE
        case Sight.PART:
            reason = "Steam shows single offers to it and leaves them out of its list."
            return reason, TOKEN_CURE if is_token else KEY_CURE
        case _:
            return "", ""


def doubt_of(account: MarketAccount) -> str:
    """A sign that the offers seen are not those of the Steam account that was named."""
    stated = account.steamid64
    if not stated:
        return ""
    offers = SteamOffer.objects.filter(account=account)
    if offers.filter(partner_steamid=stated).exists():
        return (
            f"Some offers seen with it are made with {stated} itself, so it opens another account."
        )
    for partner in _partners_of_joined_trades(account):
        if partner != stated:
            return (
                f"Offers seen with it belong to trades of the Steam account {partner}, and the"
                f" key was added for {stated}."
            )
    return ""


def _partners_of_joined_trades(account: MarketAccount) -> set[str]:
    """Whose trade links stand behind the market trades that the newest offers belong to."""
    newest = SteamOffer.objects.filter(account=account).order_by("-updated_at")
    ids = list(newest.values_list("offer_id", flat=True)[:200])
    joined = Trade.objects.filter(team=account.team_id, offer_id__in=ids)
    accounts = joined.order_by().values_list("account_id", flat=True).distinct()
    keys = UpstreamKey.objects.filter(account__in=list(accounts)).exclude(trade_link_partner="")
    found: dict[int, set[str]] = {}
    for account_id, partner in keys.values_list("account_id", "trade_link_partner"):
        found.setdefault(account_id, set()).add(partner)
    # An account whose keys name two Steam accounts proves nothing.
    return {partner for partners in found.values() if len(partners) == 1 for partner in partners}
