"""What the Python halves of the training benchmark share: how they are asked, and what they answer."""

import json
import resource
import sys
import time


def answer(value):
    print(json.dumps(value), flush=True)


def peak_rss_bytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def serve_steps(version, step):
    """Tells the version, then does one step for each line of standard input."""
    answer({"version": version})
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        seconds = time.perf_counter() - start
        answer({"seconds": seconds, "peakRssBytes": peak_rss_bytes()})
