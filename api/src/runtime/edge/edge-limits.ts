import type { Limits } from '../../answers/request-limits.ts';
import { MAX_BATCH } from '../../schemas/request.ts';

/** An isolate has 128 MB; the network, the program and a body take up to 50 (`npm run bench -- edge`). */
export const MAX_DECODER_BYTES = 40 << 20;

/** CPU time of one request, in milliseconds, as `wrangler.jsonc` grants it. */
export const EDGE_CPU_MS = 10_000;

/** CPU time of the dearest work, measured in workerd and in Node: for a run of the network, and for a megapixel. */
export const RUN_MS = 52;
export const MEGAPIXEL_MS = 6.2;

/** What an image may cost where an isolate looks at it. */
export const EDGE_LIMITS: Limits = {
  maxBodyBytes: 10 << 20,
  maxPixels: 25_000_000,
  maxBatch: MAX_BATCH,
  // Together 4 of the 10 s: the platform's cores may be slower, and a file dearer.
  maxNetworkRuns: 64,
  maxBatchPixels: 100_000_000,
  timeoutSeconds: 30,
};

/** Where the build puts the current model, in the static assets. */
export const MODEL_FOLDER = '/model/';
