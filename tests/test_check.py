import math

import pytest

from untrained.check import choice, flag, number, whole

NO_NUMBERS = [True, False, None, "1", math.nan, math.inf, -math.inf, [1], {}]


@pytest.mark.parametrize("value", [*NO_NUMBERS, 1.5, 0])
def test_whole_refuses_what_is_no_count(value):
    with pytest.raises(ValueError, match="^steps must be a whole number from 1 up, got "):
        whole("steps", value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, -0.1])
def test_number_refuses_what_is_none(value):
    with pytest.raises(ValueError, match="^sigma must be a number from 0 up, got "):
        number("sigma", value, least=0)


@pytest.mark.parametrize(
    ("limits", "value", "said"),
    [
        ({"least": 0, "under": 1}, 1, "from 0 to less than 1"),
        ({"least": 0, "most": 1}, 2, "from 0 to 1"),
        ({"over": 0}, 0, "over 0"),
        ({"over": 0, "under": 1}, 1, "between 0 and 1"),
        ({"over": 0, "most": 1}, 0, "over 0 up to 1"),
        ({"most": 1}, 2, "up to 1"),
    ],
)
def test_the_limits_of_a_number_are_said(limits, value, said):
    with pytest.raises(ValueError, match=f"^share must be a number {said}, got {value}$"):
        number("share", value, **limits)


def test_a_good_word_comes_back():
    assert whole("steps", 3) == 3
    assert number("lr", 0.5, over=0) == 0.5
    assert flag("clip", False) is False
    assert choice("mode", None, (None, "fast")) is None


@pytest.mark.parametrize("value", [0, 1, "no", None])
def test_flag_refuses_what_is_neither(value):
    with pytest.raises(ValueError, match="^clip must be true or false, got "):
        flag("clip", value)


@pytest.mark.parametrize("value", ["bicubic", True, None, 3])
def test_choice_names_the_options(value):
    with pytest.raises(ValueError, match="^upsample must be bilinear or nearest, got "):
        choice("upsample", value, ("bilinear", "nearest"))
