"""Somebody's picture drawn anew: a square in the middle, 256 x 256, without metadata.

What came is never kept or handed on, so nothing that hides in a file reaches anybody's browser.
WebP, because every browser shows it, it keeps what is transparent as JPEG does not, and takes a
tenth of a PNG's room in the database. One is drawn at a time: a picture of the largest size takes
some 250 MB and a second.
"""

import asyncio
import warnings
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

import errors

LARGEST_FILE = 2 * 1024 * 1024
MEDIA_TYPES = frozenset({"image/png", "image/jpeg", "image/webp"})
MADE_AS = "image/webp"
SIDE = 256
_FORMATS = ("PNG", "JPEG", "WEBP")
_LARGEST_SIDE, _MOST_PIXELS = 10_000, 25_000_000
_QUALITY = 90

_threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")

# Our own limit is far below Pillow's; should that ever change, what it warns of is refused.
warnings.simplefilter("error", Image.DecompressionBombWarning)


def require_kind(media_type: str) -> None:
    """Raises:
    errors.InvalidInput: it calls itself something else than PNG, JPEG or WebP.
    """
    if media_type not in MEDIA_TYPES:
        raise errors.InvalidInput.at("image", code="NO_PICTURE")


def require_size(size: int) -> None:
    """Raises:
    errors.InvalidInput: more than 2 MB.
    """
    if size > LARGEST_FILE:
        raise errors.InvalidInput.at("image", code="TOO_LARGE", limit=LARGEST_FILE // 1024**2)


async def draw(content: bytes) -> bytes:
    """The picture in `content`, of whichever of the three kinds it is, as we serve it.

    Raises:
        errors.InvalidInput: of another kind, broken, or with too many pixels.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads, _draw, content)


def _draw(content: bytes) -> bytes:
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            _require_modest(image)
            return _encode(_square(image))
    except errors.InvalidInput:
        raise
    except UnidentifiedImageError:
        raise errors.InvalidInput.at("image", code="NO_PICTURE") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:  # noqa: BLE001 Pillow's decoders have no common root of failures
        raise errors.InvalidInput.at("image", code="BROKEN_PICTURE") from None


def _require_modest(image: Image.Image) -> None:
    """By the header alone: nothing has been decoded yet."""
    if image.width * image.height > _MOST_PIXELS or max(image.size) > _LARGEST_SIDE:
        raise _too_many_pixels()


def _too_many_pixels() -> errors.InvalidInput:
    return errors.InvalidInput.at("image", code="TOO_MANY_PIXELS", limit=_MOST_PIXELS // 10**6)


def _square(image: Image.Image) -> Image.Image:
    """The first frame's middle, turned as the camera was held; a square stays one when turned."""
    image.draft("RGB", (2 * SIDE, 2 * SIDE))
    small = ImageOps.fit(_in_plain_colours(image), (SIDE, SIDE), Image.Resampling.LANCZOS)
    return ImageOps.exif_transpose(small)


def _in_plain_colours(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
        image.info.pop("transparency", None)  # a value of 16 bits
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _encode(image: Image.Image) -> bytes:
    """Pillow writes no metadata that it is not handed; a test looks for some."""
    made = BytesIO()
    image.save(made, "WEBP", quality=_QUALITY)
    return made.getvalue()
