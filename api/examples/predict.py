"""Asks a Naevus server about one image. Python 3.9 or later, nothing to install.

Usage: python3 predict.py IMAGE [URL]     (URL: http://localhost:8080)
A key, where the server wants one, is taken from the variable NAEVUS_KEY.
Prints no scores where the server abstains: they mean nothing then.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request


def predict(image: bytes, url: str, attempts: int = 4) -> dict:
    """Gives the answer; waits and asks again where the server is too busy (503) or asked too often (429)."""
    headers = {"Content-Type": "application/octet-stream"}
    if "NAEVUS_KEY" in os.environ:
        headers["Authorization"] = f"Bearer {os.environ['NAEVUS_KEY']}"
    for attempt in range(1, attempts + 1):
        request = urllib.request.Request(f"{url}/predict", data=image, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code in (429, 503) and attempt < attempts:
                time.sleep(float(error.headers.get("Retry-After", 1)))
                continue
            # RFC 9457: "title" and "detail" say what was wrong.
            problem = json.load(error)
            raise SystemExit(f"{problem['title']}: {problem['detail']}") from None
    raise AssertionError("not reached")


def describe(answer: dict) -> str:
    """The answer in lines; versions before 0.3.0 have no assessment and no prediction set."""
    assessment = answer.get("assessment")
    lines = []
    if assessment is None or not assessment["abstained"]:
        for prediction in answer["predictions"]:
            lines.append(f"{prediction['score']:6.1%}  {prediction['name']} ({prediction['risk']})")
        if "prediction_set" in answer:
            lines.append(f"Cannot be excluded: {', '.join(answer['prediction_set']['labels'])}")
    if assessment is not None:
        if assessment["abstained"]:
            lines.append("No answer for this image: do not use its scores.")
        else:
            lines.append(f"Malignant score: {assessment['malignant_score']:.1%}")
        flagged = "a person should look" if assessment["flagged"] else "not flagged"
        lines.append(f"Triage: {assessment['triage']} ({flagged})")
        lines += [f"- {reason['text']}" for reason in assessment["reasons"]]
    return "\n".join([*lines, answer["limits"], answer["disclaimer"]])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    with open(sys.argv[1], "rb") as file:
        print(describe(predict(file.read(), sys.argv[2] if len(sys.argv) == 3 else "http://localhost:8080")))
