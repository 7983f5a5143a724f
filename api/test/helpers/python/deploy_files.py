"""Checks the files of a deployment. Usage: deploy_files.py DOCKERFILE MANIFEST…

Documents of custom resources are passed over: Kubernetes has no schema of them. Prints a line for each fault, and ends
with 1 where there is one.
"""

import os
import subprocess
import sys

import kubernetes_validate
import yaml

dockerfile, *manifests = sys.argv[1:]
faults = []

hadolint = os.path.join(os.environ["PYTHONPATH"], "bin", "hadolint")
lint = subprocess.run([hadolint, "--no-color", dockerfile], capture_output=True, text=True)
faults += (lint.stdout + lint.stderr).splitlines()

count = 0
for path in manifests:
    with open(path) as file:
        for document in yaml.safe_load_all(file):
            if document["apiVersion"].startswith(("serving.kserve.io/", "monitoring.coreos.com/")):
                continue
            count += 1
            try:
                kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
            except kubernetes_validate.ValidationError as error:
                faults.append(f"{path}: {document['kind']}: {list(error.path)}: {error.message}")

print(f"{count} manifests")
print("\n".join(faults))
sys.exit(1 if faults else 0)
