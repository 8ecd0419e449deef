"""The weights of networks, packed without loss."""

import pytest
import torch

from untrained.record.weights import packed, read_saved, unpacked, write_saved


def test_every_bit_of_weights_of_any_type_and_layout_comes_back():
    weights = [
        torch.randn(3, 5),
        torch.randn(7, dtype=torch.float64),
        torch.tensor([1.5, float("nan"), -0.0], dtype=torch.bfloat16),  # 6 bytes
        torch.randn(4, 6).T,
        torch.tensor(2.0),
        torch.empty(0),
    ]
    found = unpacked(packed(weights), like=weights)
    for weight, each in zip(weights, found, strict=True):
        assert each.dtype == weight.dtype
        assert each.shape == weight.shape
        assert torch.equal(each.nan_to_num(9), weight.nan_to_num(9))


def test_weights_of_other_shapes_are_refused():
    with pytest.raises(RuntimeError):
        unpacked(packed([torch.ones(3)]), like=[torch.ones(4)])


def test_weights_take_fewer_bytes_than_their_numbers():
    weight = torch.randn(20_000)
    assert packed([weight]).nbytes < 0.9 * weight.nbytes


def test_a_file_is_not_blamed_for_too_little_memory(tmp_path, monkeypatch):
    def load(*_, **__):
        raise MemoryError

    write_saved(tmp_path / "whole.pt", {"weight": torch.ones(2)})
    assert torch.equal(read_saved(tmp_path / "whole.pt")["weight"], torch.ones(2))
    monkeypatch.setattr(torch, "load", load)
    with pytest.raises(MemoryError):
        read_saved(tmp_path / "whole.pt")
