import { knownValue } from '@naevus/shared/csv/missing-value';
import { readTable, type Table, TableError } from '@naevus/shared/csv/read-table';
import {
  type AnswerHistograms,
  addHistograms,
  countAnswers,
  subtractHistograms,
} from '@naevus/shared/monitoring/histograms';
import { readText } from '../../files/json-file.ts';
import { labels, taxonomy } from '../../taxonomy/current.ts';
import {
  readScrape,
  requireServerMetrics,
  startOfProcess,
  type WantedVersion,
} from './read-scrape.ts';

/** The answers that are compared, and what is to be known of them. */
export interface AnswerWindow {
  readonly histograms: AnswerHistograms;
  readonly notes: readonly string[];
}

const FETCH_SECONDS = 10;

/**
 * What servers counted: since their start, or since an earlier scrape of each.
 *
 * @param metrics addresses or files, one a server
 * @param since earlier scrapes of the same servers in the same order, or none
 * @param key for servers that want one
 * @throws Error as `readScrape`; when a scrape cannot be had, or there is not one earlier for each
 */
export async function readServers(
  metrics: readonly string[],
  since: readonly string[],
  wanted: WantedVersion,
  key: string | undefined,
): Promise<AnswerWindow> {
  if (since.length > 0 && since.length !== metrics.length) {
    throw new Error(
      `${metrics.length} times --metrics and ${since.length} times --since: give one earlier scrape a server, in the same order`,
    );
  }
  const notes: string[] = [];
  const parts: AnswerHistograms[] = [];
  for (const [i, origin] of metrics.entries()) {
    const later = readScrape(await readScrapeText(origin, key), wanted, origin);
    const before = since[i];
    if (before === undefined) {
      parts.push(later.histograms);
      continue;
    }
    const earlier = await readEarlier(before, wanted, key);
    const grown =
      earlier.startedAt === later.startedAt
        ? subtractHistograms(later.histograms, earlier.histograms)
        : undefined;
    if (grown === undefined) {
      notes.push(
        `${origin} was started anew after ${before}: what it counted before that is lost, and all since then is taken`,
      );
    }
    parts.push(grown ?? later.histograms);
  }
  return { histograms: addHistograms(parts), notes };
}

/** An earlier scrape; it counts nothing where the version was not served yet. */
async function readEarlier(origin: string, wanted: WantedVersion, key: string | undefined) {
  const text = await readScrapeText(origin, key);
  requireServerMetrics(text, origin);
  if (text.includes(`version="${wanted.version}"`)) return readScrape(text, wanted, origin);
  return { histograms: countAnswers([], taxonomy()), startedAt: startOfProcess(text) };
}

async function readScrapeText(origin: string, key: string | undefined): Promise<string> {
  if (!/^https?:\/\//.test(origin)) {
    return readText(origin);
  }
  const url = new URL(origin);
  if (url.pathname === '/') url.pathname = '/metrics';
  const response = await fetch(url, {
    headers: key === undefined ? {} : { Authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(FETCH_SECONDS * 1000),
  }).catch((cause: Error) => {
    const code = (cause.cause as NodeJS.ErrnoException | undefined)?.code ?? cause.message;
    throw new Error(`${origin} does not answer: ${code}`, { cause });
  });
  if (response.ok) return response.text();
  await response.body?.cancel();
  const hints: Record<number, string> = {
    401: 'it wants a key: set NAEVUS_KEY',
    404: 'it shows no metrics: NAEVUS_METRICS=off there, or another server',
  };
  throw new Error(`${origin} answers ${response.status}: ${hints[response.status] ?? 'try again'}`);
}

/**
 * What `naevus predict --format csv` or `evaluate` wrote: scores alone.
 *
 * @throws Error when the file cannot be read, lacks a label's column, or has a row that is no scores
 */
export async function readPredictions(file: string): Promise<AnswerWindow> {
  const { columns, rows: lines } = parseCsv(await readText(file), file);
  const rows = lines.map(({ cells }) => cells);
  const names = labels();
  const missing =
    rows.length > 0 ? labels().filter((label) => !columns.includes(label)) : undefined;
  if (missing === undefined || missing.length > 0) {
    const lack = missing ? `lacks the columns ${missing.join(', ')}` : 'has no row';
    throw new Error(`${file} ${lack}: give what naevus predict --format csv or evaluate wrote`);
  }
  // What could not be read as a picture has its error in place of scores.
  const answered = rows.filter((row) =>
    labels().some((label) => knownValue(row[label]) !== undefined),
  );
  const answers = answered.map((row) => {
    const scores = labels().map((label) => Number(knownValue(row[label]) ?? Number.NaN));
    const sum = scores.reduce((total, score) => total + score, 0);
    if (!scores.every((score) => score >= 0) || !(Math.abs(sum - 1) < 1e-3)) {
      const name = Object.values(row)[0];
      throw new Error(`${file}: the scores of ${name} are not ${names.length} shares of 1`);
    }
    return { scores };
  });
  const notes = ['a CSV does not say which version made it: that of the reference is taken for it'];
  const failed = rows.length - answers.length;
  if (failed > 0) notes.push(`${failed} of ${rows.length} rows have no scores and do not count`);
  return { histograms: countAnswers(answers, taxonomy()), notes };
}

function parseCsv(text: string, file: string): Table {
  try {
    return readTable(text);
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    throw new Error(`${file} is not CSV: ${error.message}`, { cause: error });
  }
}
