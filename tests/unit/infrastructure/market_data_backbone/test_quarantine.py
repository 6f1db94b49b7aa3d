from upbit_auto_trading.infrastructure.market_data_backbone.quarantine import ChannelQuarantine
from upbit_auto_trading.infrastructure.upbit.timings import Timings


def _spoil(quarantine: ChannelQuarantine, *moments: float, channel: str = "trade") -> list[bool]:
    return [quarantine.unreadable(channel, moment) for moment in moments]


def test_five_unreadable_frames_in_ten_seconds_put_their_channel_aside() -> None:
    quarantine = ChannelQuarantine(Timings())
    assert _spoil(quarantine, 0, 2, 4, 6, 9.9) == [False, False, False, False, True]
    assert quarantine.channels == {"trade"}
    assert quarantine.counts == {"trade": 1}


def test_five_in_a_longer_time_or_of_several_channels_do_not() -> None:
    quarantine = ChannelQuarantine(Timings())
    assert not any(_spoil(quarantine, 0, 3, 6, 9, 12, 15, 18))
    assert not any(_spoil(quarantine, 18, 18, 18, 18, channel="ticker"))
    assert quarantine.channels == frozenset()


def test_a_channel_is_let_in_again_when_its_time_is_over() -> None:
    quarantine = ChannelQuarantine(Timings())
    _spoil(quarantine, 0, 0, 0, 0, 0)
    assert quarantine.ended(29.9) == frozenset()
    assert quarantine.ended(30.0) == {"trade"}
    assert quarantine.channels == frozenset()


def test_a_channel_that_goes_on_like_that_stays_out_twice_as_long_each_time() -> None:
    quarantine = ChannelQuarantine(Timings())
    now, lasted = 0.0, []
    for _ in range(6):
        _spoil(quarantine, *[now] * 5)
        began = now
        while not quarantine.ended(now):
            now += 1.0
        lasted.append(now - began)
    assert lasted == [30, 60, 120, 240, 240, 240]


def test_after_a_long_good_time_a_quarantine_is_short_again() -> None:
    quarantine = ChannelQuarantine(Timings())
    _spoil(quarantine, *[0.0] * 5)
    quarantine.ended(30.0)
    _spoil(quarantine, *[1000.0] * 5)
    assert quarantine.ended(1030.0) == {"trade"}
