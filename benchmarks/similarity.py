"""Milliseconds of SSIM and its gradient, ours and theirs: `python benchmarks/similarity.py`.

Ours and that of torchmetrics take turns on one thread, on a grey and a colour picture of 256 x 256.
Prints the medians in a table in Markdown.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from untrained.kernel.memory import keep_freed_memory
from untrained.kernel.similarity import structural_similarity

ROUNDS = 20
WARM_UP = 2


def main() -> None:
    """Time both, and print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    keep_freed_memory()
    torch.set_num_threads(1)
    print("| channels | ours, ms | torchmetrics, ms |\n|---|---|---|")
    for channels in (1, 3):
        image = torch.rand(1, channels, 256, 256)
        noisy = (image + 0.05 * torch.randn_like(image)).requires_grad_()
        found: dict[Callable[..., Tensor], list[float]] = {structural_similarity: [], theirs: []}
        for _ in range(ROUNDS + WARM_UP):
            for similarity, each in found.items():
                start = time.perf_counter()
                torch.autograd.grad(similarity(noisy, image), noisy)
                each.append(1000 * (time.perf_counter() - start))
        medians = [statistics.median(each[WARM_UP:]) for each in found.values()]
        print(f"| {channels} | {medians[0]:.1f} | {medians[1]:.1f} |", flush=True)


def theirs(image: Tensor, reference: Tensor) -> Tensor:
    """Return the SSIM of torchmetrics, 0-dim, in the layout in which it is fastest on a CPU."""
    layout = torch.channels_last
    images = [each.contiguous(memory_format=layout) for each in (image, reference)]
    value = structural_similarity_index_measure(images[0], images[1], data_range=1.0)
    assert isinstance(value, Tensor)
    return value


if __name__ == "__main__":
    main()
