"""A class of the user's own: it is found, or the true reason is said."""

from pathlib import Path

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from untrained import restore
from untrained.command.complaint import complaint
from untrained.command.own import drop_words_of_another

FILES = {
    "own_net": "class Net:\n    def __init__(self, width=1): pass\n",
    "own_broken": "import not_there\n",
    "own_boom": "1 / 0\n",
    "own_syntax": "class Net(:\n",
}
REASONS = {
    "own_net.Nett": "model._target_=own_net.Nett: own_net has no Nett; did you mean Net?",
    "own_nett.Net": "model._target_=own_nett.Net: there is no own_nett.py here, nor a package of "
    "that name; did you mean own_net.Net?",
    "own_broken.Net": "model._target_=own_broken.Net needs not_there, which is not installed",
    "own_boom.Net": "model._target_=own_boom.Net cannot be imported: ZeroDivisionError: "
    "division by zero (own_boom.py, line 1)",
    "own_syntax.Net": "model._target_=own_syntax.Net cannot be imported: SyntaxError: ",
    "Net": "model._target_=Net must name a file and its class, as in mynet.MyNet",
    "./own_net.py": "model._target_=./own_net.py must name a file and its class",
    "own_net": "model._target_=own_net must name a file and its class",
    "torch.optim.Adamm": "model._target_=torch.optim.Adamm: torch.optim has no Adamm; did you mean",
}


@pytest.fixture(autouse=True)
def _beside(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in FILES.items():
        Path(f"{name}.py").write_text(text)


@pytest.mark.parametrize("target", REASONS)
def test_the_true_reason_is_said(target):
    config = OmegaConf.create({"model": {"_target_": target}})
    with pytest.raises(Exception, match=".") as error:
        instantiate(config.model)
    assert str(complaint(error.value, config)).startswith(REASONS[target])


def test_words_that_another_class_does_not_take_are_dropped_unless_they_were_typed():
    chosen = {"model": {"_target_": "torch.nn.ReLU", "width": 3, "depth": 2, "mix": True}}
    own = {"model": chosen["model"] | {"_target_": "own_net.Net"}, "z": "${model.depth}"}
    config = OmegaConf.create(own)
    drop_words_of_another(config, OmegaConf.create(chosen | {"z": 1}), {"model.mix"})
    left = {"model": {"_target_": "own_net.Net", "width": 3, "mix": True}, "z": 2}
    assert OmegaConf.to_container(config) == left


NETWORK = """
import torch

class Net(torch.nn.Module):
    def __init__(self, in_channels, out_channels, size):
        super().__init__()
        self.layer = torch.nn.Conv2d(in_channels, out_channels, 1)
        self.code_size = size

    def forward(self, code):
        return self.layer(code)

class Bare(Net):
    def __init__(self, in_channels, out_channels, size):
        super().__init__(in_channels, out_channels, size)
        del self.code_size

def bare(in_channels, out_channels, size):
    return Bare(in_channels, out_channels, size)

class Small(Net):
    def forward(self, code):
        return self.layer(code)[..., ::2]

class Grey(Net):
    def forward(self, code):
        return self.layer(code)[:, :1]

class Pair(Net):
    def forward(self, code):
        return self.layer(code), code
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Bare", "model._target_=own.Bare: Bare has no code_size, which is needed of it here"),
        ("bare", "model._target_=own.bare: Bare has no code_size, which is needed of it here"),
        (
            "Small",
            "model makes an image of which A makes 3 x 16 x 8, and the target is 3 x 16 x 16",
        ),
        ("Grey", "model makes an image of which A makes 1 x 16 x 16, and the target is 3 x 16 x 1"),
        ("Pair", "model returns a tuple, and an image is a tensor"),
    ],
)
def test_a_network_that_is_none_is_told_in_a_line(name, line):
    Path("own.py").write_text(NETWORK)
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        restore(
            np.linspace(0, 1, 3 * 16 * 16).reshape(3, 16, 16),
            f"model._target_=own.{name}",
            latent="uniform",
            channel_axis=0,
            progress=False,
        )
    assert str(error.value).startswith(line)
