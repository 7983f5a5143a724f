import { writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { Log } from '../../../http/context/log.ts';

/**
 * JSON lines without the process's host name and id. Each is written when it is logged: a crash loses none, and it
 * costs less than handing it to another thread.
 */
export function createLogger(level: string, writer: LogWriter): Logger {
  return pino({ level, base: null }, writer);
}

/** Asked every few seconds, and told from its answer alone. */
const PROBE = /^(\/v2)?\/health\//;

/** The app's log on a logger: what failed on the server's side is louder than what was asked wrongly. */
export function appLog(logger: Logger): Log {
  return {
    access(entry) {
      if (PROBE.test(entry.route)) logger.debug(entry, 'request');
      else if (entry.status >= 500) logger.warn(entry, 'request');
      else logger.info(entry, 'request');
    },
    defect(requestId, error) {
      const err = error instanceof Error ? error : new Error(String(error));
      logger.error({ requestId, err }, 'defect');
    },
  };
}

/** Writes bytes and gives how many were written; throws where none was. */
export type WriteBytes = (bytes: Uint8Array) => number;

/** How long a line waits where its reader is slow and the file does not block, and between two attempts. */
const BUSY_MS = 1000;
const ATTEMPT_MS = 10;

const STANDARD_OUTPUT = 1;

const clock = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes lines of a log at once. A line that cannot be written, as on a full disk, is counted, and the log says how
 * many were lost as soon as it takes lines again: the server goes on serving all the while.
 */
export class LogWriter {
  readonly #write: WriteBytes;
  #lost = 0;
  #untold = 0;
  /** The last line ends in the middle. */
  #cut = false;
  /** The last line was waited for in vain: the next ones are not. */
  #stuck = false;

  constructor(write: WriteBytes = (bytes) => writeSync(STANDARD_OUTPUT, bytes)) {
    this.#write = write;
  }

  /** Lines that were not written, or not whole. */
  get lost(): number {
    return this.#lost;
  }

  /** @param line with its line end */
  write(line: string): void {
    const before = this.#cut ? '\n' : '';
    const told = this.#untold;
    if (this.#writeWhole(before + (told > 0 ? lostLine(told) : '') + line)) {
      this.#untold -= told;
    } else {
      this.#lost++;
      this.#untold++;
    }
  }

  #writeWhole(text: string): boolean {
    const deadline = performance.now() + (this.#stuck ? 0 : BUSY_MS);
    let rest = Buffer.from(text);
    while (rest.length > 0) {
      try {
        const written = this.#write(rest);
        if (written > 0) this.#cut = true;
        rest = rest.subarray(written);
      } catch (error) {
        const busy = (error as NodeJS.ErrnoException).code === 'EAGAIN';
        if (!busy || performance.now() > deadline) {
          this.#stuck = busy;
          return false;
        }
        Atomics.wait(clock, 0, 0, ATTEMPT_MS);
      }
    }
    this.#cut = false;
    this.#stuck = false;
    return true;
  }
}

/** In the form of the other lines. */
function lostLine(lost: number): string {
  const entry = { level: 50, time: Date.now(), lost, msg: 'lines of the log were not written' };
  return `${JSON.stringify(entry)}\n`;
}
