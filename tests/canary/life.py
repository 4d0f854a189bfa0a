"""A desk's whole life with planted secrets, through its pages, three markets and a broker."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from allauth.mfa.totp.internal.auth import hotp_value
from django.contrib import admin
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import MarketAccount, Upstream, UpstreamKey
from tests.canary.echo import EchoingSandbox
from tests.canary.listening import ListeningClient
from tests.factories import PASSWORD, Cast, make_user
from tests.searching import Writing
from tests.test_walls import MATRIX, TEAM_PAGES
from tests.trades.services.seller import GAME, GOODS, Seller
from trades.models import Export, SellDraft, SellRequest, SteamOffer, Trade
from trades.sandbox.faults import Fault
from trades.sandbox.offerbook import Asset
from trades.sandbox.server import SandboxServer
from trades.services import sending
from trades.services.matching import DraftAsset, make_draft
from trades.services.rounds import serve_round, serve_until_idle
from trades.sync import cursors

VPSBOT_KEY = "vpsbot_Q7rT2mXw9LkZ4b"
SECOND_VPSBOT_KEY = "vpsbot_P1oI8uYt5ReW3q"
MANNCO_KEY = "mK/7+hG2=sLq9Vz4XcB1n"
STEAM_KEY = "0F1E2D3C4B5A69788796A5B4C3D2E1F0"
REFUSED_KEY = "K9p-refused-by-the-market-2Wd"
REFUSED_PASSWORD = "a pass phrase of a refused form"
REFUSED_TOKEN = "Zq8_wY-3"
OTHERS_TOKEN, OFFERED_TOKEN = "h7G_tR-2", "vB5-nM_8"
LINK = "https://steamcommunity.com/tradeoffer/new/?partner=39735273&token="
STRANGER = "76561198700000077"
HTMX = {"HX-Request": "true"}


def planted_links() -> list[str]:
    return [LINK + OTHERS_TOKEN]


@dataclass
class Life:
    """What was planted stands in ``secrets``, what the browser saw in ``pages``."""

    server: SandboxServer
    sandbox: EchoingSandbox
    cast: Cast
    secrets: dict[str, str] = field(default_factory=dict)
    pages: list[Writing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.browser = ListeningClient(self.pages)
        self.unheard = Client()  # for the pages that show a secret, once, to its owner
        self._prepare_markets()

    # -- the markets --

    def _prepare_markets(self) -> None:
        world = self.sandbox.world
        account = world.accounts.add("seller", key=VPSBOT_KEY)
        world.accounts.add_key(SECOND_VPSBOT_KEY, account.id)
        self.steamid64 = account.steamid64
        world.mannco.add_key(MANNCO_KEY, self.steamid64)
        world.offers.add_key(STEAM_KEY, self.steamid64)
        self.secrets |= {
            "VPSBot key": VPSBOT_KEY,
            "replaced VPSBot key": SECOND_VPSBOT_KEY,
            "Mannco key": MANNCO_KEY,
            "Steam web API key": STEAM_KEY,
            "Steam access token": world.offers.add_token(self.steamid64),
            "own trade token": account.tradelink.rpartition("token=")[2],
            "token of a partner": OTHERS_TOKEN,
            "token in an offer's message": OFFERED_TOKEN,
            "refused key": REFUSED_KEY,
            "token in a refused link": REFUSED_TOKEN,
        }
        self.trade_link = account.tradelink
        self._fill_markets()

    def _fill_markets(self) -> None:
        world = self.sandbox.world
        for status in ("completed", "processing", "error", "accepted"):
            world.trades.insert(VPSBOT_KEY, status=status)
        with world.store.write():
            for status, given in ((3, "1,2"), (5, "11,12"), (0, "4")):
                world.mannco.insert(
                    self.steamid64, created_ms=int(time.time() * 1000), status=status,
                    items_send=given, code="OLDCODE1",
                )  # fmt: skip
        world.offers.plant(
            self.steamid64, partner=STRANGER, gives=[Asset("5", GOODS)],
            message=f"add me {LINK}{OFFERED_TOKEN}",
        )  # fmt: skip

    def fault(self, kind: str, path: str, **more: object) -> None:
        self.sandbox.faults.add(Fault(kind, path=path, **more))  # type: ignore[arg-type]

    # -- a person --

    def go(self, name: str, *args: object, post: dict[str, object] | None = None) -> str:
        address = reverse(name, args=[self.cast.team.slug, *args])
        response = self.browser.post(address, post) if post is not None else None
        response = response or self.browser.get(address)
        assert response.status_code < 500, address
        return self.pages[-1][1].decode("utf-8", "replace")

    def sign_in(self) -> None:
        """By the form, with a second factor, recovery codes and an invitation for another."""
        person = self.cast.alice
        self.secrets["password"] = PASSWORD
        typed = {"login": person.email, "password": PASSWORD}
        self.browser.post(reverse("account_login"), typed | {"password": PASSWORD + "!"})
        for client in (self.browser, self.unheard):
            client.post(reverse("account_login"), typed)
        changed = {
            "oldpassword": REFUSED_PASSWORD,
            "password1": REFUSED_PASSWORD,
            "password2": PASSWORD,
        }
        self.secrets["password of a refused form"] = REFUSED_PASSWORD
        self.browser.post(reverse("account_change_password"), changed)
        for client in (self.browser, self.unheard):
            client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        self._add_second_factor()
        door = reverse("invitation-add", args=[self.cast.team.slug])
        made = self.unheard.post(door, {"role": "seller", "days": "7"}).content.decode()
        self.secrets["invitation token"] = _only(r"/invitations/([\w-]+)/", made)
        self.browser.post(reverse("account_reset_password"), {"email": person.email})
        letters = "\n".join(str(letter.body) for letter in mail.outbox)
        self.secrets["reset key"] = _only(r"/password/reset/key/([\w-]+)/", letters)
        self.secrets["session id"] = self.browser.session.session_key or ""

    def _add_second_factor(self) -> None:
        page = self.unheard.get(reverse("mfa_activate_totp"))
        assert page.context, (page.status_code, page.headers)
        secret = page.context["form"].secret
        code = f"{hotp_value(secret, int(time.time()) // 30):06}"
        self.unheard.post(reverse("mfa_activate_totp"), {"code": code})
        self.unheard.post(reverse("mfa_generate_recovery_codes"), {})
        codes = self.unheard.get(reverse("mfa_view_recovery_codes"))
        self.secrets["TOTP secret"] = secret
        found = codes.context["unused_codes"]
        self.secrets |= {f"recovery code {place}": found[place] for place in (0, -1)}

    def add_keys(self) -> None:
        slug = self.cast.team.slug
        wrong_link = LINK.replace("steamcommunity", "example") + REFUSED_TOKEN
        vpsbot = {"upstream": "vpsbot", "label": "Desk", "trade_link": self.trade_link}
        typed = [
            vpsbot | {"secret": REFUSED_KEY},
            vpsbot | {"secret": VPSBOT_KEY, "trade_link": wrong_link},
            vpsbot | {"secret": VPSBOT_KEY, "label": VPSBOT_KEY},
            vpsbot | {"secret": VPSBOT_KEY},
            {"upstream": "mannco", "label": "Shop", "secret": REFUSED_KEY},
            {"upstream": "mannco", "label": "Shop", "secret": MANNCO_KEY},
            {"upstream": "steam", "label": "Guard", "secret": STEAM_KEY,
             "steamid64": self.steamid64},
            {"upstream": "steam", "label": "Web", "secret": self.secrets["Steam access token"]},
        ]  # fmt: skip
        for place, fields in enumerate(typed):
            headers = HTMX if place % 2 else {}
            self.browser.post(reverse("key-add", args=[slug]), fields, headers=headers)
        self.key = UpstreamKey.objects.get(account__upstream=Upstream.VPSBOT)
        assert set(MarketAccount.objects.values_list("upstream", flat=True)) == set(Upstream)
        self.go("key-replace", self.key.pk, post={"secret": REFUSED_KEY})
        self.go("key-replace", self.key.pk, post={"secret": SECOND_VPSBOT_KEY})
        self.go("key-trade-link", self.key.pk, post={"trade_link": wrong_link})
        self.key.refresh_from_db()

    def mirror(self) -> None:
        """Well, and with rows that cannot be read, refusals, half answers and pages instead."""
        for variant in (3, 5):
            self.fault("malformed", "GET /api/", variant=variant, times=2)
        self._sync()
        for status in (500, 400):
            self.fault("status", "GET ", status=status, times=3)
        self.fault("cut", "GET ")
        self.fault("html", "GET ", times=2)
        self._sync()
        self.sandbox.faults.clear()
        self._sync()
        call_command("replay", verbosity=0)
        assert {trade.account.upstream for trade in Trade.objects.all()} >= {"vpsbot", "mannco"}
        assert SteamOffer.objects.exists()

    def _sync(self) -> None:
        for account in MarketAccount.objects.all():
            cursors.ensure(account)
            cursors.hasten(account)
            self.go("sync-now", account.pk, post={})
        serve_until_idle(MarketAccount.objects.values_list("pk", flat=True), lambda _: None)

    def sell(self) -> None:
        seller = Seller(self.server, self.cast.team, self.cast.alice, self.key)
        seller.offer(9_000)
        for lost in (False, True):
            draft = self._draft(f"5000000000{int(lost)}")
            self.fault("status", "POST .*match", status=400)
            self.go("sell-match", draft.pk, post={})
            self.go("sell-match", draft.pk, post={})
            self.go("sell-review", draft.pk, post={"message": "as agreed"})
            draft.refresh_from_db()
            self.go("sell-agree", draft.pk, post={"yes_token": str(draft.yes_token)})
            request = SellRequest.objects.latest("pk")
            if lost:
                self.fault("lost", "POST .*create", commit=True)
            sending.step(request.pk)
        assert SellRequest.objects.count() == 2

    def _draft(self, asset_id: str) -> SellDraft:
        return make_draft(
            team=self.cast.team, by=self.cast.alice, key=self.key, game_id=GAME,
            steamid64=self.key.trade_link_partner, items=[DraftAsset("2", asset_id, GOODS)],
        )  # fmt: skip

    def send_again(self) -> None:
        trade = Trade.objects.filter(account__upstream="mannco", status="5").get()
        form = self.go("trade-resend", trade.pk)
        token = _only(r'name="yes_token" value="([\w-]+)"', form)
        self.fault("status", "GET /trade/resend", status=400)
        self.go("trade-resend", trade.pk, post={"yes_token": token})
        serve_round()

    def take_out(self) -> None:
        """Files of every form, and the audit's."""
        for form in ("csv", "xlsx", "jsonl"):
            self.go("export-new", post={"format": form, "preset": "all"})
        self.go("audit-file", post={})
        self.browser.get(reverse("audit-file", args=[self.cast.team.slug]))
        serve_round()
        for export in Export.objects.all():
            self.go("export-file", export.pk)

    def look_at_everything(self) -> None:
        objects = dict(self._objects())
        for name, row in MATRIX.items():
            if row.about and row.about not in objects:
                continue
            kwargs: dict[str, object] = dict(row.kwargs)
            kwargs |= {"team": self.cast.team.slug} if name in TEAM_PAGES else {}
            kwargs |= {"pk": objects[row.about]} if row.about else {}
            address = reverse(name, kwargs=kwargs)
            if name not in SHOWN_TO_THE_OWNER:
                self.browser.get(address)
                if name in TEAM_PAGES:
                    self.browser.get(address, headers=HTMX)
        self.browser.get("/no-such-page/")

    def _objects(self) -> Iterator[tuple[str, int]]:
        yield "account", self.key.account_id
        yield "key", self.key.pk
        kinds = (
            ("trade", Trade), ("sell", SellRequest), ("draft", SellDraft),
            ("offer", SteamOffer), ("export", Export),
        )  # fmt: skip
        for about, model in kinds:
            if found := model.objects.order_by("-pk").values_list("pk", flat=True).first():
                yield about, found

    def look_as_operator(self) -> None:
        """Every list, and the newest row of each."""
        operator = ListeningClient(self.pages)
        operator.force_login(make_user(is_staff=True, is_superuser=True))
        operator.get(reverse("admin:index"))
        for model in admin.site._registry:
            names = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            operator.get(reverse(f"{names}_changelist"))
            newest = model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
            if newest is not None:
                operator.get(reverse(f"{names}_change", args=[newest]))


# Pages that show a person their own secret once, at their asking.
SHOWN_TO_THE_OWNER = {
    "mfa_activate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "account_logout",  # no secret, but the end of the visit
}


def _only(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, pattern
    return found[1]
