import { PROBLEM_MEDIA_TYPE } from '@naevus/shared/api/problem';
import { MAX_BATCH } from '@naevus/shared/api/request';
import type { Context, Hono } from 'hono';
import { createApp } from '../app.ts';
import type { Limits } from '../app-dependencies.ts';
import type { AppEnv } from '../app-env.ts';
import { onlyEngine } from '../engine/engines.ts';
import type { Caller } from '../http/caller.ts';
import { ProblemError } from '../http/problem-error.ts';
import { requestIdFrom } from '../http/request-id.ts';
import type { WasmModules } from '../wasm/wasm-parts.ts';
import { type Assets, assetSource } from './asset-source.ts';
import { EdgeEngine } from './edge-engine.ts';
import { edgeLog } from './edge-log.ts';
import { type EdgeVariables, type RateLimitBinding, readEdgeSettings } from './edge-settings.ts';

/** What `wrangler.jsonc` binds the worker to. */
export interface EdgeBindings extends EdgeVariables {
  readonly ASSETS: Assets;
  readonly RATE_LIMIT?: RateLimitBinding;
}

/** An isolate has 128 MB; the network and the program take half, a body and its copy some 20. */
const MAX_DECODER_BYTES = 40 << 20;

const LIMITS: Limits = {
  maxBodyBytes: 10 << 20,
  maxPixels: 25_000_000,
  maxBatch: MAX_BATCH,
  timeoutSeconds: 30,
};

/** Of the bodies of all requests that an isolate has at once; a single one may always come. */
const MAX_BYTES_IN_FLIGHT = 24 << 20;

/** Where the build puts the current model, in the static assets. */
const MODEL_FOLDER = '/model/';

interface Waiting {
  waitUntil(promise: Promise<unknown>): void;
}

/** The worker of one isolate: loads the model with the first request and serves all of them. */
export class EdgeServer {
  readonly #modules: WasmModules;
  #app: Promise<Hono<AppEnv>> | undefined;
  #requests = 0;
  #bytes = 0;

  constructor(modules: WasmModules) {
    this.#modules = modules;
  }

  async fetch(request: Request, bindings: EdgeBindings, context: Waiting): Promise<Response> {
    if (this.#app === undefined) {
      const app = this.#start(bindings);
      this.#app = app;
      // A client that hangs up must not take the loading with it, which others wait for.
      context.waitUntil(app.catch(() => {}));
    }
    let app: Hono<AppEnv>;
    try {
      app = await this.#app;
    } catch (error) {
      this.#app = undefined;
      return noModel(request, error);
    }
    const bytes = Number(request.headers.get('Content-Length') ?? LIMITS.maxBodyBytes);
    const counted = request.method === 'POST' ? Math.min(bytes, LIMITS.maxBodyBytes) : 0;
    this.#requests++;
    this.#bytes += counted;
    try {
      return await app.fetch(request);
    } finally {
      this.#requests--;
      this.#bytes -= counted;
    }
  }

  async #start({ ASSETS, RATE_LIMIT, ...variables }: EdgeBindings): Promise<Hono<AppEnv>> {
    const { trustedKeys, ...settings } = readEdgeSettings(variables, RATE_LIMIT);
    const source = assetSource(ASSETS, MODEL_FOLDER);
    const full = () => this.#requests > 1 && this.#bytes > MAX_BYTES_IN_FLIGHT;
    const engine = await EdgeEngine.load(source, this.#modules, {
      maxDecoderBytes: MAX_DECODER_BYTES,
      full,
      ...(trustedKeys && { trustedKeys }),
    });
    return createApp({
      engines: onlyEngine(engine),
      limits: LIMITS,
      ...settings,
      log: edgeLog,
      caller: edgeCaller,
      pageFiles: assetSource(ASSETS, '/page-files/'),
      draining: () => false,
      toBase64,
    });
  }
}

/** Cloudflare says who it is, whatever the client wrote into that header. */
function edgeCaller(c: Context<AppEnv>): Caller {
  const address = c.req.header('CF-Connecting-IP');
  return { https: c.req.url.startsWith('https:'), ...(address && { address }) };
}

/** The model could not be loaded; the next request tries again. */
function noModel(request: Request, error: unknown): Response {
  const id = requestIdFrom(request.headers.get('X-Request-Id') ?? undefined);
  edgeLog.defect(id, error);
  const problem = new ProblemError('no-model', 'the model could not be loaded; try again in 5 s');
  return new Response(JSON.stringify(problem.document(id)), {
    status: problem.status,
    headers: { 'Content-Type': PROBLEM_MEDIA_TYPE, 'X-Request-Id': id, 'Retry-After': '5' },
  });
}

/** Arguments that one call may have. */
const CHUNK = 0x8000;

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(text);
}
