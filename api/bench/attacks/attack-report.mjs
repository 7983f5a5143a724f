import { formatTable } from '../../../training/bench/table.mjs';

/** Most resident memory under any attack, and in ordinary service over 4 connections. */
const MOST_BYTES = 600 * 2 ** 20;
const ORDINARY_BYTES = 350 * 2 ** 20;
const ORDINARY = '4 connections';

/** What may stay after an attack, of what was there before. */
const LEFT_SHARE = 1.2;
const LIVE_P99_MS = 100;

/** What an answer may be: not a time-out, nor a connection that closed without one. */
const ANSWERED = /^(200|400|413|415|422|429|503)$/;

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
const list = (counts) =>
  Object.entries(counts ?? {})
    .map(([outcome, count]) => `${count}× ${outcome}`)
    .join(', ');

/** What of a measured attack is beyond its bounds; empty where nothing is. */
export function missedBounds({
  name,
  answers,
  beforeBytes,
  peakBytes,
  afterBytes,
  left,
  liveP99Ms,
  exit,
}) {
  const most = name.includes(ORDINARY) ? ORDINARY_BYTES : MOST_BYTES;
  return [
    peakBytes > most && `more than ${megabytes(most)} MB`,
    afterBytes > LEFT_SHARE * beforeBytes && 'memory stays',
    liveP99Ms > LIVE_P99_MS && 'the probe waits',
    Object.values(left).some((count) => count > 0) && 'something is left under way',
    Object.keys(answers ?? {}).some((outcome) => !ANSWERED.test(outcome)) && 'not all is answered',
    exit !== 0 && `ended with ${exit}`,
  ].filter(Boolean);
}

/** The figures of a run as text. */
export function describeAttacks({ machine, seconds, rows, endings }) {
  const head = `${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, load ${machine.loadAverage}; clients that read or send nothing stay ${seconds} s`;
  const header = [
    'attack',
    'MB before',
    'most',
    'after',
    'settled s',
    'live p99 ms',
    'SIGTERM s',
    'bounds',
  ];
  const table = formatTable(
    header,
    rows.map((row) => [
      row.name,
      megabytes(row.beforeBytes),
      megabytes(row.peakBytes),
      megabytes(row.afterBytes),
      (row.settledMs / 1000).toFixed(1),
      row.liveP99Ms.toFixed(0),
      (row.stopMs / 1000).toFixed(2),
      missedBounds(row).join(', ') || 'met',
    ]),
  );
  const answers = rows
    .filter((row) => row.answers)
    .map((row) => `${row.name}: ${list(row.answers)}`);
  const others = Object.entries(endings).map(([name, ending]) =>
    'runs' in ending
      ? `${name}: all answered and status 0 in ${ending.whole} of ${ending.runs} runs${ending.failed.length > 0 ? `; ${JSON.stringify(ending.failed)}` : ''}`
      : `${name}: ${list(ending.outcomes)}; lines lost: ${ending.logLinesLost}; status ${ending.exit}`,
  );
  return [head, table, answers.join('\n'), others.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}
