import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { ServedModel } from '../../analysis/engine.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { InferResponse, OutputTensor } from '../../schemas/inference-protocol.ts';
import { writeBytesTensor } from './bytes-tensor.ts';
import type { ParsedInferRequest } from './infer-request.ts';
import { type AnsweredImage, assessmentOutputs, type OutputTensorSpec } from './output-tensors.ts';

/** JSON, and the tensors that lie behind it. */
export interface EncodedInferResponse {
  readonly json: Uint8Array<ArrayBuffer>;
  readonly tensors: readonly Uint8Array<ArrayBuffer>[];
}

/** An output that was asked for, and where it goes. */
export interface WantedOutput {
  readonly spec: OutputTensorSpec;
  readonly binary: boolean;
}

/**
 * The outputs that a request asks for, in its order; all where it asks for none.
 *
 * @throws ProblemError `invalid-body` for one that there is not, or that is asked for twice
 */
export function wantedOutputs(
  { outputs, binaryOutput }: Pick<ParsedInferRequest, 'outputs' | 'binaryOutput'>,
  specs: readonly OutputTensorSpec[],
): WantedOutput[] {
  if (outputs === undefined || outputs.length === 0) {
    return specs.map((spec) => ({ spec, binary: binaryOutput }));
  }
  const wanted = outputs.map(({ name, binary = binaryOutput }) => {
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec !== undefined) return { spec, binary };
    const names = specs.map((candidate) => `"${candidate.name}"`).join(', ');
    const detail = `there is no output ${JSON.stringify(name.slice(0, 64))}; there are ${names}`;
    throw new ProblemError('invalid-body', detail);
  });
  if (new Set(wanted.map(({ spec }) => spec)).size < wanted.length) {
    throw new ProblemError('invalid-body', 'an output is asked for twice');
  }
  return wanted;
}

/** Puts an answer together. */
export function encodeInferResponse(
  { manifest, taxonomy }: ServedModel,
  id: string,
  images: readonly AnsweredImage[],
  wanted: readonly WantedOutput[],
): EncodedInferResponse {
  const {
    name,
    version,
    preprocessing: { crop },
  } = manifest;
  const tensors: Uint8Array<ArrayBuffer>[] = [];
  const outputs = wanted.map(({ spec, binary }): OutputTensor => {
    const head = {
      name: spec.name,
      datatype: spec.datatype,
      shape: [images.length, ...spec.shape],
    };
    const { data, tensor } = encodeTensor(images, spec);
    if (!binary) return { ...head, data };
    tensors.push(tensor);
    return { ...head, parameters: { binary_data_size: tensor.length } };
  });
  const response: InferResponse = {
    model_name: name,
    model_version: version,
    id,
    parameters: {
      labels: labelsOf(taxonomy).join(),
      disclaimer: DISCLAIMER,
      ...assessmentParameters(images, taxonomy),
      ...(crop < 1 && images.some(({ analysis }) => analysis.image !== undefined) && { crop }),
    },
    outputs,
  };
  return { json: new TextEncoder().encode(JSON.stringify(response)), tensors };
}

/** A tensor as values of JSON, and as bytes. */
function encodeTensor(
  images: readonly AnsweredImage[],
  spec: OutputTensorSpec,
): { readonly data: (number | string | boolean)[]; readonly tensor: Uint8Array<ArrayBuffer> } {
  switch (spec.datatype) {
    case 'BYTES': {
      const data = images.map(spec.valueOf);
      return { data, tensor: writeBytesTensor(data) };
    }
    case 'BOOL': {
      const data = images.map(spec.valueOf);
      return { data, tensor: Uint8Array.from(data, Number) };
    }
    case 'FP32': {
      const values = Float32Array.from(images.flatMap((image) => Array.from(spec.valuesOf(image))));
      return { data: [...values], tensor: littleEndian(values) };
    }
  }
}

/**
 * How far to trust the answer, for clients that asked for other outputs: `abstained` and `flagged` are true where
 * they are of any image; of the others one value an image, with commas between.
 */
function assessmentParameters(images: readonly AnsweredImage[], taxonomy: Taxonomy) {
  if (images.some(({ answer }) => answer.assessment === undefined)) return {};
  const parameters: Record<string, boolean | string> = {};
  for (const spec of assessmentOutputs(taxonomy)) {
    if (spec.datatype === 'BOOL') parameters[spec.name] = images.some(spec.valueOf);
    else if (spec.datatype === 'BYTES') parameters[spec.name] = images.map(spec.valueOf).join();
    else parameters[spec.name] = images.map((image) => spec.valuesOf(image)[0]).join();
  }
  return parameters;
}

function littleEndian(values: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true);
  return bytes;
}
