import torch

from untrained.degradation.inpainting import Inpainting
from untrained.holdout import Holdout
from untrained.noise.gaussian import Gaussian
from untrained.seed import own_seed
from untrained.twin import Twin

GREY = torch.full((1, 1, 64, 64), 0.5)


def correlation(one, other):
    return torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].abs()


def test_what_is_drawn_with_one_seed_is_not_the_same_draw():
    noise = Gaussian(25, seed=0, clip=False)(GREY) - GREY
    assert correlation(Twin(1.0, seed=0).direction(GREY), noise) < 0.1
    for mask in (Holdout(0.5, seed=0).mask(GREY), Inpainting(0.5, seed=0).known(GREY)):
        assert correlation(mask.float(), noise) < 0.1
        assert correlation(mask.float(), noise.abs()) < 0.1


def test_a_seed_of_ones_own_is_the_same_each_time_and_far_from_its_neighbours():
    assert own_seed("mask", 3) == own_seed("mask", 3)
    assert len({own_seed("mask", seed) for seed in range(100)}) == 100
