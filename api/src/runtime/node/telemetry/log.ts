import { type Logger, pino } from 'pino';
import type { Log } from '../../../http/context/log.ts';
import type { LogWriter } from './log-writer.ts';

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
