import pytest
import torch

from untrained.degradation.blur import Blur
from untrained.degradation.compressed_sensing import CompressedSensing
from untrained.degradation.downsampling import Downsampling
from untrained.degradation.identity import Identity
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.jpeg import JpegFile
from untrained.degradation.mri import Mri
from untrained.degradation.operator import Degradation
from untrained.degradation.tomography import Tomography
from untrained.noise.correlated import Correlated
from untrained.noise.gaussian import Gaussian
from untrained.noise.jpeg import Jpeg
from untrained.noise.poisson import Poisson
from untrained.noise.salt_and_pepper import SaltAndPepper
from untrained.noise.speckle import Speckle
from untrained.trainer.data import Observation, SingleImage, paired

IMAGE = torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(0))
TARGET = torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(1))
NONE = torch.nn.Identity()  # conf/noise/none.yaml


def test_each_step_is_given_the_same_observation():
    data = SingleImage(IMAGE, Identity(), Gaussian(25), steps=3)
    batches = list(data.train_dataloader())
    assert len(batches) == 3
    assert all(isinstance(batch, Observation) for batch in batches)
    assert all(torch.equal(batch.target, data.observation.target) for batch in batches)
    assert torch.equal(data.observation.clean, IMAGE)
    assert not torch.equal(data.observation.target, IMAGE)


def test_an_image_alone_is_clean_and_its_target_simulated():
    data = SingleImage(IMAGE, Identity(), Gaussian(25), steps=3)
    assert torch.equal(data.observation.clean, IMAGE)
    assert torch.equal(data.observation.target, Gaussian(25)(IMAGE))
    assert data.noisy
    assert data.shape == IMAGE.shape


def test_an_image_that_nothing_was_done_to_is_not_called_clean():
    data = SingleImage(IMAGE, Identity(), NONE, steps=3)
    assert data.observation.clean is None
    assert torch.equal(data.observation.target, IMAGE)
    assert data.noisy, "a photo has some noise"


def test_a_target_alone_is_fitted_as_it_is_and_no_clean_image_is_known():
    data = SingleImage(None, Identity(), Gaussian(25), steps=3, target=TARGET)
    assert data.observation.clean is None
    assert torch.equal(data.observation.target, TARGET)
    assert data.noisy


def test_of_a_pair_the_target_is_fitted_and_the_image_is_clean():
    data = SingleImage(IMAGE, Identity(), Gaussian(25), steps=3, target=TARGET)
    assert torch.equal(data.observation.clean, IMAGE)
    assert torch.equal(data.observation.target, TARGET)


def test_a_pair_of_which_both_are_the_same_picture_has_a_clean_image_all_the_same():
    data = SingleImage(IMAGE, Identity(), NONE, steps=3, target=IMAGE)
    assert torch.equal(data.observation.clean, IMAGE)


def test_without_an_image_and_a_target_both_words_are_named():
    with pytest.raises(ValueError, match=r"^image is missing, and so is target\.path"):
        SingleImage(None, Identity(), Gaussian(25), steps=3)


@pytest.mark.parametrize("target", [None, TARGET[..., :8, :10]])
@pytest.mark.parametrize(
    ("noise", "noisy"), [(NONE, False), (Gaussian(0), False), (Gaussian(25), True)]
)
def test_beside_another_degradation_the_noise_says_whether_the_target_has_any(noise, noisy, target):
    data = SingleImage(IMAGE, Downsampling(2), noise, steps=3, target=target)
    assert data.noisy is noisy
    assert torch.equal(data.observation.clean, IMAGE), "something was done to it"
    assert data.observation.target.shape == (1, 3, 8, 10)


@pytest.mark.parametrize("noise", [NONE, Gaussian(25)])
def test_without_a_degradation_there_is_always_some_noise(noise):
    assert SingleImage(IMAGE, Identity(), noise, steps=3).noisy
    assert SingleImage(None, Identity(), noise, steps=3, target=TARGET).noisy


def test_of_a_small_target_the_image_is_large():
    data = SingleImage(None, Downsampling(4), NONE, steps=3, target=TARGET)
    assert data.shape == (1, 3, 64, 80)
    assert torch.equal(data.observation.target, TARGET)


def test_a_clean_image_is_cropped_to_what_the_degradation_takes():
    data = SingleImage(torch.rand(1, 3, 19, 22), Downsampling(4), NONE, steps=3)
    assert data.shape == data.observation.clean.shape
    assert data.observation.target.shape == (1, 3, data.shape[2] // 4, data.shape[3] // 4)


@pytest.mark.parametrize(
    ("image", "degradation", "found", "needed"),
    [
        (IMAGE, Downsampling(2), "16 x 20, 3 channels", "32 x 40, 3 channels"),
        (IMAGE[:, :1], Identity(), "16 x 20, 1 channel", "16 x 20, 3 channels"),
        (IMAGE[..., :15], Identity(), "16 x 15, 3 channels", "16 x 20, 3 channels"),
    ],
)
def test_a_pair_that_no_degradation_makes_is_refused(image, degradation, found, needed):
    with pytest.raises(ValueError, match=f"^image is {found} and the target needs {needed}$"):
        SingleImage(image, degradation, NONE, steps=3, target=TARGET)


@pytest.mark.parametrize("noise", [Gaussian(25, clip=False), SaltAndPepper(0.5)])
@pytest.mark.parametrize("each_channel", [False, True])
def test_a_lost_pixel_has_no_noise(noise, each_channel):
    lost = Inpainting(0.5, each_channel=each_channel)
    data = SingleImage(IMAGE, lost, noise, steps=3)
    known = lost.known(IMAGE).expand_as(IMAGE)
    assert data.observation.target[~known].abs().max() == 0
    assert torch.equal(data.observation.target[known], noise(lost(IMAGE))[known])
    assert torch.equal(data.observation.clean, IMAGE)
    assert data.noisy


def test_of_a_target_of_one_s_own_the_lost_pixels_cannot_be_drawn():
    with pytest.raises(ValueError, match="^mask is needed with a target of your own"):
        SingleImage(None, Inpainting(0.5), NONE, steps=3, target=TARGET)


def test_the_observation_is_brought_to_the_device_once():
    data = SingleImage(IMAGE, Identity(), Gaussian(25), steps=3)
    first, *others = (
        data.transfer_batch_to_device(batch, torch.device("meta"), 0)
        for batch in data.train_dataloader()
    )
    assert first.target.device.type == "meta"
    assert all(each is first for each in others)
    assert data.observation.target.device.type == "cpu", "figures draw it"


@pytest.mark.parametrize("steps", [0, -1, 1.5, "many", True])
def test_bad_steps_are_refused(steps):
    with pytest.raises(ValueError, match="^steps must be"):
        SingleImage(IMAGE, Identity(), NONE, steps)


class Halved(Degradation):
    def forward(self, images):
        return torch.nn.functional.avg_pool2d(images, 2)


def test_a_degradation_of_one_s_own_that_does_not_make_the_target_is_refused():
    message = (
        r"^degradation makes 1 x 3 x 8 x 10 of an image 1 x 3 x 16 x 20, "
        r"and the target is 1 x 3 x 16 x 20: its method `shape`"
    )
    with pytest.raises(ValueError, match=message):
        SingleImage(None, Halved(), NONE, steps=3, target=TARGET)


def test_the_clean_image_is_what_a_measurement_sees_of_it():
    blur = Blur("uniform", size=3)
    data = SingleImage(IMAGE, blur, NONE, steps=3)
    assert data.shape == IMAGE.shape
    assert torch.equal(data.observation.clean, IMAGE[..., 1:-1, 1:-1])
    assert data.observation.clean.shape == data.observation.target.shape


def test_beside_a_target_the_clean_image_may_be_whole_or_what_is_seen_of_it():
    blur = Blur("uniform", size=3)
    whole = torch.rand(1, 3, 18, 22)
    for clean in (whole, whole[..., 1:-1, 1:-1]):
        data = SingleImage(clean, blur, NONE, steps=3, target=TARGET)
        assert data.shape == whole.shape
        assert torch.equal(data.observation.clean, whole[..., 1:-1, 1:-1])
    with pytest.raises(ValueError, match="^image is 17 x 22, 3 channels and the target needs 16 x"):
        SingleImage(whole[..., 1:, :], blur, NONE, steps=3, target=TARGET)


@pytest.mark.parametrize("operator", [JpegFile(), Tomography(), CompressedSensing(block=4)])
def test_beside_a_measurement_the_clean_image_is_cropped_as_for_it(operator):
    clean = torch.rand(1, 3, 38, 45)
    part = operator.cropped(clean)
    assert part.shape != clean.shape
    shape = operator.shape(operator.observe(part))
    seen = operator.visible(part)
    assert torch.equal(paired(operator, clean, shape), seen)
    assert torch.equal(paired(operator, part, shape), seen)
    with pytest.raises(ValueError, match="^image is .* and the target needs "):
        paired(operator, clean[..., :20], shape)


@pytest.mark.parametrize("operator", [Mri(), Tomography(), CompressedSensing(block=4)])
def test_what_is_no_picture_is_not_clipped(operator):
    image = operator.cropped(IMAGE)
    data = SingleImage(image, operator, Gaussian(0, clip=False), steps=3)
    assert torch.equal(data.observation.target, operator(image))
    assert not data.noisy
    assert SingleImage(image, operator, Gaussian(10, clip=False), steps=3).noisy
    pictures = [Gaussian(0), Poisson(30), SaltAndPepper(0.1), Speckle(25), Correlated(25), Jpeg()]
    for noise in pictures:
        with pytest.raises(
            ValueError, match="^noise is for a picture in .0, 1., and the target of [A-Z]"
        ):
            SingleImage(image, operator, noise, steps=3)
