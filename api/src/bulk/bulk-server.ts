import type { Hono } from 'hono';
import { internalProblem } from '../answers/problem-error.ts';
import type { AppEnv } from '../http/context/app-env.ts';
import { createHttpApp } from '../http/http-app.ts';
import { type Assets, assetSource } from '../runtime/edge/asset-source.ts';
import { bareProblem } from '../runtime/edge/bare-problem.ts';
import { edgeCaller } from '../runtime/edge/edge-caller.ts';
import { EdgeEngine } from '../runtime/edge/edge-engine.ts';
import { EDGE_LIMITS, MAX_DECODER_BYTES, MODEL_FOLDER } from '../runtime/edge/edge-limits.ts';
import { edgeLog } from '../runtime/edge/edge-log.ts';
import type { WasmModules } from '../wasm/create-wasm-backend.ts';
import type { Bulk } from './bulk.ts';
import { type BulkSettings, type BulkVariables, readBulkSettings } from './bulk-settings.ts';
import { consume } from './consume.ts';
import { jobRoutes } from './job-routes.ts';
import type { DeliveredBatch } from './platform.ts';

/** What `wrangler.bulk.jsonc` binds the worker to. */
export interface BulkBindings extends BulkVariables {
  readonly ASSETS: Assets;
  readonly IMAGES: Bulk['images'];
  readonly PREDICTIONS: Bulk['predictions'];
  readonly IMAGE_QUEUE: Bulk['imageQueue'];
  readonly JOB_QUEUE: Bulk['jobQueue'];
}

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

/** The bulk worker of one isolate: serves jobs over HTTP, and does what its queues bring. */
export class BulkServer {
  readonly #modules: WasmModules;
  #settings: BulkSettings | undefined;
  #engine: Promise<EdgeEngine> | undefined;

  constructor(modules: WasmModules) {
    this.#modules = modules;
  }

  async fetch(
    request: Request,
    bindings: BulkBindings,
    context: ExecutionContext,
  ): Promise<Response> {
    let app: Hono<AppEnv>;
    try {
      app = this.#app(bindings, context);
    } catch (error) {
      return bareProblem(request, error, internalProblem());
    }
    return app.fetch(request);
  }

  async queue(
    batch: DeliveredBatch,
    bindings: BulkBindings,
    context: ExecutionContext,
  ): Promise<void> {
    await consume(batch, this.#bulk(bindings, context));
  }

  /** Created for each invocation, as bindings are of one. */
  #app(bindings: BulkBindings, context: ExecutionContext): Hono<AppEnv> {
    const bulk = this.#bulk(bindings, context);
    const { keys, hstsSeconds } = bulk.settings;
    return createHttpApp(jobRoutes(bulk), {
      limits: EDGE_LIMITS,
      log: edgeLog,
      keys,
      caller: edgeCaller,
      ...(hstsSeconds !== undefined && { hstsSeconds }),
      draining: () => false,
    });
  }

  #bulk(bindings: BulkBindings, context: ExecutionContext): Bulk {
    this.#settings ??= readBulkSettings(bindings);
    const settings = this.#settings;
    return {
      images: bindings.IMAGES,
      predictions: bindings.PREDICTIONS,
      imageQueue: bindings.IMAGE_QUEUE,
      jobQueue: bindings.JOB_QUEUE,
      settings,
      engine: () => this.#load(bindings.ASSETS, settings, context),
    };
  }

  async #load(
    assets: Assets,
    { trustedKeys }: BulkSettings,
    context: ExecutionContext,
  ): Promise<EdgeEngine> {
    if (this.#engine === undefined) {
      const engine = EdgeEngine.load(assetSource(assets, MODEL_FOLDER), this.#modules, {
        maxDecoderBytes: MAX_DECODER_BYTES,
        ...(trustedKeys && { trustedKeys }),
      });
      this.#engine = engine;
      // An invocation that ends early must not take the loading with it, which others wait for.
      context.waitUntil(engine.catch(() => {}));
    }
    try {
      return await this.#engine;
    } catch (error) {
      this.#engine = undefined;
      throw error;
    }
  }
}
