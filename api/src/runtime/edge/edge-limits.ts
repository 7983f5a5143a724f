import type { Limits } from '../../answers/request-limits.ts';
import { MAX_BATCH } from '../../schemas/request.ts';

/** An isolate has 128 MB; the network, the program and a body take up to 50 (`npm run bench -- edge`). */
export const MAX_DECODER_BYTES = 40 << 20;

/** What an image may cost where an isolate looks at it. */
export const EDGE_LIMITS: Limits = {
  maxBodyBytes: 10 << 20,
  maxPixels: 25_000_000,
  maxBatch: MAX_BATCH,
  timeoutSeconds: 30,
};

/** Where the build puts the current model, in the static assets. */
export const MODEL_FOLDER = '/model/';
