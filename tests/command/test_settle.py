"""A target and an image that an experiment file names are a pair, as if both were typed."""

from untrained.command.settle import drop_default_image


def test_an_image_of_the_user_s_own_stays_beside_the_target(configure):
    config = configure("target.path=noisy.png", "image.path=clean.png")
    drop_default_image(config)  # Nothing was typed here: an experiment says both.
    assert config.image.path == "clean.png"


def test_the_default_image_goes(configure):
    config = configure("target.path=noisy.png")
    drop_default_image(config)
    assert config.image is None
