import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { LABELS } from '@naevus/shared/taxonomy';
import type { Analysis, ServedModel } from '../../analysis/engine.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { InferResponse, OutputTensor } from '../../schemas/inference-protocol.ts';
import { writeBytesTensor } from './bytes-tensor.ts';
import type { ParsedInferRequest } from './infer-request.ts';
import { type OutputTensorSpec, topLabel } from './output-tensors.ts';

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
  { name, version, preprocessing: { crop } }: ServedModel['manifest'],
  id: string,
  analyses: readonly Analysis[],
  wanted: readonly WantedOutput[],
  label: ParsedInferRequest['label'],
): EncodedInferResponse {
  const explained = analyses.map((analysis) => ({
    analysis,
    label: label ?? topLabel(analysis),
  }));
  const tensors: Uint8Array<ArrayBuffer>[] = [];
  const outputs = wanted.map(({ spec, binary }): OutputTensor => {
    const head = {
      name: spec.name,
      datatype: spec.datatype,
      shape: [analyses.length, ...spec.shape],
    };
    const data =
      spec.datatype === 'BYTES'
        ? explained.map(spec.valuesOf)
        : Float32Array.from(explained.flatMap((item) => Array.from(spec.valuesOf(item))));
    if (!binary) return { ...head, data: Array.from<number | string>(data) };
    const tensor = Array.isArray(data) ? writeBytesTensor(data) : littleEndian(data);
    tensors.push(tensor);
    return { ...head, parameters: { binary_data_size: tensor.length } };
  });
  const response: InferResponse = {
    model_name: name,
    model_version: version,
    id,
    parameters: {
      labels: LABELS.join(),
      disclaimer: DISCLAIMER,
      ...(crop < 1 && analyses.some(({ image }) => image !== undefined) && { crop }),
    },
    outputs,
  };
  return { json: new TextEncoder().encode(JSON.stringify(response)), tensors };
}

function littleEndian(values: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true);
  return bytes;
}
