"""Reads an InferenceService by KServe's own types. Usage: kserve_manifest.py MANIFEST

Prints as JSON what they understood of it; members that they do not know are missing.
"""

import json
import re
import sys

import kserve.models
import kubernetes.client.models
import yaml
from kserve import ApiClient

# The types that KServe's refer to and do not bring; and their lists as KServe's client writes them.
for name in dir(kubernetes.client.models):
    if not name.startswith("V1") or hasattr(kserve.models, name):
        continue
    model = getattr(kubernetes.client.models, name)
    for member, type_name in model.openapi_types.items():
        type_name = re.sub(r"^List\[(.*)\]$", r"list[\1]", type_name)
        model.openapi_types[member] = re.sub(r"^Dict\[(.*)\]$", r"dict(\1)", type_name)
    setattr(kserve.models, name, model)


class Response:
    with open(sys.argv[1]) as file:
        # What follows it in the file is Kubernetes' own.
        document = next(yaml.safe_load_all(file))
    data = json.dumps(document)


client = ApiClient()
service = client.deserialize(Response, "V1beta1InferenceService")
print(json.dumps({"sent": Response.document, "understood": client.sanitize_for_serialization(service)}))
