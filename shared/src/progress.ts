/** Where progress is written: `process.stderr`, or a test's own. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** Counts `n` more units as done; `note` (loss, speed) stands at the line's end until the next one. */
  advance(n: number, note?: string): void;
  /** Ends the line, saying how long it took, and how far it came where that is not all. */
  done(note?: string): void;
}

const LIVE_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5_000;
/** The estimate is from this much of the past: a pause or a change of speed is forgotten by then. */
const WINDOW_MS = 60_000;

/**
 * Shows how far long work has come and how long it still takes: a live line on a terminal, a plain
 * line every five seconds elsewhere. What the first call of `advance` reports counts as done, not
 * as speed, so that resumed work is not taken for fast.
 *
 * @example
 * const progress = createProgress('decoding', files.length);
 * for (const file of files) { await decode(file); progress.advance(1); }
 * progress.done();
 */
export function createProgress(
  label: string,
  total: number,
  options: { readonly stream?: ProgressStream; readonly now?: () => number } = {},
): Progress {
  const { stream = process.stderr, now = () => performance.now() } = options;
  const live = stream.isTTY === true;
  const begun = now();
  const window: { at: number; count: number }[] = [];
  let count = 0;
  let note = '';
  let shown = live ? Number.NEGATIVE_INFINITY : begun;

  const line = (at: number): string => {
    const share = total > 0 ? ` (${Math.floor((100 * count) / total)} %)` : '';
    const left = secondsLeft(window, at, count, total);
    const parts = [`${label} ${grouped(count)} of ${grouped(total)}${share}`];
    if (left !== null) parts.push(`${formatDuration(left)} left`);
    if (note !== '') parts.push(note);
    return parts.join(', ');
  };

  return {
    advance(n, newNote) {
      count += n;
      if (newNote !== undefined) note = newNote;
      const at = now();
      if (window.length === 0 || at - window.at(-1)!.at >= WINDOW_MS / 100) {
        window.push({ at, count });
        if (at - window[0]!.at > WINDOW_MS) window.shift();
      }
      if (at - shown < (live ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
      shown = at;
      stream.write(live ? `\r\x1b[2K${line(at).slice(0, stream.columns ?? 80)}` : `${line(at)}\n`);
    },
    done(lastNote) {
      const reached = count === total ? grouped(count) : `${grouped(count)} of ${grouped(total)}`;
      const end = `${label} ${reached} in ${formatDuration((now() - begun) / 1000)}`;
      const text = lastNote === undefined ? end : `${end}, ${lastNote}`;
      stream.write(`${live ? '\r\x1b[2K' : ''}${text}\n`);
    },
  };
}

function secondsLeft(
  window: readonly { at: number; count: number }[],
  at: number,
  count: number,
  total: number,
): number | null {
  const first = window[0];
  if (first === undefined || count <= first.count || at <= first.at) return null;
  const perSecond = (1000 * (count - first.count)) / (at - first.at);
  return Math.max(total - count, 0) / perSecond;
}

/** `0.8 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
