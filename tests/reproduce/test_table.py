import pytest
from omegaconf import OmegaConf

from untrained.reproduce import fits
from untrained.reproduce.result import measures
from untrained.reproduce.table import chosen, names, read_table

MEANS = {"dip-inpainting": 33.48, "dip-set5-x4": 29.90, "dip-set14-x4": 27.00, "dip-set5-x8": 25.89}


@pytest.mark.parametrize("name", names())
def test_every_table_says_all_and_its_numbers_are_decibels(name):
    table = read_table(name)
    assert all([table.title, table.paper, table.source, table.published_is, table.images])
    assert "image.path" in table.files
    published = [row.published for row in table.images.values() if row.published is not None]
    assert all(15 < number < 50 for number in [*published, *table.means.values()])


@pytest.mark.parametrize(("name", "mean"), MEANS.items())
def test_the_numbers_of_the_images_have_the_published_mean(name, mean):
    published = [row.published for row in read_table(name).images.values()]
    assert sum(published) / len(published) == pytest.approx(mean, abs=0.011)


@pytest.mark.parametrize("name", names())
def test_the_words_of_a_table_compose_as_it_says(name, configure, tmp_path):
    table = read_table(name)
    rows = list(table.images.values())
    for row in {rows[0].image: rows[0], rows[-1].image: rows[-1]}.values():
        (tmp_path / "experiment").mkdir(exist_ok=True)
        pictures = dict.fromkeys(table.files, tmp_path / f"{row.image}.png")
        tree = OmegaConf.create(fits.option(table, row, pictures))
        path = tmp_path / "experiment" / f"{row.image}.yaml"
        path.write_text(fits.HEADER + OmegaConf.to_yaml(tree))
        config = configure(f"hydra.searchpath=[file://{tmp_path}]", f"experiment={row.image}")
        assert config.steps == fits.steps_of(table, row, [])
        assert config.stopping.halt is None
        assert config.optimizer._target_ == "torch.optim.Adam"
        assert "nlm" not in config.baseline
        for word, picture in pictures.items():
            assert OmegaConf.select(config, word) == str(picture)


def test_the_rows_of_the_deep_decoder_differ_in_their_words():
    rows = read_table("deep-decoder-denoising").images
    assert rows["sigma30_width128"].words["noise"] == {"sigma": 30, "each_channel": True}
    assert rows["sigma60_width32_steps5000"].words["steps"] == 5000
    assert len({str(row.words) for row in rows.values()}) == len(rows)


def test_images_are_chosen_in_the_order_of_the_table():
    table = read_table("dip-denoising")
    assert [row.image for row in chosen(table, "peppers, F16")] == ["F16", "peppers"]
    assert len(chosen(table, "")) == 9


def test_what_there_is_is_said_of_an_unknown_table_or_image():
    with pytest.raises(ValueError, match="dip is not a table; there are .*dip-denoising"):
        read_table("dip")
    with pytest.raises(ValueError, match="--images: F17 is not an image of dip-denoising; there"):
        chosen(read_table("dip-denoising"), "F16,F17")


def test_the_compared_number_is_the_first_and_none_comes_twice():
    assert measures(read_table("dip-denoising")) == ["psnr.average", "psnr.last", "psnr.mean_image"]
    assert measures(read_table("dip-set5-x4")) == ["psnr.last"]
