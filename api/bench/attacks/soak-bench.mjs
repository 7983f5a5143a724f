// `npm run bench -- soak`: clients of all sorts for ten minutes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFlags, UsageError, wholeNumber } from '../../../training/bench/flags.mjs';
import { REPOSITORY } from '../candidates.mjs';
import { makePhotos } from '../photos.mjs';
import { bundledVersions } from './bundled-versions.mjs';
import { mixedSoak } from './mixed-soak.mjs';

export const SOAK_HELP = `Usage: npm run bench -- soak [options]

Seeded clients mix all routes, sizes, pipelining, stalls and hang-ups for ten minutes, while the model is replaced and
the server told to look; every second server writes its log onto a full disk, and each ends by a signal under load.
After each phase memory, sockets and requests under way must be as before. Ends with 1 where they are not. Linux.

  --minutes N  about how long (default 10)
  --seed N     of the clients (default: the day's; it is printed)
  --json FILE  the figures as JSON
  --help       this text`;

const PHASE_SECONDS = 15;
const PHASES = 4;

/** @param {readonly string[]} args of the command line */
export async function benchSoak(args) {
  const flags = parseFlags(args, {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 86_400_000)) },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return console.log(SOAK_HELP);
  const minutes = wholeNumber('minutes', flags.minutes);
  const seed = wholeNumber('seed', flags.seed);
  const versions = bundledVersions();
  if (versions.length < 2)
    throw new UsageError('model-artifacts needs two versions, to replace one by the other');
  const photos = Object.values(await makePhotos()).flatMap(({ bytes }) => bytes);
  console.log(`bench: seed ${seed}, versions ${versions.join(', ')}`);
  const report = await mixedSoak({
    seed,
    modelFolder: join(REPOSITORY, 'model-artifacts'),
    versions,
    photos,
    // The first spell of each life warms it up.
    lives: Math.max(1, Math.round((minutes * 60) / (PHASE_SECONDS * (PHASES + 1)))),
    phases: PHASES,
    phaseSeconds: PHASE_SECONDS,
    log: (line) => console.log(`bench: ${line}`),
  });
  const done = Object.entries(report.done).map(([kind, count]) => `${count} ${kind}`);
  console.log(`done: ${done.join(', ')}\n${report.faults.length} faults`);
  for (const fault of report.faults) console.log(`  ${fault}`);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify({ seed, ...report }, null, 2)}\n`);
  if (report.faults.length > 0) process.exitCode = 1;
}
