"""Keras's half of the training benchmark: one training step for each line of standard input."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy as np  # noqa: E402
from training_steps import serve_steps  # noqa: E402

batch_size, size = int(sys.argv[1]), int(sys.argv[2])
frozen_prefixes = tuple(filter(None, sys.argv[3].split(",")))

model = keras.applications.EfficientNetB0(
    weights=None, classes=7, classifier_activation=None, input_shape=(size, size, 3)
)
if frozen_prefixes:
    for layer in model.layers:
        if layer.name.startswith(frozen_prefixes):
            layer.trainable = False
model.compile(
    optimizer=keras.optimizers.AdamW(1e-4, weight_decay=0.02, global_clipnorm=5),
    loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05),
)
random = np.random.default_rng(1)
images = random.integers(0, 256, (batch_size, size, size, 3)).astype(np.float32)
labels = np.eye(7, dtype=np.float32)[random.integers(0, 7, batch_size)]

serve_steps(keras.__version__, lambda: model.train_on_batch(images, labels))
