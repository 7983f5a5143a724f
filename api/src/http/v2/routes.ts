import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import type { Context } from 'hono';
import * as z from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Engine } from '../../analysis/engine.ts';
import { answerAboutScores } from '../../answers/prediction-answer.ts';
import { ProblemError, problemOr } from '../../answers/problem-error.ts';
import { resolveOptions } from '../../answers/resolve-options.ts';
import {
  inferRequestSchema,
  inferResponseSchema,
  type ModelMetadata,
  modelMetadataSchema,
  modelReadySchema,
  type ServerMetadata,
  serverMetadataSchema,
  v2LiveSchema,
  v2ReadySchema,
} from '../../schemas/inference-protocol.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';
import type { Route } from '../context/route.ts';
import { analyseUpload, convertImages } from '../request/analyse-upload.ts';
import { holdEngine } from '../request/choose-engine.ts';
import { readQuery } from '../request/query.ts';
import { requireReady } from '../request/require-ready.ts';
import { INPUT_NAME, JSON_LENGTH_HEADER, PIXEL_SHAPE, readInferRequest } from './infer-request.ts';
import { type EncodedInferResponse, encodeInferResponse, wantedOutputs } from './infer-response.ts';
import { type AnsweredImage, outputMetadata, outputTensors, topLabel } from './output-tensors.ts';

/** The protocol has its parameters in the body. */
const NO_PARAMETERS = z.object({});

const MODEL = '/v2/models/:name';
const VERSION = `${MODEL}/versions/:version`;

/** The Open Inference Protocol, version 2, over HTTP: what clients of Triton and KServe talk. */
export function v2Routes(deps: AppDependencies): Route[] {
  return [
    serverMetadataRoute(),
    liveRoute(),
    readyRoute(deps),
    ...[MODEL, VERSION].flatMap((path) => [
      modelMetadataRoute(path, deps),
      modelReadyRoute(`${path}/ready`, deps),
      inferRoute(`${path}/infer`, deps, 'infer', {
        summary: 'Inference Protocol: probabilities of images',
        description:
          'One input `image`: UINT8 `[N, 224, 224, 3]`, RGB as the network takes it, or BYTES `[N]`, ' +
          'JPEG, PNG or WebP files (in JSON as base64). One bad image fails the request. ' +
          'Parameters say how they are answered, as the query of `/predict` does. `abstained` is true where the scores mean nothing.',
      }),
      inferRoute(`${path}/explain`, deps, 'explain', {
        summary: 'Inference Protocol: heat maps of images',
        description:
          'Takes what `infer` takes. `heatmap` is the map of one class after ReLU, divided by `max`; ' +
          '`cam` holds the maps of all classes before the ReLU.',
      }),
    ]),
  ];
}

function serverMetadataRoute(): Route {
  return {
    method: 'GET',
    path: '/v2',
    summary: 'Inference Protocol: the server',
    answer: {
      description: 'Name, version, extensions.',
      content: { 'application/json': serverMetadataSchema },
    },
    problems: [],
    v2: true,
    handle: (c) =>
      c.json<ServerMetadata>({
        name: 'naevus',
        version: packageJson.version,
        extensions: ['binary_tensor_data'],
      }),
  };
}

function liveRoute(): Route {
  return {
    method: 'GET',
    path: '/v2/health/live',
    open: true,
    summary: 'Inference Protocol: whether the process answers',
    answer: { description: 'It does.', content: { 'application/json': v2LiveSchema } },
    problems: [],
    v2: true,
    handle: (c) => c.json({ live: true }),
  };
}

function readyRoute(deps: AppDependencies): Route {
  return {
    method: 'GET',
    path: '/v2/health/ready',
    open: true,
    summary: 'Inference Protocol: whether images may be sent',
    answer: {
      description: 'The model has answered at least once.',
      content: { 'application/json': v2ReadySchema },
    },
    problems: ['no-model', 'draining'],
    v2: true,
    handle(c) {
      requireReady(deps.engines.current, deps);
      return c.json({ ready: true });
    },
  };
}

function modelReadyRoute(path: string, deps: AppDependencies): Route {
  return {
    method: 'GET',
    path,
    summary: 'Inference Protocol: whether the model is ready',
    pathParameters: pathParameters(path),
    answer: { description: 'It is.', content: { 'application/json': modelReadySchema } },
    problems: ['not-found', 'no-model', 'draining'],
    v2: true,
    handle(c) {
      const engine = namedEngine(c, deps);
      requireReady(engine, deps);
      return c.json({ name: engine.model.manifest.name, ready: true });
    },
  };
}

function modelMetadataRoute(path: string, deps: AppDependencies): Route {
  return {
    method: 'GET',
    path,
    summary: 'Inference Protocol: the tensors of the model',
    pathParameters: pathParameters(path),
    answer: {
      description: 'Versions, input and outputs of `infer`.',
      content: { 'application/json': modelMetadataSchema },
    },
    problems: ['not-found'],
    v2: true,
    handle(c) {
      const { model } = namedEngine(c, deps);
      const { name } = model.manifest;
      return c.json<ModelMetadata>({
        name,
        versions: [...deps.engines.byVersion.keys()],
        platform: 'onnx_onnxv1',
        inputs: [
          {
            name: INPUT_NAME,
            datatype: 'UINT8',
            shape: [-1, ...PIXEL_SHAPE],
            parameters: { also: 'BYTES [-1]: JPEG, PNG or WebP files, of any size' },
          },
        ],
        outputs: outputTensors('infer', model).map(outputMetadata),
        parameters: { labels: labelsOf(model.taxonomy).join(), disclaimer: DISCLAIMER },
      });
    },
  };
}

function inferRoute(
  path: string,
  deps: AppDependencies,
  kind: 'infer' | 'explain',
  texts: Pick<Route, 'summary' | 'description'>,
): Route {
  return {
    method: 'POST',
    path,
    ...texts,
    pathParameters: pathParameters(path),
    tensors: inferRequestSchema,
    answer: {
      description: 'The tensors that were asked for, in the order of the images.',
      content: { 'application/json': inferResponseSchema, 'application/octet-stream': 'binary' },
      headers: { [JSON_LENGTH_HEADER]: 'Bytes of the JSON, where tensors lie behind it.' },
    },
    problems: ['not-found', 'too-many-images', 'invalid-query', 'abstained'],
    v2: true,
    work: true,
    async handle(c) {
      readQuery(c.req, NO_PARAMETERS);
      const engine = namedEngine(c, deps);
      holdEngine(c, engine, deps.limits);
      const { model } = engine;
      const request = await readInferRequest(c, deps, model.taxonomy);
      const converted = await convertImages(c, deps, request.images);
      const wanted = wantedOutputs(request, outputTensors(kind, model));
      const { query, sent, label } = request;
      const options = resolveOptions(
        { ...query, language: undefined, similar: undefined },
        (name) => (sent.includes(name) ? name : undefined),
        model,
      );
      const results = await analyseUpload(c, deps, engine, converted, { tta: query.tta });
      const images = results.map((analysis, i) =>
        naming(i, results.length, (): AnsweredImage => {
          if (analysis instanceof ProblemError) throw analysis;
          const answer = answerAboutScores(analysis, model.taxonomy.classes.length, model, options);
          return { analysis, answer, label: label ?? topLabel(answer) };
        }),
      );
      const id = request.id ?? c.var.requestId;
      return respond(c, encodeInferResponse(model, id, images, wanted));
    },
  };
}

/** What is made of one image of several; a problem says of which. */
function naming<T>(index: number, count: number, make: () => T): T {
  const made = problemOr(make);
  if (!(made instanceof ProblemError)) return made;
  if (count === 1) throw made;
  const detail = `image ${index} of ${count}, counted from 0: ${made.message}`;
  throw new ProblemError(made.kind, detail, { headers: made.headers });
}

function respond(c: Context<AppEnv>, { json, tensors }: EncodedInferResponse): Response {
  c.header('Cache-Control', 'no-store');
  if (tensors.length === 0) return c.body(json, 200, { 'Content-Type': 'application/json' });
  const body = new Uint8Array(tensors.reduce((sum, { length }) => sum + length, json.length));
  let offset = 0;
  for (const part of [json, ...tensors]) {
    body.set(part, offset);
    offset += part.length;
  }
  return c.body(body, 200, {
    'Content-Type': 'application/octet-stream',
    [JSON_LENGTH_HEADER]: String(json.length),
  });
}

/** @throws ProblemError `not-found` where the path names another model or version than is served */
function namedEngine(c: Context<AppEnv>, { engines }: AppDependencies): Engine {
  const { name } = engines.current.model.manifest;
  if (c.req.param('name') !== name) {
    throw new ProblemError('not-found', `there is no such model; "${name}" is served`);
  }
  const version = c.req.param('version');
  const engine = version === undefined ? engines.current : engines.byVersion.get(version);
  if (engine !== undefined) return engine;
  const served = [...engines.byVersion.keys()].map((known) => `"${known}"`);
  const detail = `there is no such version; ${served.join(', ')} is served`;
  throw new ProblemError('not-found', detail);
}

function pathParameters(path: string): Record<string, string> {
  return {
    name: 'Name of the model; GET /model tells it.',
    ...(path.startsWith(VERSION) && { version: 'Version of the model.' }),
  };
}
