"""What both Python peers share: a photo in, an answer of the project's shape out, as one would write it with Pillow."""

import base64
import io
import json
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SIDE = 224
MODEL_FOLDER = Path(os.environ["MODEL_FOLDER"])
MANIFEST = json.loads((MODEL_FOLDER / "manifest.json").read_text())
LABELS = MANIFEST["labels"]
CALIBRATION = MANIFEST["calibration"]
LOGIT_SCALE = np.asarray(CALIBRATION.get("logitScale", 1), dtype=np.float64) / CALIBRATION["temperature"]
LOGIT_BIAS = np.asarray(CALIBRATION["logitBias"], dtype=np.float64)
# Pillow's own shrinking of a JPEG while it is decoded; off unless asked for, as in most servers.
DRAFT = os.environ.get("PILLOW_DRAFT") == "1"


def read_photo(body: bytes) -> tuple[Image.Image, np.ndarray, tuple[int, int]]:
    """The picture at 224 x 224, the same as float32 [y, x, channel], and its size as displayed."""
    photo = Image.open(io.BytesIO(body))
    if DRAFT:
        photo.draft("RGB", (2 * SIDE, 2 * SIDE))
    width, height = photo.size
    photo = ImageOps.exif_transpose(photo).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return photo, np.asarray(photo, dtype=np.float32), (width, height)


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
