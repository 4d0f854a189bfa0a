"""Each upstream that takes keys has streams, and each stream has a step."""

from accounts.models import Upstream
from trades.sync.schedule import SCHEDULES, URGENCY
from trades.sync.streams import STEPS
from trades.upstreams.registry import UPSTREAMS
from trades.views.key_forms import KEY_FORMS


def test_upstreams_that_take_keys_have_streams_a_form_and_a_choice() -> None:
    takes_keys = {each.slug: each.label for each in UPSTREAMS.values() if each.takes_keys}
    assert takes_keys == dict(Upstream.choices)
    assert set(takes_keys) == set(SCHEDULES) == set(KEY_FORMS)


def test_every_stream_has_a_step_and_a_place() -> None:
    assert set(STEPS) == set(URGENCY)
    assert len(set(URGENCY)) == len(URGENCY)
