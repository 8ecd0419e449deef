import os
import signal
import sys
import threading

import pytest
from PIL import Image

from untrained.command.complaint import one_line_errors
from untrained.reproduce import fits
from untrained.reproduce.folder import check_folder, write_mark
from untrained.reproduce.picture import check_pictures, cropped, size_of
from untrained.reproduce.table import chosen, read_table

DENOISING = read_table("dip-denoising")
SET5 = read_table("dip-set5-x4")


def test_the_time_foreseen_is_pixels_times_steps_times_a_rate():
    hill = DENOISING.images["hill"]
    seconds = fits.seconds_foreseen(DENOISING, hill, (256, 256), [])
    assert seconds == pytest.approx(1800 * 0.7, rel=0.01)  # docs/study.md: 0.70 s a step
    assert fits.seconds_foreseen(DENOISING, hill, (512, 512), ["steps=18"]) == pytest.approx(
        seconds * 4 / 100
    )


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("seed=1", "seed=1: the table sets seed; see --seeds"),
        ("image.path=a.png", "image.path=a.png: the table sets image.path; see --data and --out"),
        ("experiment=text", "experiment=text: the table sets experiment"),
        ("hydra.sweep.dir=x", "hydra.sweep.dir=x: the table sets hydra.sweep.dir"),
        ("steps=10,20", "steps=10,20: type one value"),
        ("model.width=range(8,32,8)", "type one value"),
    ],
)
def test_words_that_the_table_says_are_refused(word, said):
    with pytest.raises(ValueError, match=said.replace("(", "\\(").replace(")", "\\)")):
        fits.check_words(DENOISING, [word])


def test_other_words_are_let_through_and_a_launcher_is_no_word_of_a_fit():
    words = ["steps=10", "model.width=[8,16]", "hydra/launcher=joblib", "~callbacks.video"]
    fits.check_words(DENOISING, words)
    assert fits.words_of_fits(words) == [words[0], words[1], words[3]]


def test_the_command_is_one_sweep_over_images_and_seeds(tmp_path):
    rows = chosen(DENOISING, "F16,hill")
    line = fits.command(DENOISING, rows, [0, 1], ["steps=5"], tmp_path / "a b")
    assert line[-3:] == ["experiment=dip-denoising/F16,dip-denoising/hill", "seed=0,1", "steps=5"]
    assert f"hydra.sweep.dir='{(tmp_path / 'a b' / 'fits').resolve()}'" in line


def test_a_missing_picture_is_named_with_its_source(tmp_path):
    Image.new("RGB", (32, 32)).save(tmp_path / "F16_GT.png")
    said = (
        f"--data {tmp_path} has no F16_noisy.png, which dip-denoising needs; to be had from github"
    )
    with pytest.raises(ValueError, match=said):
        check_pictures(DENOISING, chosen(DENOISING, "F16"), tmp_path)
    with pytest.raises(ValueError, match="has no F16_noisy.png and 2 more"):
        check_pictures(DENOISING, chosen(DENOISING, "F16,hill"), tmp_path)


def test_a_picture_is_cropped_from_the_centre_and_the_user_s_file_is_left(tmp_path):
    picture = Image.new("L", (70, 40))
    picture.putpixel((3, 4), 200)  # the first pixel of 64 x 32 at the centre
    picture.save(tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()
    path = cropped({"image.path": tmp_path / "a.png"}, 32, tmp_path / "pictures")["image.path"]
    assert size_of(path) == (32, 64)
    assert Image.open(path).getpixel((0, 0)) == 200
    assert (tmp_path / "a.png").read_bytes() == before
    Image.new("L", (64, 32)).save(tmp_path / "b.png")
    kept = cropped({"image.path": tmp_path / "b.png"}, 32, tmp_path / "pictures")
    assert kept["image.path"] == tmp_path / "b.png"
    Image.new("L", (20, 64)).save(tmp_path / "c.png")
    with pytest.raises(ValueError, match="has 64 x 20 pixels, less than 32"):
        cropped({"image.path": tmp_path / "c.png"}, 32, tmp_path / "pictures")


def test_a_file_that_is_no_picture_is_named(tmp_path):
    (tmp_path / "a.png").write_text("text")
    with pytest.raises(ValueError, match="a.png is not a picture that can be read"):
        size_of(tmp_path / "a.png")


def test_a_folder_of_other_files_words_or_tables_is_refused(tmp_path):
    check_folder(tmp_path / "new", "dip-denoising", [])
    check_folder(tmp_path, "dip-denoising", [])
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds other files"):
        check_folder(tmp_path, "dip-denoising", [])
    write_mark(tmp_path, "dip-denoising", ["steps=5"])
    check_folder(tmp_path, "dip-denoising", ["steps=5"])
    with pytest.raises(ValueError, match="holds fits with steps=5: type the same"):
        check_folder(tmp_path, "dip-denoising", [])
    with pytest.raises(ValueError, match="holds dip-denoising: name another folder"):
        check_folder(tmp_path, "dip-inpainting", ["steps=5"])
    with pytest.raises(ValueError, match="is a file; name a folder"):
        check_folder(tmp_path / "mine.txt", "dip-denoising", [])


def test_a_table_that_was_edited_is_not_replaced(tmp_path):
    (tmp_path / "table.md").write_text("ours")
    write_mark(tmp_path, "dip-denoising", [])
    check_folder(tmp_path, "dip-denoising", [])
    (tmp_path / "table.md").write_text("mine")
    with pytest.raises(ValueError, match=r"table.md was edited: move it away"):
        check_folder(tmp_path, "dip-denoising", [])


def test_the_code_of_the_sweep_is_ours():
    assert fits.run([sys.executable, "-c", "raise SystemExit(3)"]) == 3


def test_what_is_wrong_with_the_sweep_is_one_line_of_it():
    said = "import os; raise SystemExit(int(os.environ['HYDRA_FULL_ERROR']))"
    with one_line_errors():
        assert fits.run([sys.executable, "-c", said]) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_goes_to_the_sweep_and_so_does_the_end_of_the_terminal(number):
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    threading.Timer(0.3, os.kill, (os.getpid(), number)).start()
    try:
        assert fits.run([sys.executable, "-c", "import time; time.sleep(60)"]) == 128 + number
    finally:
        signal.signal(signal.SIGHUP, before)
