"""A class of the user's own: it is found, or the true reason is said."""

from pathlib import Path

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

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
