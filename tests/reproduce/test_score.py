import pytest
import torch

from untrained import image
from untrained.metric import Metric
from untrained.reproduce.score import inside, scored
from untrained.reproduce.table import chosen, read_table

SET5 = read_table("dip-set5-x4")
BABY = chosen(SET5, "baby")


def pair_of(tmp_path, framed=False):
    """Write a clean picture, and a result that lies in a black frame."""
    clean = torch.rand(1, 3, 48, 40, generator=torch.Generator().manual_seed(0))
    result = (clean + 0.05).clamp(0.01, 1)
    if framed:
        frame = torch.zeros_like(clean)
        frame[..., 8:40, 4:36] = result[..., 8:40, 4:36]
        result = frame
    image.write(tmp_path / "baby_GT.png", clean)
    image.write(tmp_path / "baby_deep_prior.png", result)
    return image.read(tmp_path / "baby_deep_prior.png"), image.read(tmp_path / "baby_GT.png")


def test_a_result_picture_is_scored_by_the_metric_of_the_table(tmp_path):
    result, clean = pair_of(tmp_path)
    psnr = Metric("y", 4).psnr(result, clean).item()
    said = scored(SET5, BABY, tmp_path)
    assert said[1] == f"baby, {psnr:.2f}, 31.49, {psnr - 31.49:+.2f}"
    assert said[2].startswith(f"mean of 1, {psnr:.3f}, 31.49")


def test_a_result_in_a_black_frame_is_scored_within_it(tmp_path):
    result, clean = pair_of(tmp_path, framed=True)
    psnr = Metric("y", 4).psnr(result[..., 8:40, 4:36], clean[..., 8:40, 4:36]).item()
    assert scored(SET5, BABY, tmp_path)[1].startswith(f"baby, {psnr:.2f},")


def test_what_cannot_be_scored_is_said(tmp_path):
    with pytest.raises(ValueError, match="has no baby_deep_prior.png and 1 more"):
        scored(SET5, BABY, tmp_path)
    with pytest.raises(ValueError, match="deep-decoder-denoising has no result pictures"):
        scored(read_table("deep-decoder-denoising"), [], tmp_path)
    image.write(tmp_path / "baby_GT.png", torch.rand(1, 3, 32, 32))
    image.write(tmp_path / "baby_deep_prior.png", torch.rand(1, 3, 32, 16))
    with pytest.raises(ValueError, match="are not of one size"):
        scored(SET5, BABY, tmp_path)
    with pytest.raises(ValueError, match="is black"):
        inside(torch.zeros(1, 3, 8, 8))


def test_the_authors_inpainting_is_compared_with_their_pictures_not_with_the_paper(tmp_path):
    table = read_table("dip-inpainting")
    image.write(tmp_path / "house_GT.png", torch.full((1, 1, 32, 32), 0.5))
    image.write(tmp_path / "house_deep_prior.png", torch.full((1, 1, 32, 32), 0.6))
    assert ", 39.00, " in scored(table, chosen(table, "house"), tmp_path)[1]
