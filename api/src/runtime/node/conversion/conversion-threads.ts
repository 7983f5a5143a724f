import { Worker } from 'node:worker_threads';
import { EngineError } from '../../../analysis/engine.ts';
import type { Converted, FileConverter } from '../../../analysis/file-converter.ts';
import {
  SOURCE_FORMAT_NAMES,
  SOURCE_FORMATS,
  type SourceFormat,
} from '../../../analysis/source-format.ts';

/** `workerData` of the thread. */
export interface ConversionSetup {
  readonly maxPixels: number;
}

/** To the thread: one file at a time. */
export interface ConversionRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: SourceFormat;
}

/** From the thread. */
export type ConversionReply = Converted;

export interface ConversionThreadsOptions {
  /** `conversion-worker.js`. */
  readonly file: URL;
  /** Threads at most. */
  readonly threads: number;
  /** Files that may wait for a thread. */
  readonly queue: number;
  readonly maxPixels: number;
  /** Seconds that a file may take; then its thread is ended. */
  readonly maxSeconds: number;
}

/** JavaScript's own memory of a thread, in MB; the pixels are outside of it. */
const RESOURCE_LIMITS = {
  maxOldGenerationSizeMb: 256,
  maxYoungGenerationSizeMb: 32,
  stackSizeMb: 4,
};

/** A thread with nothing to do for this long ends: WebAssembly's memory never shrinks. */
const IDLE_MS = 10_000;

/** A thread that has decoded more pixels is ended, and its memory given back. */
const KEPT_PIXELS = 16_000_000;

interface Job {
  readonly request: ConversionRequest;
  readonly resolve: (result: Converted) => void;
  cancelled: boolean;
}

interface Thread {
  readonly worker: Worker;
  alive: boolean;
  /** Takes the reply to the file that is being converted. */
  settle?: (reply: ConversionReply | 'lost') => void;
}

/**
 * Converts files on threads that hold nothing but decoders in WebAssembly, made when they are first needed: whatever a
 * file does to a decoder, its thread can be ended.
 */
export function conversionThreads(options: ConversionThreadsOptions): FileConverter {
  const { file, threads, queue, maxPixels, maxSeconds } = options;
  const waiting: Job[] = [];
  const idle: Thread[] = [];
  let running = 0;

  function next(): void {
    while (waiting.length > 0 && running < threads) {
      const job = waiting.shift()!;
      if (job.cancelled) continue;
      running++;
      void convertOn(idle.pop() ?? start(), job).finally(() => {
        running--;
        next();
      });
    }
  }

  function start(): Thread {
    const workerData: ConversionSetup = { maxPixels };
    const worker = new Worker(file, { workerData, env: {}, resourceLimits: RESOURCE_LIMITS });
    const thread: Thread = { worker, alive: true };
    worker.on('message', (reply: ConversionReply) => thread.settle?.(reply));
    const lost = (): void => {
      thread.alive = false;
      thread.settle?.('lost');
    };
    worker.on('error', lost);
    worker.on('exit', lost);
    return thread;
  }

  async function convertOn(thread: Thread, { request, resolve }: Job): Promise<void> {
    const { worker } = thread;
    // There is no native code in it, so it need not be waited for at the end; but for its answer.
    worker.ref();
    const result = await new Promise<Converted>((settle) => {
      const late = setTimeout(() => settle(tooSlow(request.format, maxSeconds)), maxSeconds * 1000);
      thread.settle = (reply) => {
        clearTimeout(late);
        settle(reply === 'lost' ? tooMuch(request.format) : reply);
      };
      worker.postMessage(request, [request.bytes.buffer]);
    });
    delete thread.settle;
    worker.unref();
    if (thread.alive && mayBeKept(result)) keep(thread);
    else void worker.terminate();
    resolve(result);
  }

  function keep(thread: Thread): void {
    idle.push(thread);
    setTimeout(() => {
      const place = idle.indexOf(thread);
      if (place < 0) return;
      idle.splice(place, 1);
      void thread.worker.terminate();
    }, IDLE_MS).unref();
  }

  return {
    formats: SOURCE_FORMATS,
    convert(bytes, format, signal) {
      return new Promise((resolve, reject) => {
        if (running >= threads && waiting.length >= queue) {
          return reject(new EngineError({ kind: 'busy', retryAfterSeconds: 2 }));
        }
        const job: Job = { request: { bytes, format }, resolve, cancelled: false };
        const onAbort = (): void => {
          job.cancelled = true;
          reject(new EngineError({ kind: 'timeout' }));
        };
        if (signal.aborted) return onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        waiting.push(job);
        next();
      });
    },
  };
}

/** Whether the thread is alive, and what it took may wait for garbage collection. */
function mayBeKept(result: Converted): boolean {
  if (!result.ok) return result.failure.kind !== 'too-large';
  const { width, height } = result.image.source;
  return width * height <= KEPT_PIXELS;
}

function tooSlow(format: SourceFormat, seconds: number): Converted {
  const detail = `the ${SOURCE_FORMAT_NAMES[format]} file takes more than ${seconds} s to decode; send it smaller, or as JPEG`;
  return { ok: false, failure: { kind: 'too-large', detail } };
}

function tooMuch(format: SourceFormat): Converted {
  const detail = `the ${SOURCE_FORMAT_NAMES[format]} file takes more memory to decode than there is; send it smaller, or as JPEG`;
  return { ok: false, failure: { kind: 'too-large', detail } };
}
