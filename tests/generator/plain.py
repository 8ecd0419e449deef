"""The two networks as their papers describe them, of stock layers: ours are held against them."""

import torch
from torch import nn


def plain_decoder(in_channels, out_channels, width, depth, mode, upsample_first):
    layers = []
    for i in range(depth + 1):
        convolution = nn.Conv2d(width if i else in_channels, width, 1, bias=False)
        upsample = nn.Upsample(scale_factor=2, mode=mode)
        if upsample_first:
            layers += [*([upsample] if i else []), convolution]
        else:
            layers += [convolution, *([upsample] if i < depth else [])]
        layers += [nn.ReLU(), nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, nn.Conv2d(width, out_channels, 1, bias=False), nn.Sigmoid())


class Joined(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def unit(in_channels, out_channels, kernel, padding, stride=1):
    pad = {"reflect": nn.ReflectionPad2d, "zeros": nn.ZeroPad2d}[padding](kernel // 2)
    convolution = nn.Conv2d(in_channels, out_channels, kernel, stride)
    return [pad, convolution, nn.BatchNorm2d(out_channels), nn.LeakyReLU(0.2)]


def plain_scale(in_channels, widths, skips, kernels, mode, padding, mix):
    (width, *inner), (skip, *inner_skips), (down, up, aside) = widths, skips, kernels
    deeper = nn.Sequential(
        *unit(in_channels, width, down, padding, stride=2),
        *unit(width, width, down, padding),
        *([plain_scale(width, inner, inner_skips, kernels, mode, padding, mix)] if inner else []),
        nn.Upsample(scale_factor=2, mode=mode),
    )
    aside = [nn.Sequential(*unit(in_channels, skip, aside, padding))] if skip else []
    joined = skip + (inner[0] if inner else width)
    return nn.Sequential(
        Joined(*aside, deeper),
        nn.BatchNorm2d(joined),
        *unit(joined, width, up, padding),
        *(unit(width, width, 1, padding) if mix else []),
    )


def plain_hourglass(in_channels, out_channels, widths, skips, kernels, mode, padding, mix=True):
    scales = plain_scale(in_channels, widths, skips, kernels, mode, padding, mix)
    return nn.Sequential(scales, nn.Conv2d(widths[0], out_channels, 1), nn.Sigmoid())


def copied(source, target):
    """Copy the parameters one to one, in order, after drawing those of the norms too."""
    sources, targets = list(source.parameters()), list(target.parameters())
    assert [p.shape for p in sources] == [p.shape for p in targets]
    with torch.no_grad():
        for one, other in zip(sources, targets, strict=True):
            if one.ndim == 1:
                one.uniform_(-0.3, 0.3)
            other.copy_(one)


def check_equal(plain, ours, code):
    """Compare the images, and the gradients of every parameter that changes the image.

    The bias before a normalisation has the gradient 0, of which the plain network finds the
    rounding; there ours may have none. All in double precision, since the deepest
    maps here have a few pixels, whose normalisation blows rounding up.
    """
    plain, ours, code = plain.double(), ours.double(), code.double()
    assert (plain(code) - ours(code)).abs().max() < 1e-10
    for network in (plain, ours):
        (network(code) - 0.5).square().mean().backward()
    for one, other in zip(plain.parameters(), ours.parameters(), strict=True):
        gradient = torch.zeros_like(one) if other.grad is None else other.grad
        assert (one.grad - gradient).norm() < 1e-8 * max(1e-3, one.grad.norm())
