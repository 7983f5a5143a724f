import type { Engine } from './engine.ts';

/**
 * The versions of the model that a server answers with.
 *
 * Which one is current may change between two requests, and an engine is closed once it is no longer
 * listed and has nothing to do. So choose once for each request and `hold` it until the answer is there, and name in
 * the answer the model of the engine that gave it.
 */
export interface Engines {
  /** Answers where no version is asked for. */
  readonly current: Engine;
  /** Every version that may be asked for, the current one among them. */
  readonly byVersion: ReadonlyMap<string, Engine>;
}

/** A server of one version, which never changes. */
export function onlyEngine(engine: Engine): Engines {
  return { current: engine, byVersion: new Map([[engine.model.manifest.version, engine]]) };
}
