import type { Log } from '../../http/context/log.ts';

/** One line of JSON an entry, which the platform's own log collects. */
export const edgeLog: Log = {
  access(entry) {
    console.log(JSON.stringify({ level: 'info', msg: 'request', ...entry }));
  },
  defect(requestId, error) {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(JSON.stringify({ level: 'error', msg: 'defect', requestId, cause }));
  },
};
