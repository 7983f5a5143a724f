import { type Logger, pino } from 'pino';
import type { Log } from '../../../http/context/log.ts';

/**
 * JSON lines on standard output, without the process's host name and id. Each is written when it is logged:
 * a crash loses none, and it costs less than handing it to another thread.
 */
export function createLogger(level: string): Logger {
  return pino({ level, base: null }, pino.destination({ dest: 1, sync: true }));
}

/** The app's log on a logger: what failed on the server's side is louder than what was asked wrongly. */
export function appLog(logger: Logger): Log {
  return {
    access(entry) {
      if (entry.status >= 500) logger.warn(entry, 'request');
      else logger.info(entry, 'request');
    },
    defect(requestId, error) {
      const err = error instanceof Error ? error : new Error(String(error));
      logger.error({ requestId, err }, 'defect');
    },
  };
}
