import { INPUT_CHANNELS, INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import { misspeltNames } from '@naevus/shared/validation/nearest-name';
import type { Context } from 'hono';
import type { NetworkInput } from '../../analysis/engine.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { Limits } from '../../answers/request-limits.ts';
import { type InputTensor, inferRequestSchema } from '../../schemas/inference-protocol.ts';
import { requestSchemas } from '../../schemas/request.ts';
import type { AppEnv } from '../context/app-env.ts';
import { type BodyParser, runParserHere } from '../context/body-parser.ts';
import { checkBody } from '../request/check-body.ts';
import {
  arrayElements,
  isArray,
  parseCutJson,
  type Span,
  stringBytes,
} from '../request/cut-json.ts';
import { type BodyDependencies, readBody } from '../request/read-body.ts';
import { checkBatch, decodeBase64Image, emptyAsProblem } from '../request/upload.ts';
import { readBytesTensor } from './bytes-tensor.ts';
import { ANSWER_PARAMETERS, type ParameterQuery, parameterQuerySchema } from './parameters.ts';
import { readUint8Tensor } from './uint8-tensor.ts';

/** Header that says how many bytes of a body are JSON; binary tensors follow. */
export const JSON_LENGTH_HEADER = 'Inference-Header-Content-Length';

/** The one input tensor. */
export const INPUT_NAME = 'image';

/** Sizes of one image in a tensor of pixels. */
export const PIXEL_SHAPE = [INPUT_SIZE, INPUT_SIZE, INPUT_CHANNELS] as const;
const PIXEL_BYTES = INPUT_SIZE * INPUT_SIZE * INPUT_CHANNELS;

/** Values of a request beside those of its pixels. */
const OTHER_VALUES = 10_000;

/** Parameters that would change the answer, so that to ignore them would be to answer wrongly. */
const REFUSED_PARAMETERS = ['classification', 'shared_memory_region', 'sequence_id'];

/** A request of the Open Inference Protocol, taken apart. */
export interface ParsedInferRequest {
  /** As sent; undefined where it has none. */
  readonly id: string | undefined;
  /** One an image: pixels, or the bytes of a file, or why there are none. */
  readonly images: readonly (NetworkInput | Uint8Array<ArrayBuffer> | ProblemError)[];
  /** The tensors to answer with; undefined for all. */
  readonly outputs: readonly RequestedOutput[] | undefined;
  /** All tensors behind the JSON, where they do not say otherwise themselves. */
  readonly binaryOutput: boolean;
  /** The class to explain. */
  readonly label: string | undefined;
  /** How the images are answered. */
  readonly query: ParameterQuery;
  /** Names of what the query says because it was sent, and not by default. */
  readonly sent: readonly string[];
}

export interface RequestedOutput {
  readonly name: string;
  readonly binary: boolean | undefined;
}

/** A request before its parameters are compared with the version: another thread does not know what the classes are. */
type UncheckedInferRequest = Omit<ParsedInferRequest, 'label' | 'query' | 'sent'> & {
  /** Of `class` and {@link ANSWER_PARAMETERS}, as sent. */
  readonly parameters: Readonly<Record<string, unknown>>;
};

/**
 * Reads the body of `infer` or `explain`: JSON, or JSON and binary tensors behind it
 * (Triton's "binary tensor data extension"), or one image file as it is behind no JSON at all.
 *
 * @param taxonomy of the version that answers
 * @throws ProblemError for everything that is wrong with the request as a whole
 */
export async function readInferRequest(
  c: Context<AppEnv>,
  deps: BodyDependencies,
  taxonomy: Taxonomy,
): Promise<ParsedInferRequest> {
  const { limits } = deps;
  const body = await readBody(c, deps);
  const jsonLength = readJsonLength(c.req.header(JSON_LENGTH_HEADER), body.length);
  if (jsonLength === 0) {
    const all = { outputs: undefined, binaryOutput: false };
    return checked({ id: undefined, images: [body], ...all, parameters: {} }, taxonomy);
  }

  const run = deps.runParser ?? runParserHere;
  return checked(await run(INFER_REQUEST, body, jsonLength, limits), taxonomy);
}

function checked(
  { parameters, ...request }: UncheckedInferRequest,
  taxonomy: Taxonomy,
): ParsedInferRequest {
  return {
    ...request,
    label: readLabel(parameters.class, taxonomy),
    query: readAnswerParameters(parameters, taxonomy),
    sent: ANSWER_NAMES.filter((name) => parameters[name] !== undefined),
  };
}

/** A body with JSON, and perhaps a tensor behind it. */
export const INFER_REQUEST: BodyParser<
  [jsonLength: number, limits: Limits],
  UncheckedInferRequest
> = {
  name: 'infer-request',
  parse(body, jsonLength, limits) {
    const text = body.subarray(0, jsonLength);
    const { value, cut } = parseCutJson(text, {
      // inputs[0].data
      cuts: (depth, name) => depth === 3 && name === 'data',
      maxValues: OTHER_VALUES,
    });
    const json = checkBody(value, inferRequestSchema);
    const { id, inputs, outputs, parameters } = json;
    const input = singleInput(inputs);
    const objects = [json, input, ...(outputs ?? [])];
    for (const name of REFUSED_PARAMETERS) {
      if (objects.some((object) => object.parameters?.[name] !== undefined)) {
        throw new ProblemError('invalid-body', `the parameter "${name}" is not served`);
      }
    }
    refuseMisspelt(parameters, [...ANSWER_NAMES, 'class', 'binary_data_output'], 'the request');
    refuseMisspelt(input.parameters, ['binary_data_size'], `"${INPUT_NAME}"`);
    for (const { name, parameters: own } of outputs ?? []) {
      refuseMisspelt(own, ['binary_data'], JSON.stringify(name.slice(0, 64)));
    }
    const data = typeof input.data === 'number' ? cut[input.data] : undefined;
    return {
      id,
      images: readImages(input, { text, data, binary: body.subarray(jsonLength) }, limits),
      outputs: outputs?.map(({ name, parameters }) => ({
        name,
        binary: readBoolean(parameters, 'binary_data'),
      })),
      binaryOutput: readBoolean(parameters, 'binary_data_output') ?? false,
      parameters: Object.fromEntries(
        ['class', ...ANSWER_NAMES].flatMap((name) =>
          parameters?.[name] === undefined ? [] : [[name, parameters[name]]],
        ),
      ),
    };
  },
};

/** Where the data of a tensor may be. */
interface TensorPlaces {
  readonly text: Uint8Array;
  /** In the text. */
  readonly data: Span | undefined;
  /** Behind the text. */
  readonly binary: Uint8Array;
}

function readJsonLength(header: string | undefined, bodyLength: number): number {
  if (header === undefined) return bodyLength;
  const length = /^\d{1,15}$/.test(header) ? Number(header) : Number.NaN;
  if (length <= bodyLength) return length;
  const detail = `${JSON_LENGTH_HEADER} must be the number of bytes of the JSON, at most the ${bodyLength} of the body`;
  throw new ProblemError('invalid-body', detail);
}

function singleInput(inputs: readonly InputTensor[]): InputTensor {
  const strange = inputs.find(({ name }) => name !== INPUT_NAME);
  if (strange !== undefined) {
    const detail = `there is no input ${JSON.stringify(strange.name.slice(0, 64))}; the model takes one, "${INPUT_NAME}"`;
    throw new ProblemError('invalid-body', detail);
  }
  if (inputs.length > 1) {
    const detail = `the input "${INPUT_NAME}" came ${inputs.length} times; put several images into its first dimension`;
    throw new ProblemError('invalid-body', detail);
  }
  return inputs[0]!;
}

function readImages(
  input: InputTensor,
  places: TensorPlaces,
  limits: Limits,
): ParsedInferRequest['images'] {
  const count = readImageCount(input);
  checkBatch(count, limits);
  const source = dataSource(input, places);
  if (input.datatype === 'UINT8') return readPixels(source, count);
  return readFiles(source, count);
}

/** How many images the shape says. */
function readImageCount({ datatype, shape }: InputTensor): number {
  const [count = 0, ...inner] = shape;
  const text = `[${shape.join(', ')}]`.slice(0, 64);
  switch (datatype) {
    case 'UINT8':
      if (count >= 1 && inner.join() === PIXEL_SHAPE.join()) return count;
      throw new ProblemError(
        'invalid-body',
        `"image" as UINT8 has the shape [N, ${PIXEL_SHAPE.join(', ')}], N from 1, not ${text}`,
      );
    case 'BYTES':
      if (count >= 1 && (inner.length === 0 || inner.join() === '1')) return count;
      throw new ProblemError(
        'invalid-body',
        `"image" as BYTES has the shape [N] or [N, 1], N from 1, not ${text}`,
      );
    default: {
      const detail =
        `"image" is UINT8 [N, ${PIXEL_SHAPE.join(', ')}], RGB from 0 to 255, or BYTES [N], ` +
        `JPEG, PNG or WebP files; not ${JSON.stringify(datatype.slice(0, 64))}`;
      throw new ProblemError('invalid-body', detail);
    }
  }
}

type DataSource =
  | { readonly kind: 'json'; readonly text: Uint8Array; readonly array: Span }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array };

/** Where the data of the tensor is: inside of the JSON or behind it, and not at both places. */
function dataSource({ parameters }: InputTensor, { text, data, binary }: TensorPlaces): DataSource {
  const size = parameters?.binary_data_size;
  if (size === undefined) {
    if (binary.length > 0) {
      const detail = `${binary.length} bytes follow the JSON, but "image" has no parameter "binary_data_size"`;
      throw new ProblemError('invalid-body', detail);
    }
    if (data !== undefined && isArray(text, data)) return { kind: 'json', text, array: data };
    const detail = '"image" needs either an array "data", or the parameter "binary_data_size"';
    throw new ProblemError('invalid-body', detail);
  }
  if (data !== undefined) {
    const detail = '"image" has both "data" and "binary_data_size"; send one of them';
    throw new ProblemError('invalid-body', detail);
  }
  if (size !== binary.length) {
    const detail = `"binary_data_size" of "image" must be ${binary.length}: so many bytes follow the JSON`;
    throw new ProblemError('invalid-body', detail);
  }
  return { kind: 'binary', bytes: binary };
}

function readPixels(source: DataSource, count: number): NetworkInput[] {
  const bytes =
    source.kind === 'binary'
      ? source.bytes
      : readUint8Tensor(source.text, source.array, [count, ...PIXEL_SHAPE]);
  if (bytes.length !== count * PIXEL_BYTES) {
    const detail = `the shape of "image" takes ${count * PIXEL_BYTES} bytes; ${bytes.length} came`;
    throw new ProblemError('invalid-body', detail);
  }
  // Copies: an engine may take the memory of each away.
  return Array.from({ length: count }, (_, i) => ({
    bytes: bytes.slice(i * PIXEL_BYTES, (i + 1) * PIXEL_BYTES) as Uint8Array<ArrayBuffer>,
  }));
}

function readFiles(source: DataSource, count: number): ParsedInferRequest['images'] {
  if (source.kind === 'binary') {
    return readBytesTensor(source.bytes, count).map(emptyAsProblem);
  }
  const { text, array } = source;
  // The shape [N, 1] may be nested.
  const elements = arrayElements(text, array, OTHER_VALUES).flatMap((element) =>
    isArray(text, element) ? arrayElements(text, element, 1) : [element],
  );
  if (elements.length !== count) {
    const detail = `the shape of "image" says ${count} elements; "data" has ${elements.length}`;
    throw new ProblemError('invalid-body', detail);
  }
  return elements.map((element) => {
    const characters = stringBytes(text, element);
    return characters === undefined
      ? new ProblemError('invalid-body', 'a BYTES element is no string of base64')
      : decodeBase64Image(characters);
  });
}

function readBoolean(
  parameters: Readonly<Record<string, unknown>> | undefined,
  name: string,
): boolean | undefined {
  const value = parameters?.[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw new ProblemError('invalid-body', `the parameter "${name}" must be true or false`);
}

function readLabel(value: unknown, taxonomy: Taxonomy): string | undefined {
  if (value === undefined) return undefined;
  const labels = labelsOf(taxonomy);
  const label = labels.find((candidate) => candidate === value);
  if (label !== undefined) return label;
  const detail = `the parameter "class" must be one of ${labels.join(', ')}`;
  throw new ProblemError('invalid-body', detail);
}

/** Names of {@link ANSWER_PARAMETERS}. */
const ANSWER_NAMES = Object.keys(ANSWER_PARAMETERS);

/** The parameters that say how images are answered, understood as a query is. */
function readAnswerParameters(
  parameters: Readonly<Record<string, unknown>>,
  taxonomy: Taxonomy,
): ParameterQuery {
  const schemas = requestSchemas(taxonomy);
  const faults = new Set<string>();
  const sent: Record<string, string> = {};
  for (const [name, type] of Object.entries(ANSWER_PARAMETERS)) {
    const value = parameters[name];
    if (value === undefined) continue;
    if (typeof value === type) sent[name] = String(value);
    else faults.add(name);
  }
  const result = parameterQuerySchema(schemas).safeParse(sent);
  for (const { path } of result.error?.issues ?? []) faults.add(String(path[0]));
  if (faults.size === 0 && result.success) return result.data;
  const texts = [...faults].map((name) => `the parameter "${name}" ${ruleOf(name, schemas.rules)}`);
  throw new ProblemError('invalid-body', texts.join('; '));
}

function ruleOf(name: string, rules: Readonly<Record<string, string>>): string {
  const type = ANSWER_PARAMETERS[name as keyof typeof ANSWER_PARAMETERS];
  return `${rules[name]} (${type})`;
}

/**
 * Parameters that the protocol or a gateway brings and that change nothing here are ignored; what is nearly the name
 * of one that does is a typing error, and to ignore it would be to answer wrongly.
 *
 * @throws ProblemError `invalid-body`
 */
function refuseMisspelt(
  parameters: Readonly<Record<string, unknown>> | undefined,
  known: readonly string[],
  place: string,
): void {
  const faults = misspeltNames(Object.keys(parameters ?? {}), known, 'parameter');
  if (faults.length > 0) throw new ProblemError('invalid-body', `${place}: ${faults.join('; ')}`);
}
