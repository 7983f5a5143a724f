"""FastAPI, Pillow and onnxruntime on the project's own ONNX file. ONNX_THREADS=1 is the tuned one; default: all cores."""

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI, Request
from lesion_answers import MANIFEST, MODEL_FOLDER, explanation, prediction, read_photo, scores
from starlette.concurrency import run_in_threadpool

options = onnxruntime.SessionOptions()
threads = int(os.environ.get("ONNX_THREADS", "0"))
if threads > 0:
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(
    MODEL_FOLDER / MANIFEST["engines"]["onnx"]["path"], options, providers=["CPUExecutionProvider"]
)
app = FastAPI()


def run(body: bytes):
    photo, pixels, size = read_photo(body)
    planar = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
    logits, cam = session.run(["logits", "cam"], {"image": planar})
    return photo, size, scores(logits[0]), cam[0]


def classify(body: bytes) -> dict:
    _, size, probabilities, _ = run(body)
    return prediction(probabilities, size)


def explain(body: bytes) -> dict:
    photo, size, probabilities, cam = run(body)
    return explanation(probabilities, size, photo, cam[int(probabilities.argmax())])


@app.post("/predict")
async def predict(request: Request) -> dict:
    return await run_in_threadpool(classify, await request.body())


@app.post("/gradcam")
async def gradcam(request: Request) -> dict:
    return await run_in_threadpool(explain, await request.body())
