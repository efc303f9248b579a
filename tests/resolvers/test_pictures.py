from typing import Any

import pytest
from PIL import ExifTags, Image

import errors
from resolvers import pictures
from tests import pictures as made
from tests.pictures import BLUE, RED, file, flat, opened

KINDS = ["PNG", "JPEG", "WEBP"]
TURNED_RIGHT = 6  # of EXIF: to be turned by 90 degrees clockwise


async def drawn(content: bytes) -> Image.Image:
    return opened(await pictures.draw(content))


async def refusal(content: bytes) -> str:
    with pytest.raises(errors.InvalidInput) as refused:
        await pictures.draw(content)
    [fault] = refused.value.faults
    assert fault.path == ("image",)
    return fault.code


def resembles(image: Image.Image, colour: tuple[int, ...], at: tuple[int, int]) -> bool:
    """Encoding changes colours a little."""
    pixel: Any = image.getpixel(at)
    return all(abs(a - b) < 12 for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_picture_becomes_a_square_of_256_pixels(kind: str) -> None:
    """Issue 4.3."""
    image = await drawn(file(flat(60, 40), kind))
    assert (image.format, image.size, image.mode) == ("WEBP", (256, 256), "RGB")
    assert resembles(image, RED, (128, 128))


@pytest.mark.parametrize("size", [(90, 30), (30, 90)])
async def test_the_middle_is_kept(size: tuple[int, int]) -> None:
    """Issue 4.3."""
    wide = flat(*size, BLUE)
    wide.paste(RED, (size[0] // 2 - 15, size[1] // 2 - 15, size[0] // 2 + 15, size[1] // 2 + 15))
    image = await drawn(file(wide))
    assert all(resembles(image, RED, at) for at in ((40, 40), (216, 40), (40, 216), (216, 216)))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_picture_is_turned_as_the_camera_was_held(kind: str) -> None:
    """Issue 4.3."""
    image = flat(100, 100, RED)
    image.paste(BLUE, (0, 0, 100, 50))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = TURNED_RIGHT
    turned = await drawn(file(image, kind, exif=exif))
    assert resembles(turned, BLUE, (240, 128))
    assert resembles(turned, RED, (16, 128))


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_but_the_picture_is_kept(kind: str) -> None:
    """Issue 4.3: where it was taken, with which camera, in which colour space."""
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "A camera"
    content = file(None, kind, exif=exif, icc_profile=b"A profile" * 20, comment=b"A comment")
    made_anew = await pictures.draw(content)
    assert b"A camera" in content
    assert b"A profile" in content or kind == "PNG"  # there it is compressed
    assert not any(said in made_anew for said in (b"A camera", b"A profile", b"A comment"))
    assert not {"exif", "icc_profile", "comment"} & opened(made_anew).info.keys()


@pytest.mark.parametrize(
    ("content", "colour"),
    [
        (file(flat(mode="L", colour=100)), (100, 100, 100)),
        (file(flat(mode="1", colour=1)), (255, 255, 255)),
        (file(flat(mode="I;16", colour=100 * 256)), (100, 100, 100)),
        (file(flat().convert("CMYK"), "JPEG"), RED),
        (file(flat().convert("P", palette=Image.Palette.ADAPTIVE)), RED),
    ],
    ids=["grey", "black and white", "16 bits", "CMYK", "palette"],
)
async def test_whatever_its_colours_are_kept_as_it_looks_the_same(
    content: bytes, colour: tuple[int, ...]
) -> None:
    image = await drawn(content)
    assert image.mode == "RGB"
    assert resembles(image, colour, (128, 128))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
async def test_what_is_transparent_stays_so(mode: str) -> None:
    image = await drawn(file(flat(mode=mode, colour=(50, 50, 50, 0)[-len(mode) :])))
    assert image.getchannel("A").getextrema() == (0, 0)


async def test_a_colour_of_a_palette_may_be_transparent() -> None:
    indexed = flat(mode="P", colour=1)
    indexed.putpalette([*RED, *BLUE])
    image = await drawn(file(indexed, transparency=1))
    assert image.getchannel("A").getextrema() == (0, 0)


async def test_a_colour_of_16_bits_that_is_transparent_is_shown() -> None:
    """Pillow would compare it with one of 8."""
    image = await drawn(file(flat(mode="I;16", colour=25600), transparency=25600))
    assert image.mode == "RGB"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_of_a_moving_picture_the_first_frame_is_kept(kind: str) -> None:
    moving = file(flat(), kind, save_all=True, append_images=[flat(colour=BLUE)])
    image = await drawn(moving)
    assert getattr(image, "n_frames", 1) == 1
    assert resembles(image, RED, (128, 128))


@pytest.mark.parametrize(
    "content",
    [b"", b"A text", file(kind="GIF"), file(kind="BMP"), file(kind="TIFF"), file(kind="PDF")],
    ids=["nothing", "text", "GIF", "BMP", "TIFF", "PDF"],
)
async def test_anything_else_is_no_picture(content: bytes) -> None:
    """Issue 4.3: PNG, JPEG or WebP, by what is in the file."""
    assert await refusal(content) == "NO_PICTURE"


@pytest.mark.parametrize("kind", KINDS)
async def test_half_a_picture_is_none(kind: str) -> None:
    content = file(Image.effect_noise((200, 200), 50), kind)
    assert await refusal(content[: len(content) // 2]) in {"BROKEN_PICTURE", "NO_PICTURE"}


async def test_a_picture_whose_metadata_cannot_be_read_is_broken() -> None:
    assert await refusal(file(None, "JPEG", exif=b"Exif\0\0garbage!")) == "BROKEN_PICTURE"


@pytest.mark.parametrize("side", [5_001, 9_500, 13_000, 60_000])
async def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header(side: int) -> None:
    """Issue 4.3: our limit, Pillow's warning, Pillow's error; nothing has been decoded."""
    bomb = made.png_of_size(side, side)
    assert len(bomb) < 100
    assert await refusal(bomb) == "TOO_MANY_PIXELS"


async def test_a_picture_has_no_endless_side() -> None:
    assert await refusal(made.png_of_size(10_001, 1)) == "TOO_MANY_PIXELS"


async def test_a_picture_as_cameras_make_them_is_small_enough() -> None:
    """24 megapixels: its header is fine, so it is decoded, and found to hold nothing."""
    assert await refusal(made.png_of_size(6_000, 4_000)) == "BROKEN_PICTURE"
