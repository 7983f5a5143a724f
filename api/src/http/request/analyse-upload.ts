import type { Context } from 'hono';
import {
  type Analysis,
  type AnalysisOptions,
  type Engine,
  type EngineInput,
  type NetworkOptions,
  networkRuns,
  type Outcome,
} from '../../analysis/engine.ts';
import { sourceFormat } from '../../analysis/source-format.ts';
import { checkImage } from '../../answers/check-image.ts';
import { openImage } from '../../answers/open-image.ts';
import { internalProblem, ProblemError, problemOr } from '../../answers/problem-error.ts';
import { problemOfFailure } from '../../answers/problem-of-failure.ts';
import type { Limits } from '../../answers/request-limits.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';
import { engineProblem } from './choose-engine.ts';

/** A file, or what was made of one already, or why there is nothing. */
export type UploadedImage = Uint8Array<ArrayBuffer> | EngineInput | ProblemError;

/**
 * Converts those images of a request that are in formats which no decoder reads. Before an engine is chosen: this
 * takes time, and another version may be served then.
 *
 * @returns as many, in the same order; files in other formats as they were
 * @throws ProblemError `busy`, `timeout`
 */
export async function convertImages<T extends UploadedImage>(
  c: Context<AppEnv>,
  { converter, limits }: Pick<AppDependencies, 'converter' | 'limits'>,
  images: readonly T[],
): Promise<readonly UploadedImage[]> {
  const isConverted = (image: UploadedImage): image is Uint8Array<ArrayBuffer> => {
    const format = image instanceof Uint8Array ? sourceFormat(image) : undefined;
    return format !== undefined && converter?.formats.includes(format) === true;
  };
  if (!images.some(isConverted)) return images;
  return withDeadline(c, limits.timeoutSeconds, (signal) =>
    Promise.all(
      images.map(async (image) => {
        if (!isConverted(image)) return image;
        return openImage(image, limits, converter, signal).catch((error: unknown) => {
          if (error instanceof ProblemError) return error;
          throw error;
        });
      }),
    ),
  );
}

/**
 * Analyses the images of one request.
 *
 * @param engine chosen in this very turn
 * @param images files, whose headers are checked first; converted files; or the network's inputs. What is a problem
 *   already stays one
 * @returns as many, in the same order: an analysis, or the problem of that image
 * @throws ProblemError when the engine cannot answer: `busy`, `no-model`, `timeout`; `too-many-images`
 */
export async function analyseUpload(
  c: Context<AppEnv>,
  { limits, log, metrics, converter }: AppDependencies,
  engine: Engine,
  images: readonly UploadedImage[],
  options: AnalysisOptions = {},
): Promise<(Analysis | ProblemError)[]> {
  const inspected = images.map((image) => {
    if (!(image instanceof Uint8Array)) return image;
    return problemOr(() => checkImage(image, limits, converter?.formats));
  });
  const inputs = inspected.filter((item): item is EngineInput => !(item instanceof ProblemError));
  checkWork(inputs, options, limits);
  const ended = c.get('trace')?.analyse(images.length);
  const outcomes = await withDeadline(c, limits.timeoutSeconds, (signal) =>
    inputs.length === 0 ? Promise.resolve<Outcome[]>([]) : engine.analyse(inputs, options, signal),
  ).catch((error) => {
    ended?.([]);
    throw error;
  });
  let next = 0;
  const results = inspected.map((item) => {
    if (item instanceof ProblemError) return item;
    const outcome = outcomes[next++]!;
    if (outcome.ok) return outcome.analysis;
    const { failure } = outcome;
    if (failure.kind === 'crashed') {
      log.defect(c.var.requestId, failure.cause);
      return internalProblem();
    }
    return problemOfFailure(failure);
  });
  ended?.(results.filter((result): result is Analysis => !(result instanceof ProblemError)));
  if (metrics) {
    for (const result of results) {
      if (!(result instanceof ProblemError)) {
        metrics.analysed(result, engine.model);
        // Of a single image the request's own problem is counted.
      } else if (results.length > 1) metrics.rejectedImage(result.kind);
    }
  }
  return results;
}

/**
 * Holds the work of a whole request to what the platform computes for one.
 *
 * @throws ProblemError `too-many-images`
 */
export function checkWork(
  images: readonly EngineInput[],
  options: NetworkOptions,
  { maxNetworkRuns, maxBatchPixels }: Pick<Limits, 'maxNetworkRuns' | 'maxBatchPixels'>,
): void {
  const each = networkRuns(options);
  const runs = each * images.length;
  if (maxNetworkRuns !== undefined && runs > maxNetworkRuns) {
    const most = Math.floor(maxNetworkRuns / each);
    const detail = `${images.length} images are ${runs} runs of the network with these options, and a request may take ${maxNetworkRuns}; send at most ${most}, or ask for fewer views`;
    throw new ProblemError('too-many-images', detail);
  }
  const pixels = images.reduce(
    (sum, { header }) => sum + (header ? header.width * header.height : 0),
    0,
  );
  if (maxBatchPixels !== undefined && pixels > maxBatchPixels) {
    const detail = `the images have ${pixels} pixels together, and those of a request may have ${maxBatchPixels}; send fewer, or smaller ones`;
    throw new ProblemError('too-many-images', detail);
  }
}

/**
 * Runs work whose signal fires when the time is up or the client has hung up.
 *
 * @throws ProblemError in place of an EngineError
 */
async function withDeadline<T>(
  c: Context<AppEnv>,
  seconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, seconds * 1000);
  const client = c.req.raw.signal;
  if (client.aborted) abort();
  client.addEventListener('abort', abort, { once: true });
  try {
    return await work(controller.signal);
  } catch (error) {
    throw engineProblem(error, seconds);
  } finally {
    clearTimeout(timer);
    client.removeEventListener('abort', abort);
  }
}
