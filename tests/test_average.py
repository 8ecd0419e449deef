import pytest
import torch

from untrained.average import (
    ExponentialAverage,
    NoAverage,
    PolynomialAverage,
    SnapshotAverage,
    WindowAverage,
)


def test_running_update_equals_the_sum_it_stands_for():
    average = ExponentialAverage(decay=0.9)
    images = torch.rand(20, 1, 1, 4, 4)
    for image in images:
        result = average(image)
    weights = torch.tensor([0.9**19] + [0.1 * 0.9**k for k in reversed(range(19))])
    torch.testing.assert_close(result, (weights[:, None, None, None, None] * images).sum(0))


AVERAGES = {
    "exponential": ExponentialAverage,
    "polynomial": PolynomialAverage,
    "window": lambda: WindowAverage(5),
    "snapshot": lambda: SnapshotAverage(5),
}


@pytest.mark.parametrize("make", AVERAGES.values(), ids=AVERAGES)
@pytest.mark.parametrize("seen", [0, 3, 7, 12])
def test_state_survives_a_checkpoint(make, seen, tmp_path):
    first, second = make(), make()
    for image in torch.rand(seen, 1, 3, 5, 7):
        first(image)
    torch.save(first.state_dict(), tmp_path / "state")
    second.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    for image in torch.rand(6, 1, 3, 5, 7):
        assert torch.equal(first(image), second(image))


@pytest.mark.parametrize("make", AVERAGES.values(), ids=AVERAGES)
def test_what_was_given_does_not_change_with_the_image_that_was_taken(make):
    average, image = make(), torch.zeros(1, 1, 4, 4)
    result = average(image)
    image.fill_(1)
    assert result.max() == 0


def test_the_window_is_the_mean_of_its_images_after_many_steps():
    average, images = WindowAverage(7), torch.rand(3000, 1, 1, 4, 5)
    images[:1500] *= 1e3  # What has left the window leaves no rounding error in it.
    for step, image in enumerate(images, 1):
        result = average(image)
        if step < 30 or step > 2950:
            torch.testing.assert_close(result, images[max(0, step - 7) : step].mean(0))


def test_the_snapshot_average_is_the_mean_from_its_start_on():
    average, images = SnapshotAverage(start=4), torch.rand(2000, 1, 1, 4, 5)
    for step, image in enumerate(images):
        result = average(image)
        expected = image if step < 4 else images[4 : step + 1].mean(0)
        if step < 30 or step > 1950:
            torch.testing.assert_close(result, expected)


def test_the_polynomial_average_weighs_a_step_by_a_power_of_it():
    average, images = PolynomialAverage(eta=2), torch.rand(300, 1, 1, 4, 5)
    for image in images:
        result = average(image)
    t = torch.arange(1.0, 301)
    weights = t * (t + 1) / (t * (t + 1)).sum()  # Up to a factor t^2 where t is large.
    torch.testing.assert_close(result, (weights[:, None, None, None, None] * images).sum(0))
    assert average.age == pytest.approx(299 / 4)


@pytest.mark.parametrize("make", AVERAGES.values(), ids=AVERAGES)
def test_the_age_is_how_far_it_lags_behind_what_grows_steadily(make):
    average = make()
    for step in range(40):
        result = average(torch.full((1, 1, 2, 2), float(step)))
        assert result[0, 0, 0, 0] == pytest.approx(step - average.age, abs=1e-4)


def test_no_average_gives_nothing_and_has_no_age():
    average = NoAverage()
    assert average(torch.rand(1, 1, 4, 4)) is None
    assert average.age == 0


@pytest.mark.parametrize("make", AVERAGES.values(), ids=AVERAGES)
def test_of_several_fits_each_has_its_own_average(make):
    together, alone = make(), [make(), make()]
    for images in torch.rand(8, 2, 3, 4, 5):
        result = together(images)
        each = [average(image[None]) for average, image in zip(alone, images, strict=True)]
    torch.testing.assert_close(result, torch.cat(each))


@pytest.mark.parametrize("decay", [-0.1, 1, 2, False, True, float("nan"), "fast"])
def test_bad_decay_is_refused(decay):
    with pytest.raises(ValueError, match="^decay must be"):
        ExponentialAverage(decay)


@pytest.mark.parametrize("window", [0, -1, 2.5, True, "long"])
def test_bad_window_is_refused(window):
    with pytest.raises(ValueError, match="^window must be"):
        WindowAverage(window)


@pytest.mark.parametrize("start", [-1, 2.5, True, "late"])
def test_bad_start_is_refused(start):
    with pytest.raises(ValueError, match="^start must be"):
        SnapshotAverage(start)


@pytest.mark.parametrize("eta", [-1, True, float("inf"), float("nan"), "wide"])
def test_bad_eta_is_refused(eta):
    with pytest.raises(ValueError, match="^eta must be"):
        PolynomialAverage(eta)
