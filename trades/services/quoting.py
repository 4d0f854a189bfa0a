"""Asking the market for prices while a person waits; every answer is kept as a quote."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import transaction

from accounts.crypto import SealBroken
from accounts.models import Upstream, User
from dashboard.errors import UserError
from trades.connect import open_seller
from trades.models import DraftItem, Quote, QuoteLine, SellDraft
from trades.services.offers import Offer, Promised, offers_in, shares
from trades.sync.key_doubts import note_accepted, note_refusal
from trades.upstreams.errors import KeyRejected, UpstreamError
from trades.upstreams.http import IN_A_REQUEST
from trades.upstreams.records import MatchAnswer, MatchAsk
from trades.upstreams.sentences import sentence

SHORTEST_CALL = 0.05  # seconds; with less left a call cannot succeed


class Answered:
    """Who of the asked assets is taken, and the quote line that speaks of each."""

    def __init__(
        self, items: Sequence[DraftItem], offers: Sequence[Offer], lines: Mapping[str, QuoteLine]
    ) -> None:
        shared = shares([item.name for item in items], offers)
        self.lines = {item.pk: lines[item.name] for item in items}
        self.taken = {item.pk for item, offer in zip(items, shared, strict=True) if offer}

    def said(self) -> dict[int, QuoteLine]:
        """The line of what is taken, and of what has no buyer at all; not of what is left over."""
        return {pk: line for pk, line in self.lines.items() if pk in self.taken or not line.amount}


class Quoting:
    """The match calls of one request: they share one deadline and know what is promised already."""

    def __init__(self, draft: SellDraft, by: User, *, is_review: bool = False) -> None:
        self._draft = draft
        self._by = by
        self._is_review = is_review
        self._ends_at = time.monotonic() + IN_A_REQUEST.total_seconds
        self._promised: Promised = Counter()

    def ask(self, items: Sequence[DraftItem]) -> Answered:
        """One call, one quote. ``UserError`` with a sentence when the market cannot be asked."""
        asked = Counter(item.name for item in items)
        answer = self._call(asked)
        offers = offers_in(asked, answer, self._promised)
        for offer in offers:
            self._promised[answer.buyer_id, offer.name] += offer.amount
        return Answered(items, offers, self._keep(answer, offers))

    def _call(self, asked: Mapping[str, int]) -> MatchAnswer:
        key = self._draft.key
        label = Upstream(key.account.upstream).label
        seconds_left = self._ends_at - time.monotonic()
        if seconds_left < SHORTEST_CALL:
            raise UserError(f"{label} is too slow right now; try again in a moment.")
        patience = replace(IN_A_REQUEST, total_seconds=seconds_left)
        try:
            with open_seller(key, patience=patience) as client:
                answer = client.match(
                    self._draft.game_id, [MatchAsk(name, amount) for name, amount in asked.items()]
                )
        except UpstreamError as error:
            text = sentence(error, label)
            if isinstance(error, KeyRejected):
                note_refusal(key, text)
            raise UserError(text) from error
        except SealBroken:
            raise UserError("The stored key cannot be opened here; replace its secret.") from None
        note_accepted(key)
        return answer

    @transaction.atomic
    def _keep(self, answer: MatchAnswer, offers: Sequence[Offer]) -> dict[str, QuoteLine]:
        quote = Quote.objects.create(
            team=self._draft.team,
            account=self._draft.key.account,
            by=self._by,
            draft=self._draft,
            game_id=self._draft.game_id,
            buyer_id=answer.buyer_id,
            asked_at=answer.asked_at,
            is_review=self._is_review,
        )
        lines = QuoteLine.objects.bulk_create(
            QuoteLine(
                quote=quote,
                name=offer.name,
                asked_amount=offer.asked,
                amount=offer.amount,
                price_milli=offer.price_milli,
                error=offer.error,
            )
            for offer in offers
        )
        return {line.name: line for line in lines}
