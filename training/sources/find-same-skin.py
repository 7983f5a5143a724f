"""Finds images that show the same skin under different lesion ids, and prints same-skin.json.

    pip install numpy opencv-python-headless onnxruntime
    python3 find-same-skin.py ../../model-artifacts/0.5.0/model.onnx DIR [DIR ...] > same-skin.json

Each DIR has images in any folders below it and one CSV with the columns image_id and lesion_id. Candidates are the 12
nearest neighbours of each image by the network's features (mean subtracted, cosine above 0.5); a pair is kept where
at least 12 ORB matches (600 points, after CLAHE, longest side 336) agree with one similarity transform (RANSAC,
4 pixels, scale 0.4 to 2.5). 15,000 images take 7 minutes on two cores.
"""

import csv
import glob
import json
import os
import sys
from multiprocessing import Pool

import cv2
import numpy as np
import onnxruntime

NEIGHBOURS, LEAST_COSINE, LEAST_INLIERS = 12, 0.5, 12
cv2.setNumThreads(1)


def read(folders):
    images = {}
    for folder in folders:
        files = {
            os.path.splitext(os.path.basename(path))[0]: path
            for path in glob.glob(f"{folder}/**/*", recursive=True)
            if path.lower().endswith((".jpg", ".jpeg", ".png", ".webp"))
        }
        (table,) = glob.glob(f"{folder}/*.csv")
        for row in csv.DictReader(open(table, newline="", encoding="utf-8-sig")):
            image, lesion = row["image_id"], row.get("lesion_id") or row["image_id"]
            if image in files:
                images[image] = (files[image], lesion)
    return [(image, *images[image]) for image in sorted(images)]


def features(model, paths):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    rows = []
    for path in paths:
        picture = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
        picture = cv2.resize(picture, (224, 224), interpolation=cv2.INTER_AREA)
        image = picture.astype(np.float32).transpose(2, 0, 1)[None]
        rows.append(session.run(["features"], {"image": image})[0][0])
    return np.stack(rows)


def candidates(vectors, lesions):
    vectors = vectors - vectors.mean(0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = set()
    for start in range(0, len(vectors), 1000):
        cosines = vectors[start : start + 1000] @ vectors.T
        for row, own in enumerate(cosines):
            i = start + row
            own[i] = -1
            for j in np.argpartition(-own, NEIGHBOURS)[:NEIGHBOURS]:
                if own[j] > LEAST_COSINE and lesions[i] != lesions[j]:
                    pairs.add((min(i, int(j)), max(i, int(j))))
    return sorted(pairs)


def points(path):
    grey = cv2.createCLAHE(2.0, (8, 8)).apply(cv2.imread(path, cv2.IMREAD_GRAYSCALE))
    scale = 336 / max(grey.shape)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found, descriptors = cv2.ORB_create(600, fastThreshold=8).detectAndCompute(grey, None)
    return np.float32([point.pt for point in found]), descriptors


def inliers(first, second):
    (a, da), (b, db) = first, second
    if da is None or db is None or min(len(da), len(db)) < LEAST_INLIERS:
        return 0
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(da, db, k=2)
    good = [m[0] for m in matches if len(m) == 2 and m[0].distance < 0.8 * m[1].distance and m[0].distance < 64]
    if len(good) < 8:
        return 0
    transform, inside = cv2.estimateAffinePartial2D(
        a[[m.queryIdx for m in good]],
        b[[m.trainIdx for m in good]],
        method=cv2.RANSAC,
        ransacReprojThreshold=4,
        maxIters=500,
    )
    if transform is None or not 0.4 < np.hypot(transform[0, 0], transform[0, 1]) < 2.5:
        return 0
    return int(inside.sum())


def main():
    model, *folders = sys.argv[1:]
    images = read(folders)
    ids, paths, lesions = zip(*images)
    pairs = candidates(features(model, paths), lesions)
    with Pool() as pool:
        found = pool.map(points, paths, chunksize=64)
    kept = [(ids[i], ids[j]) for i, j in pairs if inliers(found[i], found[j]) >= LEAST_INLIERS]
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "same-skin.json")
    texts = {key: value for key, value in json.load(open(here)).items() if key != "pairs"}
    print(json.dumps({**texts, "pairs": sorted(kept)}, indent=2))


if __name__ == "__main__":
    main()
