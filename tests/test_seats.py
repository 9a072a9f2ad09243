"""Seats: how many talks at once, and how many that nobody has joined."""

import pytest

from processors.seats import UNCONNECTED, Busy, Seat, Seats


def test_a_hundred_offers_leave_five_half_open():
    seats = Seats(talks=100, half_open=5)
    refused = 0
    for number in range(100):
        try:
            seats.take(str(number))
        except Busy:
            refused += 1
    assert (seats.half_open, refused) == (5, 95)


def test_a_joined_talk_makes_room_for_another_offer():
    seats = Seats(talks=10, half_open=1)
    seat = seats.take("a")
    with pytest.raises(Busy):
        seats.take("b")
    seat.join()
    seats.take("b")
    assert len(seats) == 2


def test_one_talk_too_many_is_told_when_to_come_back():
    seats = Seats(talks=1, half_open=5)
    seats.take("a", joined=True)
    with pytest.raises(Busy) as busy:
        seats.take("b", joined=True)
    assert busy.value.seconds > 0
    seats.free("a")
    seats.take("b", joined=True)


def test_a_session_takes_one_seat_however_often_it_asks():
    seats = Seats(talks=1, half_open=1)
    seats.take("a")
    seats.take("a", joined=True)
    assert len(seats) == 1
    seats.free("a")
    seats.free("a")
    assert len(seats) == 0


def test_time_to_join_runs_from_when_the_seat_was_taken():
    seat = Seat(taken=100.0)
    assert seat.left(104.0) == UNCONNECTED - 4
    assert seat.left(200.0) == 0
