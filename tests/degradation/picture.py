"""A picture, and what a fit that has not ended makes of it."""

import torch
from skimage import data
from torch.nn.functional import avg_pool2d

COLOUR = torch.from_numpy(data.astronaut()[:120, 100:220]).permute(2, 0, 1)[None] / 255


def smoothed(image, times=3):
    for _ in range(times):
        image = avg_pool2d(image, 3, stride=1, padding=1, count_include_pad=False)
    return image


def psnr(image, clean):
    return -10 * (image - clean).square().mean().log10().item()
