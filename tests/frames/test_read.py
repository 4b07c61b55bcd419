import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from skmer.frames import frame_label, read_bytes, read_image

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (12, 16, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]


@pytest.fixture
def save(tmp_path):
    def saved(pixels, name, **options):
        path = tmp_path / name
        Image.fromarray(pixels).save(path, **options)
        return path

    return saved


@pytest.mark.parametrize("name", ["a.png", "b.bmp", "c.tiff", "mit Leerzeichen.png", "è 表情 b.png"])
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_lossless_files_return_their_pixels(save, name, kind):
    path = save(COLOUR, name)
    assert np.array_equal(read_image(kind(path), "RGB"), COLOUR)


def test_jpeg(save):
    smooth = np.full((16, 16, 3), (200, 100, 50), dtype=np.uint8)
    assert np.abs(read_image(save(smooth, "a.jpg"), "RGB").astype(int) - smooth).max() <= 3


@pytest.mark.parametrize(
    ("pixels", "mode"),
    [
        (GREY, "L"),
        (GREY[..., None], "L"),
        (np.stack([GREY, GREY // 2], axis=-1), "L"),
        (np.repeat(GREY[..., None], 3, axis=2), "L"),
        (GREY.astype(np.uint16) * 257, "L"),
        (GREY.astype(np.int64), "L"),
        (GREY / 255.0, "L"),
        ((GREY / 255.0).astype(np.float32), "L"),
        (GREY.tolist(), "L"),
        (COLOUR, "RGB"),
        (np.dstack([COLOUR, GREY]), "RGB"),
    ],
    ids=[
        "grey",
        "grey1",
        "grey+alpha",
        "rgb",
        "16 bit",
        "int64",
        "float64",
        "float32",
        "list",
        "colour",
        "rgba",
    ],
)
def test_arrays(pixels, mode):
    assert np.array_equal(read_image(pixels, mode), GREY if mode == "L" else COLOUR)


def test_boolean_pixels_are_black_and_white():
    assert read_image(np.eye(2, dtype=bool)).tolist() == [[255, 0], [0, 255]]


def test_grey_becomes_colour():
    assert np.array_equal(read_image(GREY, "RGB"), np.repeat(GREY[..., None], 3, axis=2))


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "1", "CMYK", "I;16"])
def test_pillow_modes(tmp_path, mode):
    path = tmp_path / "frame.tiff"
    if mode == "I;16":
        Image.fromarray(GREY.astype(np.uint16) * 257).save(path)
    else:
        Image.fromarray(GREY).convert(mode).save(path)
    pixels = read_image(path)
    assert pixels.shape == GREY.shape and pixels.dtype == np.uint8
    if mode in ("RGBA", "LA", "I;16"):
        assert np.array_equal(pixels, GREY)


def test_16_bit_png(save):
    assert np.array_equal(read_image(save(GREY.astype(np.uint16) * 257, "deep.png")), GREY)


def test_exif_orientation_turns_the_picture_upright(save):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert np.array_equal(read_image(save(GREY, "turned.png", exif=exif)), np.rot90(GREY, -1))


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "tiff"])
def test_truncated_files_are_refused(tmp_path, suffix):
    stream = io.BytesIO()
    Image.fromarray(COLOUR.repeat(8, 0).repeat(8, 1)).save(stream, {"jpg": "jpeg"}.get(suffix, suffix))
    content = stream.getvalue()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(
        ValueError, match=r"clip 7, apex frame \(.*cut.*\): the (image file is damaged|file is no)"
    ):
        read_image(path, label=frame_label(7, 1, path))


def test_files_that_are_no_image(tmp_path):
    path = tmp_path / "notes.jpg"
    path.write_text("onset 12, apex 20")
    with pytest.raises(ValueError, match=r"offset frame .*: the file is no image that Pillow can read"):
        read_image(path, label=frame_label(0, 2, path))


def test_missing_empty_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"clip 3, onset frame .*: there is no such file"):
        read_image(tmp_path / "absent.png", label=frame_label(3, 0, tmp_path / "absent.png"))
    (tmp_path / "empty.png").touch()
    with pytest.raises(ValueError, match="the file is empty"):
        read_bytes(tmp_path / "empty.png")
    with pytest.raises(ValueError, match="could not be read"):
        read_image(tmp_path)


@pytest.mark.parametrize("limit", [150, 50], ids=["warned by Pillow", "refused by Pillow"])
def test_decompression_bombs_are_refused(save, monkeypatch, limit):
    path = save(COLOUR, "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(
        ValueError, match=r"apex frame .*: the image has more than the \d+ pixels that Pillow"
    ):
        read_image(path, label=frame_label(0, 1, path))


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((0, 4)), r"got an array of shape \(0, 4\)"),
        (np.zeros(5), r"got an array of shape \(5,\)"),
        (np.zeros((4, 4, 5)), "1 to 4 channels"),
        (np.full((4, 4), 2.0), r"float pixels in \[0, 1\], got values from 2 to 2"),
        (np.full((4, 4), np.nan), "got values from nan to nan"),
        (np.full((4, 4), -1), r"8-bit pixels in \[0, 255\]"),
        (np.full((4, 4), 70000), r"16-bit pixels"),
        (np.full((4, 4), "a"), "expected numbers as pixels"),
    ],
)
def test_arrays_that_are_no_image(pixels, message):
    with pytest.raises(ValueError, match=f"clip 2, onset frame: .*{message}"):
        read_image(pixels, label=frame_label(2, 0))


def test_an_empty_path_says_where_it_comes_from():
    with pytest.raises(FileNotFoundError, match="clip 3: the path is empty, as readers leave"):
        read_image("", label="clip 3")


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
@pytest.mark.parametrize("kind", ["array", "png", "tiff", "int64"])
def test_fewer_than_16_bits_in_16_are_refused(save, bits, kind):
    pixels = (GREY.astype(np.uint16) * (2**bits // 256)).clip(0, 2**bits - 1)
    if kind == "int64" and bits == 8:
        assert np.array_equal(read_image(pixels.astype(np.int64)), GREY)
        return
    source = pixels.astype(np.int64) if kind == "int64" else pixels
    source = save(pixels, f"deep.{kind}") if kind in ("png", "tiff") else source
    way_out = f"as of {bits}-bit pixels; divide the frame by {2**bits - 1}, .* by {2 ** (16 - bits)}\\."
    with pytest.raises(ValueError, match=f"clip 2, apex frame: .*{way_out}"):
        read_image(source, label=frame_label(2, 1))
    assert np.abs(read_image(pixels / (2**bits - 1)).astype(int) - GREY).max() <= 1


def test_a_black_frame_of_16_bits_stays_black():
    assert not read_image(np.zeros((4, 4), dtype=np.uint16)).any()


TURNED = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
BEHIND = struct.pack("<I", 8 + 2 + 24 + 4)


@pytest.mark.parametrize(
    ("entry", "behind"),
    [
        (struct.pack("<HHI", 0xA005, 2, 4) + b"abc\0", b""),
        (struct.pack("<HHI", 0x011A, 1, 1) + BEHIND, bytes(32)),
        (struct.pack("<HHI", 0x0131, 5, 1) + BEHIND, struct.pack("<II", 72, 1)),
        (struct.pack("<HHI", 0x8769, 4, 1) + struct.pack("<I", 9999), b""),
        (struct.pack("<HHI", 0x9999, 99, 2**31) + BEHIND, b""),
    ],
    ids=["interoperability", "resolution", "software", "directory", "kind"],
)
def test_a_jpeg_with_damaged_metadata_is_read(tmp_path, entry, behind):
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + TURNED + entry + bytes(4) + behind
    stream = io.BytesIO()
    Image.fromarray(GREY).save(stream, "JPEG")
    plain = stream.getvalue()
    damaged = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]
    (tmp_path / "plain.jpg").write_bytes(plain)
    (tmp_path / "damaged.jpg").write_bytes(damaged)
    upright = np.rot90(read_image(tmp_path / "plain.jpg"), -1)
    assert np.array_equal(read_image(tmp_path / "damaged.jpg"), upright)


@pytest.mark.parametrize("orientation", [b"", bytes(20), b"\x00\x08\x00\x02\x01\x12\x00\x03"])
def test_a_png_with_damaged_metadata_is_read(save, tmp_path, orientation):
    content = save(GREY, "plain.png").read_bytes()
    at = content.index(b"IDAT") - 4
    chunk = b"eXIf" + orientation
    chunk = struct.pack(">I", len(orientation)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "damaged.png").write_bytes(content[:at] + chunk + content[at:])
    assert np.array_equal(read_image(tmp_path / "damaged.png"), GREY)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_does(save, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(GREY, "turned.png", exif=exif)
    assert np.array_equal(read_image(path), np.array(ImageOps.exif_transpose(Image.open(path))))


@pytest.mark.parametrize(
    "content", [b"%!PS-Adobe-3.0 EPSF-3.0\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 "], ids=str
)
def test_other_formats_are_not_decoded_whatever_they_are_named(tmp_path, content, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", None)
    path = tmp_path / "img1.jpg"
    path.write_bytes(content + b"%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n")
    with pytest.raises(ValueError, match="the file is no image that Pillow can read; give JPEG, PNG"):
        read_image(path)


def test_a_decoder_that_fails_in_any_way_names_the_frame(save, monkeypatch):
    def fail(*args, **kwargs):
        raise AttributeError("no such thing")

    path = save(GREY, "frame.png")
    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(ValueError, match=r"clip 0, onset frame: the image file is damaged \(no such thing\)"):
        read_image(path, label=frame_label(0, 0))


def test_other_modes_are_refused():
    with pytest.raises(ValueError, match="mode must be 'L' or 'RGB', got 'BGR'"):
        read_image(GREY, mode="BGR")
