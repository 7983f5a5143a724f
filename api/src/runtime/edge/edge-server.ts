import type { Hono } from 'hono';
import { onlyEngine } from '../../analysis/engines.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import { createApp } from '../../http/app.ts';
import type { AppEnv } from '../../http/context/app-env.ts';
import { BodyBudget } from '../../http/request/body-budget.ts';
import type { WasmModules } from '../../wasm/create-wasm-backend.ts';
import { anonymousRefusal } from '../settings/anonymous-access.ts';
import { type Assets, assetSource } from './asset-source.ts';
import { bareProblem } from './bare-problem.ts';
import { discardRest } from './discard-rest.ts';
import { edgeCaller } from './edge-caller.ts';
import { edgeConverter } from './edge-converter.ts';
import { EdgeEngine } from './edge-engine.ts';
import { EDGE_LIMITS, MAX_DECODER_BYTES, MODEL_FOLDER } from './edge-limits.ts';
import { edgeLog } from './edge-log.ts';
import { type EdgeVariables, type RateLimitBinding, readEdgeSettings } from './edge-settings.ts';

/** What `wrangler.jsonc` binds the worker to. */
export interface EdgeBindings extends EdgeVariables {
  readonly ASSETS: Assets;
  readonly RATE_LIMIT?: RateLimitBinding;
}

/** Of the bodies of all requests that an isolate has at once: two of the largest, and small ones. */
const BODY_MEMORY = { bytes: 24 << 20, largeBytes: 20 << 20, waitSeconds: 0 };

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

/** The worker of one isolate: loads the model with the first request and serves all of them. */
export class EdgeServer {
  readonly #modules: WasmModules;
  #app: Promise<Hono<AppEnv>> | undefined;

  constructor(modules: WasmModules) {
    this.#modules = modules;
  }

  async fetch(
    request: Request,
    bindings: EdgeBindings,
    context: ExecutionContext,
  ): Promise<Response> {
    const response = await this.#answer(request, bindings, context);
    await discardRest(request.body);
    return response;
  }

  async #answer(
    request: Request,
    bindings: EdgeBindings,
    context: ExecutionContext,
  ): Promise<Response> {
    const refusal = bindings.NAEVUS_API_KEYS
      ? undefined
      : anonymousRefusal(new URL(request.url).hostname, bindings.NAEVUS_ALLOW_ANONYMOUS === 'true');
    if (refusal !== undefined) return unconfigured(request, refusal);
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
    return app.fetch(request);
  }

  async #start({ ASSETS, RATE_LIMIT, ...variables }: EdgeBindings): Promise<Hono<AppEnv>> {
    const { trustedKeys, ...settings } = readEdgeSettings(variables, RATE_LIMIT);
    const source = assetSource(ASSETS, MODEL_FOLDER);
    const engine = await EdgeEngine.load(source, this.#modules, {
      maxDecoderBytes: MAX_DECODER_BYTES,
      ...(trustedKeys && { trustedKeys }),
    });
    return createApp({
      engines: onlyEngine(engine),
      limits: EDGE_LIMITS,
      converter: edgeConverter(EDGE_LIMITS.maxPixels),
      bodies: new BodyBudget(BODY_MEMORY),
      ...settings,
      log: edgeLog,
      caller: edgeCaller,
      pageFiles: assetSource(ASSETS, '/page-files/'),
      draining: () => false,
    });
  }
}

/** The model could not be loaded; the next request tries again. */
function noModel(request: Request, error: unknown): Response {
  const detail = 'the model could not be loaded; try again in 5 s';
  return bareProblem(request, error, new ProblemError('no-model', detail, RETRY));
}

/** Node does not even start then. */
function unconfigured(request: Request, refusal: string): Response {
  const detail = 'this worker is not set up: its log says what is missing';
  return bareProblem(request, new Error(refusal), new ProblemError('not-configured', detail));
}

const RETRY = { headers: { 'Retry-After': '5' } };
