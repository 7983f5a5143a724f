"""FastAPI, Pillow and Keras: `model.predict` and Grad-CAM by GradientTape, as Keras's own tutorials have them.

The network is keras.applications' EfficientNet-B0 with the weights of the project's tfjs model, so that the answers
can be held against the project's. KERAS_CALL=function calls the compiled model instead of `predict`.
"""

import json
import os
import threading

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from fastapi import FastAPI, Request  # noqa: E402
from keras.src.applications import imagenet_utils  # noqa: E402
from lesion_answers import MANIFEST, MODEL_FOLDER, explanation, prediction, read_photo, scores  # noqa: E402
from starlette.concurrency import run_in_threadpool  # noqa: E402


def exported_weights() -> tuple[dict, list]:
    """Arrays by name out of the tfjs model, and the names of its convolutions in order."""
    topology = MODEL_FOLDER / MANIFEST["engines"]["tfjs"]["path"]
    model = json.loads(topology.read_text())
    arrays = {}
    for group in model["weightsManifest"]:
        data = b"".join((topology.parent / path).read_bytes() for path in group["paths"])
        offset = 0
        for entry in group["weights"]:
            kind = np.dtype(entry.get("quantization", entry)["dtype"])
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(data, kind, count, offset).astype(np.float32)
            arrays[entry["name"]] = values.reshape(entry["shape"])
            offset += count * kind.itemsize
    nodes = model["modelTopology"]["node"]
    return arrays, [node["name"] for node in nodes if "Conv" in node["op"] and node["name"] != "maps"]


def load_model() -> keras.Model:
    # The project pads as PyTorch does, the same on all sides; Keras's pads one less above and to the left.
    imagenet_utils.correct_pad = lambda _, kernel: ((kernel // 2, kernel // 2), (kernel // 2, kernel // 2))
    model = keras.applications.EfficientNetB0(weights=None, classes=len(MANIFEST["labels"]), classifier_activation=None)
    arrays, names = exported_weights()
    *names, classifier = names
    layers = iter(model.layers)
    mean = arrays["normalize/values"] / 255
    normalization = next(layer for layer in layers if isinstance(layer, keras.layers.Normalization))
    normalization.set_weights([mean, np.ones(3), np.asarray(0)])
    normalization.finalize_state()
    bias = None
    for layer in layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
            name = names.pop(0)
            kernel = arrays[f"{name}.weight"] * (255 if layer.name == "stem_conv" else 1)
            bias = arrays[f"{name}/bias"]
            layer.set_weights([kernel, bias] if layer.use_bias else [kernel])
        elif isinstance(layer, keras.layers.BatchNormalization):
            # The export folded the normalization into the convolution: only its shift is left.
            one = np.ones_like(bias)
            layer.set_weights([one, bias, np.zeros_like(bias), one - layer.epsilon])
        elif isinstance(layer, keras.layers.Dense):
            layer.set_weights([arrays[f"{classifier}.weight"].reshape(-1, layer.units), arrays[f"{classifier}/bias"]])
    assert not names, f"Keras has fewer convolutions than the export: {names} are left"
    return model


model = load_model()
with_features = keras.Model(model.inputs, [model.get_layer("top_activation").output, model.output])
compiled = tf.function(lambda pixels: model(pixels, training=False), reduce_retracing=True)
use_function = os.environ.get("KERAS_CALL") == "function"
# `predict` is not made to be called from several threads at once.
one_at_a_time = threading.Lock()
app = FastAPI()


def classify(body: bytes) -> dict:
    _, pixels, size = read_photo(body)
    with one_at_a_time:
        logits = compiled(pixels[None]).numpy() if use_function else model.predict(pixels[None], verbose=0)
    return prediction(scores(logits[0]), size)


def explain(body: bytes) -> dict:
    photo, pixels, size = read_photo(body)
    with one_at_a_time:
        with tf.GradientTape() as tape:
            features, logits = with_features(pixels[None], training=False)
            probabilities = scores(logits[0].numpy())
            score = logits[0, int(probabilities.argmax())]
        weights = tf.reduce_mean(tape.gradient(score, features), axis=(1, 2))
        cam = tf.reduce_sum(features * weights[:, None, None, :], axis=-1)[0].numpy()
    return explanation(probabilities, size, photo, cam)


@app.post("/predict")
async def predict(request: Request) -> dict:
    return await run_in_threadpool(classify, await request.body())


@app.post("/gradcam")
async def gradcam(request: Request) -> dict:
    return await run_in_threadpool(explain, await request.body())
