"""k-space with 0 where nothing is measured."""

import torch

from untrained.baseline.zero_filled import ZeroFilled
from untrained.degradation.mri import Mri, fourier


def test_of_a_picture_it_is_the_magnitude_and_of_coils_one_image_each():
    picture = torch.rand(1, 1, 32, 24)
    degradation = Mri()
    target = degradation(picture)
    assert torch.equal(ZeroFilled()(target, degradation), degradation.view(target)[0])
    coils = Mri(white=1)
    phase = torch.exp(1j * torch.tensor([0.0, 1.0, 2.0]))[:, None, None]
    kspace = coils.given(torch.view_as_real(fourier(picture[0] * phase)))
    image = ZeroFilled()(kspace, coils)
    assert image.shape == coils.shape(kspace) == (1, 6, 32, 24)
    torch.testing.assert_close(coils.visible(image), 3**0.5 * picture)
