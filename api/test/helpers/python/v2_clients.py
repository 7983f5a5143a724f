"""Asks a server through the public clients of the Open Inference Protocol, as they are.

Usage: v2_clients.py URL MODEL VERSION PHOTO
Prints JSON: by the name of each way to ask, the probabilities that came back.
"""

import asyncio
import base64
import json
import sys

import numpy as np
import tritonclient.http as triton
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

url, model, version, path = sys.argv[1:]
with open(path, "rb") as file:
    photo = file.read()
pixels = np.zeros((2, 224, 224, 3), dtype=np.uint8)
pixels[0, :, :] = [230, 30, 20]
pixels[1, :, :] = [20, 30, 230]
files = np.array([photo, photo], dtype=np.object_)
answers = {}


def ask_by_triton():
    client = triton.InferenceServerClient(url.removeprefix("http://"))
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready(model) and client.is_model_ready(model, version)
    assert not client.is_model_ready("other") and not client.is_model_ready(model, "9.9.9")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    metadata = client.get_model_metadata(model, version)
    assert metadata["versions"] == [version], metadata

    for binary in (True, False):
        tensor = triton.InferInput("image", pixels.shape, "UINT8")
        tensor.set_data_from_numpy(pixels, binary_data=binary)
        result = client.infer(model, [tensor], request_id="pixels", model_version=version)
        assert result.get_response()["id"] == "pixels"
        assert list(result.as_numpy("label")) == [b"mel", b"vasc"]
        assert result.as_numpy("logits").dtype == np.float32
        assert result.as_numpy("abstained").tolist() == [False, True]
        assert list(result.as_numpy("triage")) == [b"refer", b"review"]
        assert result.get_response()["parameters"]["abstained"] is True
        answers[f"triton pixels binary={binary}"] = result.as_numpy("probabilities").tolist()

    tensor = triton.InferInput("image", files.shape, "BYTES")
    tensor.set_data_from_numpy(files)
    for binary in (True, False):
        outputs = [triton.InferRequestedOutput("probabilities", binary_data=binary)]
        result = client.infer(model, [tensor], outputs=outputs)
        assert result.as_numpy("label") is None
        answers[f"triton files binary={binary}"] = result.as_numpy("probabilities").tolist()

    text = np.array([[base64.b64encode(photo)]], dtype=np.object_)
    tensor = triton.InferInput("image", text.shape, "BYTES")
    tensor.set_data_from_numpy(text, binary_data=False)
    result = client.infer(model, [tensor])
    answers["triton base64"] = result.as_numpy("probabilities").tolist()

    wrong = triton.InferInput("pixels", [1], "BYTES")
    wrong.set_data_from_numpy(files[:1])
    try:
        client.infer(model, [wrong])
        raise AssertionError("another name was taken")
    except triton.InferenceServerException as error:
        assert error.status() == "400" and '"image"' in error.message(), error


async def ask_by_kserve():
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await client.is_server_live(url) and await client.is_server_ready(url)
    assert await client.is_model_ready(url, model)
    assert not await client.is_model_ready(url, "other")

    for binary in (True, False):
        tensor = InferInput("image", list(pixels.shape), "UINT8")
        tensor.set_data_from_numpy(pixels, binary_data=binary)
        request = InferRequest(
            model_name=model,
            infer_inputs=[tensor],
            request_id="pixels",
            parameters={"binary_data_output": binary},
        )
        result = await client.infer(url, request, model_name=model)
        assert result.id == "pixels" and result.model_name == model
        assert result.get_output_by_name("abstained").as_numpy().tolist() == [False, True]
        assert result.parameters["abstained"] is True, result.parameters
        probabilities = result.get_output_by_name("probabilities").as_numpy()
        answers[f"kserve pixels binary={binary}"] = probabilities.tolist()

    tensor = InferInput("image", [2], "BYTES")
    tensor.set_data_from_numpy(files)
    outputs = [RequestedOutput("probabilities", {"binary_data": True}), RequestedOutput("label")]
    request = InferRequest(model_name=model, infer_inputs=[tensor], request_outputs=outputs)
    result = await client.infer(url, request, model_name=model)
    assert [output.name for output in result.outputs] == ["probabilities", "label"]
    probabilities = result.get_output_by_name("probabilities").as_numpy()
    answers["kserve files"] = probabilities.tolist()

    text = base64.b64encode(photo).decode()
    request = {"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": [text]}]}
    result = await client.infer(url, request, model_name=model)
    probabilities = result.get_output_by_name("probabilities").as_numpy()
    answers["kserve base64"] = probabilities.tolist()
    await client.close()


ask_by_triton()
asyncio.run(ask_by_kserve())
print(json.dumps(answers))
