"""The guard over 10,000 offers: every theft is called one, and hardly anything else is."""

from collections import Counter
from datetime import timedelta

from tests.trades.sync.guard.offer_set import KNOWN_BOTS, Case, offer_set
from trades.sync.guard.facts import Known, Sight, TradeFacts
from trades.sync.guard.judge import LOOK_AGAIN, Judgement, Verdict, judge

SAFE = {Verdict.MATCHED, Verdict.HARMLESS}
POLL = timedelta(seconds=10)
SEED = 20260313


def known(case: Case, after: timedelta, asked: int | None, sight: Sight = Sight.SEES) -> Known:
    """What mirror and, where it was asked, market know so long after the offer appeared."""
    now = case.appears_at + after
    mirrored = [told.trade for told in case.trades if told.mirrored_at <= now]
    told_now = [
        told.trade
        for told in case.trades
        if asked and told.market_at <= now and told.trade.offer_id == case.offer.offer_id
    ]
    return Known(
        now=now, sight=sight, asked=asked, trades=_newest(mirrored, told_now), sells=case.sells,
        others=case.others, bots=frozenset(KNOWN_BOTS),
    )  # fmt: skip


def _newest(mirrored: list[TradeFacts], told: list[TradeFacts]) -> tuple[TradeFacts, ...]:
    rows = {trade.trade_id: trade for trade in mirrored}
    return tuple((rows | {trade.trade_id: trade for trade in told}).values())


def watch(case: Case, polled: timedelta, sight: Sight = Sight.SEES) -> tuple[Judgement, timedelta]:
    """The first final judgement and when it came, polling as the mirror does."""
    after, asked = polled, 0
    judgement = judge(case.offer, known(case, after, asked, sight))
    while judgement.asks_market and asked < 4:
        asked += 1
        judgement = judge(case.offer, known(case, after, asked, sight))
        if judgement.asks_market:
            after += LOOK_AGAIN
    return judgement, after


def test_every_theft_is_called_one_and_hardly_anything_else() -> None:
    missed: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for number, case in enumerate(offer_set(SEED)):
        polled = POLL * (number % 11) / 10
        judgement, after = watch(case, polled)
        alarmed = judgement.verdict is Verdict.ALARM
        if case.is_hostile and not (alarmed and after <= polled + timedelta(seconds=5)):
            missed[case.kind] += 1
        if alarmed and not case.is_hostile:
            false[case.kind] += 1
    assert missed == Counter()
    assert false.total() <= 2, false


def test_every_alarm_says_why_in_words() -> None:
    for case in offer_set(SEED + 1, total=400, hostile=200):
        judgement, _ = watch(case, POLL)
        if case.is_hostile:
            assert judgement.reasons
            assert all(reason.endswith(".") for reason in judgement.reasons)


def test_nothing_is_called_safe_while_blind() -> None:
    for case in offer_set(SEED + 2, total=1000, hostile=200):
        judgement, _ = watch(case, POLL, Sight.BLIND)
        assert not (judgement.verdict in SAFE and case.offer.is_live), case.kind
        assert not case.is_hostile or judgement.verdict is Verdict.ALARM


def test_a_market_that_cannot_be_asked_makes_no_theft_safe_and_no_sale_a_theft() -> None:
    for case in offer_set(SEED + 3, total=2000, hostile=200):
        judgement = judge(case.offer, known(case, POLL, None))
        if case.is_hostile:
            assert judgement.verdict in {Verdict.ALARM, Verdict.WAITING}, case.kind
        elif case.kind != "re-sent":
            assert judgement.verdict is not Verdict.ALARM, case.kind
