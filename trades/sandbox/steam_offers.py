"""Steam's IEconService: GetTradeOffers as the seed page has it, and what later pages added.

GetTradeOffer is named by the seed page alone; its shape, ``cursor`` and GetTradeStatus are those
that later editions tell and public clients have seen.
"""

from collections.abc import Callable, Mapping

from trades.sandbox.assets import Asset
from trades.sandbox.exchange import Request, Response, json_answer, text_answer
from trades.sandbox.knobs import Knobs
from trades.sandbox.offerbook import ACCEPTED, LIVES, WAITING_STATES, Offer
from trades.sandbox.steam import described, item_of
from trades.sandbox.tradebook import usual_price
from trades.sandbox.world import World

PREFIX = "/IEconService/"
TRUE = frozenset({"1", "true"})
INSTANCE = "188530139"
DENIED = (
    "<html><head><title>{0}</title></head><body><h1>{0}</h1>Access is denied. Retrying will not"
    " help. Please verify your <pre>key=</pre> parameter.</body></html>"
)
COMPLETE, REVERTED = 3, 12  # of ETradeStatus
NO_MATCH, FAILED, DENIED_RESULT, UNAVAILABLE = 42, 2, 15, 20


class SteamOffers:
    def __init__(self, world: World, knobs: Knobs) -> None:
        self._world = world
        self._knobs = knobs
        self._methods: dict[str, Callable[[str, Mapping[str, str]], Response]] = {
            "GetTradeOffers": self._offers,
            "GetTradeOffer": self._offer,
            "GetTradeStatus": self._trade_status,
        }

    def answer(self, request: Request) -> Response:
        name = request.path.removeprefix(PREFIX).removesuffix("/").removesuffix("/v1")
        method = self._methods.get(name.removesuffix("/v0001"))
        if method is None:
            return _page(404, "Not Found")
        if self._knobs.offers_down != "none":
            return self._trouble()
        self._world.lifecycle.advance()
        is_token = "access_token" in request.query
        key = request.query.get("access_token") or request.query.get("key", "")
        owner = self._world.offers.owner_of(key)
        if owner is None:
            return _page(401 if is_token else 403, "Unauthorized" if is_token else "Forbidden")
        if self._knobs.offers_blind == "all" or (
            self._knobs.offers_blind == "keys" and not is_token
        ):
            blind = {"next_cursor": 0} if name.startswith("GetTradeOffers") else {}
            return _told(blind)
        return method(owner, request.query)

    def _trouble(self) -> Response:
        match self._knobs.offers_down:
            case "unavailable":
                return _page(503, "Service Unavailable", UNAVAILABLE)
            case "html":
                return text_answer(
                    "<html><body>The Steam Community is currently unavailable</body></html>",
                    200,
                    "text/html; charset=utf-8",
                )
            case "empty_body":
                return text_answer("", 200)
            case _:
                return _told({}, UNAVAILABLE)

    def _offers(self, owner: str, query: Mapping[str, str]) -> Response:
        wants_sent, wants_received = (
            _is(query, "get_sent_offers"),
            _is(query, "get_received_offers"),
        )
        if not (wants_sent or wants_received):
            return _page(400, "Bad Request")
        if self._descriptions_fail(query):
            return _page(500, "Internal Server Error", FAILED)
        asked = [
            offer
            for offer in self._world.offers.of(owner)
            if (wants_sent if offer.sent else wants_received) and self._is_asked(offer, query)
        ]
        start = int(query.get("cursor", "0"))
        page = asked[start : start + self._knobs.offers_page]
        more = start + len(page) < len(asked)
        lists = {
            "trade_offers_sent": [offer for offer in page if offer.sent],
            f"trade_offers_{self._knobs.offers_spelling}": [one for one in page if not one.sent],
        }
        response: dict[str, object] = {
            name: [
                self._row(offer, place < self._knobs.offers_glitched)
                for place, offer in enumerate(offers)
            ]
            for name, offers in lists.items()
            if offers
        }
        response |= self._looks(page, query)
        if self._knobs.offers_extra:
            response["next_cursor"] = start + len(page) if more else 0
        return _told(response)

    def _is_asked(self, offer: Offer, query: Mapping[str, str]) -> bool:
        """Neither flag means both. Without a cutoff: when the offers page was last looked at."""
        active_only, historical_only = _is(query, "active_only"), _is(query, "historical_only")
        if active_only == historical_only:
            return True
        is_recent = offer.updated >= int(query.get("time_historical_cutoff", self._last_visit()))
        if active_only:
            return self._is_active(offer) or is_recent
        return not self._is_active(offer) and is_recent

    def _last_visit(self) -> int:
        return self._world.store.now()

    def _is_active(self, offer: Offer) -> bool:
        return offer.state in WAITING_STATES

    def _offer(self, owner: str, query: Mapping[str, str]) -> Response:
        found = self._world.offers.one(owner, query.get("tradeofferid", ""))
        if found is None:
            return _told({}, NO_MATCH)
        if self._descriptions_fail(query):
            return _page(500, "Internal Server Error", FAILED)
        glitched = self._knobs.offers_glitched > 0
        return _told({"offer": self._row(found, glitched), **self._looks([found], query)})

    def _trade_status(self, owner: str, query: Mapping[str, str]) -> Response:
        if self._knobs.trade_status == "refused":
            return _page(403, "Forbidden", DENIED_RESULT)
        found = self._world.offers.by_steam_trade(owner, query.get("tradeid", ""))
        if found is None or self._knobs.trade_status == "empty":
            return _told({})
        return _told({"trades": [_trade(found)]})

    def _descriptions_fail(self, query: Mapping[str, str]) -> bool:
        return _is(query, "get_descriptions") and self._knobs.offers_descriptions == "failing"

    def _row(self, offer: Offer, is_glitched: bool) -> dict[str, object]:
        state = offer.state
        if offer.reverted and state == ACCEPTED:
            state = self._knobs.offers_reverted
        row: dict[str, object] = {
            "tradeofferid": offer.offer_id,
            "accountid_other": 0 if is_glitched else offer.account_other,
            "message": offer.message,
            "expiration_time": offer.created + LIVES,
            "trade_offer_state": state,
            "is_our_offer": offer.sent,
            "time_created": offer.created,
            "time_updated": offer.updated,
        }
        sides = {"items_to_give": offer.gives, "items_to_receive": offer.receives}
        for name, assets in sides.items():
            if assets and not is_glitched:
                row[name] = [self._asset(asset, state) for asset in assets]
        if offer.steam_trade_id and state in (ACCEPTED, 11, 12):
            row["tradeid"] = offer.steam_trade_id
        if self._knobs.offers_extra:
            row |= {"from_real_time_trade": False, "escrow_end_date": offer.escrow_until}
            row["confirmation_method"] = 2 if offer.gives else 0
        return row

    def _asset(self, asset: Mapping[str, object], state: int) -> dict[str, object]:
        game, name = int(str(asset["appid"])), str(asset["market_hash_name"])
        ids = {key: asset[key] for key in ("assetid", "currencyid") if key in asset}
        is_missing = bool(asset.get("missing")) or state not in (ACCEPTED, *WAITING_STATES)
        extra = {"est_usd": str(usual_price(game, name) // 10)} if self._knobs.offers_extra else {}
        return {
            "appid": game,
            "contextid": asset["contextid"],
            **ids,
            "classid": item_of(name, game).class_id,
            "instanceid": INSTANCE,
            "amount": asset.get("amount", "1"),
            "missing": is_missing,
            **extra,
        }

    def _looks(self, offers: list[Offer], query: Mapping[str, str]) -> dict[str, object]:
        if not _is(query, "get_descriptions") or self._knobs.offers_descriptions == "missing":
            return {}
        kinds = {
            (int(str(asset["appid"])), str(asset["market_hash_name"]))
            for offer in offers
            for asset in (*offer.gives, *offer.receives)
        }
        looks = [
            described(Asset("", name, tradable=True), game, "2") for game, name in sorted(kinds)
        ]
        return {"descriptions": looks} if looks else {}


def _trade(offer: Offer) -> dict[str, object]:
    sides = {"assets_given": offer.gives, "assets_received": offer.receives}
    moved = {
        name: [
            {**asset, "new_assetid": f"9{asset.get('assetid', '')}", "new_contextid": "2"}
            for asset in assets
        ]
        for name, assets in sides.items()
        if assets
    }
    reversal = {"rollback_trade": f"1{offer.steam_trade_id}"} if offer.reverted else {}
    return {
        "tradeid": offer.steam_trade_id,
        "steamid_other": offer.partner,
        "time_init": offer.updated,
        "status": REVERTED if offer.reverted else COMPLETE,
        **moved,
        **reversal,
    }


def _is(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in TRUE


def _told(response: Mapping[str, object], result: int = 1) -> Response:
    answer = json_answer({"response": response})
    answer.headers["X-eresult"] = str(result)
    return answer


def _page(status: int, title: str, result: int = DENIED_RESULT) -> Response:
    """Steam's refusals are pages, not JSON."""
    text = DENIED.format(title) if status in (401, 403) else f"<html><body>{title}</body></html>"
    answer = text_answer(text, status, "text/html; charset=UTF-8")
    answer.headers["X-eresult"] = str(result)
    return answer
