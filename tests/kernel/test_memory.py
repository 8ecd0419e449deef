import pytest
import torch

from untrained.kernel import memory
from untrained.kernel.memory import Taken, available_memory, free_of_container


def test_the_limit_of_a_container_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROCESS", tmp_path)
    monkeypatch.setattr(memory, "CONTROL_GROUPS", tmp_path / "groups")
    assert free_of_container() is None
    (tmp_path / "cgroup").write_text("4:memory:/a/b\n0::/c\n")
    outer = tmp_path / "groups" / "memory" / "a"
    (outer / "b").mkdir(parents=True)
    (outer / "memory.limit_in_bytes").write_text("5000\n")
    (outer / "memory.usage_in_bytes").write_text("1000\n")
    assert free_of_container() == 4000
    inner = tmp_path / "groups" / "c"
    inner.mkdir()
    (inner / "memory.max").write_text("max\n")
    (inner / "memory.current").write_text("10\n")
    assert free_of_container() == 4000
    (inner / "memory.max").write_text("110\n")
    assert free_of_container() == 100
    assert available_memory() == 100


def test_what_tensors_take_is_counted_and_what_they_let_go_is_not():
    with Taken() as taken:
        first = torch.zeros(1000)
        second = first + 1
        del first
        third = second.reshape(10, 100)
    assert taken.peak >= 8000
    assert taken.now == 4000
    del second, third
    assert taken.now == 0


def test_maps_that_the_backward_pass_needs_are_counted():
    weight = torch.rand(1000, requires_grad=True)
    with Taken() as taken:
        loss = (weight * weight).exp().sum()
        kept = taken.now
        loss.backward()
    assert kept >= 4000
    assert taken.peak > kept


def test_the_largest_tensor_is_known():
    with Taken() as taken:
        torch.zeros(1000)
        torch.zeros(10)
    assert taken.largest == 4000


def test_blocks_of_an_operation_are_given_back_and_those_after_it_are_kept_again(monkeypatch):
    calls = []
    with memory.given_back():
        assert not calls, "freed memory is not kept"
    monkeypatch.setattr(memory, "keeping", [lambda *words: calls.append(words)])
    with pytest.raises(ValueError), memory.given_back():  # noqa: PT011, PT012
        assert calls == [(memory.M_MMAP_MAX, memory.MMAP_MAX)]
        raise ValueError
    assert calls[1:] == [(memory.M_MMAP_MAX, 0)]
