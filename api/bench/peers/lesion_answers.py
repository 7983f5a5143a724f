"""What the Python peers share: a photo in, an answer of the project's shape out, as a careful engineer writes it."""

import base64
import io
import json
import os
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

SIDE = 224
MODEL_FOLDER = Path(os.environ["MODEL_FOLDER"])
MANIFEST = json.loads((MODEL_FOLDER / "manifest.json").read_text())
LABELS = MANIFEST["labels"]
CALIBRATION = MANIFEST["calibration"]
LOGIT_SCALE = np.asarray(CALIBRATION.get("logitScale", 1), dtype=np.float64) / CALIBRATION["temperature"]
LOGIT_BIAS = np.asarray(CALIBRATION["logitBias"], dtype=np.float64)
# The middle of a photo that the model is shown, of each side.
CROP = MANIFEST["preprocessing"].get("crop", 1)
# A JPEG shrunk while it is decoded; off unless asked for, as in most servers.
DRAFT = os.environ.get("PILLOW_DRAFT") == "1"
DECODER = os.environ.get("DECODER", "pillow")
# Twice what is needed, so that what is left of shrinking is smooth.
LEAST_SIDE = 2 * SIDE / CROP


def read_photo(body: bytes) -> tuple[Image.Image, np.ndarray, tuple[int, int]]:
    """The middle of the photo at 224 x 224, the same as float32 [y, x, channel], and the photo's size as displayed."""
    photo, size = (read_by_opencv if DECODER == "opencv" else read_by_pillow)(body)
    return photo, np.asarray(photo, dtype=np.float32), size


def read_by_pillow(body: bytes) -> tuple[Image.Image, tuple[int, int]]:
    photo = Image.open(io.BytesIO(body))
    size = displayed_size(photo)
    if DRAFT:
        photo.draft("RGB", (round(LEAST_SIDE), round(LEAST_SIDE)))
    # Copies nothing where there is no orientation, nor where the colours are right.
    ImageOps.exif_transpose(photo, in_place=True)
    if photo.mode != "RGB":
        photo = photo.convert("RGB")
    width, height = photo.size
    margins = width * (1 - CROP) / 2, height * (1 - CROP) / 2
    middle = (margins[0], margins[1], width - margins[0], height - margins[1])
    return photo.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=middle), size


def read_by_opencv(body: bytes) -> tuple[Image.Image, tuple[int, int]]:
    import cv2

    size = displayed_size(Image.open(io.BytesIO(body)))
    shrinking = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
    mode = next((mode for by, mode in shrinking.items() if min(size) / by >= LEAST_SIDE), cv2.IMREAD_COLOR)
    # Turns the photo as its EXIF says.
    pixels = cv2.imdecode(np.frombuffer(body, np.uint8), mode)
    height, width, _ = pixels.shape
    top, left = round(height * (1 - CROP) / 2), round(width * (1 - CROP) / 2)
    middle = pixels[top : height - top, left : width - left]
    small = cv2.resize(middle, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return Image.fromarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB)), size


def displayed_size(photo: Image.Image) -> tuple[int, int]:
    """Of the header alone."""
    width, height = photo.size
    sideways = photo.getexif().get(ExifTags.Base.Orientation, 1) >= 5
    return (height, width) if sideways else (width, height)


def scores(logits: np.ndarray) -> np.ndarray:
    logits = logits.astype(np.float64) * LOGIT_SCALE + LOGIT_BIAS
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


def prediction(probabilities: np.ndarray, size: tuple[int, int]) -> dict:
    order = np.argsort(-probabilities)
    return {
        "predictions": [{"label": LABELS[i], "score": float(probabilities[i])} for i in order],
        "image": {"width": size[0], "height": size[1]},
    }


def explanation(probabilities: np.ndarray, size: tuple[int, int], photo: Image.Image, cam: np.ndarray) -> dict:
    """Adds the 7 x 7 map of the top class and its overlay; `cam` is [y, x] before the ReLU."""
    grid = np.maximum(cam, 0)
    peak = float(grid.max())
    grid = grid / peak if peak > 0 else grid
    heat = Image.fromarray((grid * 255).astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    level = np.asarray(heat, dtype=np.float32)[..., None] / 255
    colour = np.concatenate([level, 0.6 * level, 1 - level], axis=-1) * 255
    blended = np.asarray(photo, dtype=np.float32) * (1 - 0.5 * level) + colour * 0.5 * level
    overlay = io.BytesIO()
    # The least compression, as the project's own overlay in JSON has none.
    Image.fromarray(blended.astype(np.uint8)).save(overlay, "PNG", compress_level=0)
    return {
        **prediction(probabilities, size),
        "class": LABELS[int(probabilities.argmax())],
        "heatmap": {"grid": grid.tolist(), "max": peak},
        "overlay": "data:image/png;base64," + base64.b64encode(overlay.getvalue()).decode(),
    }
