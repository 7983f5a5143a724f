// `npm run bench`: the project's server against FastAPI with onnxruntime and with Keras, in one run.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFlags, UsageError, wholeNumber } from '../../training/bench/flags.mjs';
import { describeMachine } from '../../training/bench/machine.mjs';
import { pythonEnvironment } from '../../training/bench/python-environment.mjs';
import { median } from '../../training/bench/statistics.mjs';
import { disagreement } from './answers.mjs';
import { startBareLoops } from './bare-loops.mjs';
import { candidates, NAEVUS, REPOSITORY } from './candidates.mjs';
import { makePhotos } from './photos.mjs';
import { Server } from './server.mjs';
import { cellTable, describeServing } from './serving-report.mjs';
import { soakConnections, soakMemory, soakSigterm } from './soak.mjs';
import { drive, requireWrk } from './wrk.mjs';

export const SERVING_HELP = `Usage: npm run bench -- serving [options]

Starts the project's server, FastAPI with onnxruntime (default threads; tuned, one and two workers) and FastAPI with
Keras, all with the bundled model, checks that they agree, and drives each in turn with wrk: a 600x450 and a
12-megapixel JPEG, /predict and /gradcam, 1, 4, 16 and 64 connections. Prints requests/s, latency, memory, and the
ratios of each load as soon as it is done, then all of them again with the time to the first answer; beside them bare
loops of decoding and inference, the machine's limit. Then 5,000 requests for the memory, 64 connections for a minute,
and a SIGTERM under load.
Makes a Python environment (400 MB to download, once) in ~/.cache/naevus. Needs wrk, Python 3 with pip and 4 GB of
free memory. Half an hour; --quick: ten minutes; --short: under eight.

  --rounds N         turns of each server (default 3; medians are printed)
  --seconds N        of each turn (default 4)
  --starts N         of each server, for the time to the first answer (default 3)
  --connections LIST of 1, 2, 3, 4, 8, 16, 64 (default: 1,4,16,64)
  --no-keras         leave Keras out
  --no-soak          leave out what comes after the comparison
  --quick            3 rounds, 3 seconds, 2 starts, 12 megapixels over 4 connections alone
  --short            /predict over 1 and 4 connections alone, against the tuned peers of two workers, of OpenCV and of all
                     cores an image; one start, no bare loops, nothing after the comparison
  --json FILE        the figures as JSON
  --help             this text`;

const IMAGES = ['600x450', '12 MP'];
const ROUTES = ['/predict', '/gradcam'];
const CONNECTIONS = [1, 2, 3, 4, 8, 16, 64];
const JSON_TYPE = 'application/json';
const CONNECTIONS_SOAK_SECONDS = 60;
const BARE_MODES = ['decode', 'inference', 'both'];

/**
 * @param {readonly string[]} args of the command line
 * @throws {SetupError} where something is missing
 * @throws {UsageError} on a flag that is not understood
 */
export async function benchServing(args) {
  const flags = parseFlags(args, {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    starts: { type: 'string' },
    connections: { type: 'string' },
    'no-keras': { type: 'boolean', default: false },
    'no-soak': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return console.log(SERVING_HELP);
  const rounds = wholeNumber('rounds', flags.rounds ?? '3');
  const seconds = wholeNumber('seconds', flags.seconds ?? (flags.quick ? '3' : '4'));
  const times = wholeNumber(
    'starts',
    flags.starts ?? (flags.short ? '1' : flags.quick ? '2' : '3'),
  );
  const connections = readConnections(flags.connections ?? (flags.short ? '1,4' : '1,4,16,64'));
  const log = (line) => console.log(`bench: ${line}`);

  await requireWrk();
  const python = await pythonEnvironment(log);
  const modelFolder = currentModel();
  const photos = await makePhotos();
  const all = candidates(python, modelFolder).filter(
    ({ id, strongest }) =>
      !(flags['no-keras'] && id.startsWith('keras')) &&
      (!flags.short || strongest || id === NAEVUS.id),
  );
  const routes = flags.short ? ['/predict'] : ROUTES;

  const machine = describeMachine();
  const servers = new Map();
  const bare = flags.short ? undefined : await startBareLoops(modelFolder);
  try {
    const first = photos['600x450'].bytes[0];
    const starts = {};
    for (const candidate of all) {
      const { server, milliseconds } = await startSeveralTimes(candidate, first, times);
      servers.set(candidate.id, server);
      starts[candidate.id] = milliseconds;
      log(`${candidate.label}: first answer after ${(median(milliseconds) / 1000).toFixed(2)} s`);
    }
    await checkAnswers(all, servers, photos, log);

    const cells = [];
    for (const image of IMAGES) {
      for (const route of routes) {
        for (const count of connections) {
          if (flags.quick && image !== '600x450' && count !== 4) continue;
          const cell = { image, route, connections: count };
          const asked = all.filter(({ only }) => only === undefined || only(cell));
          const [file] = photos[image].files;
          const loads = await takeTurns(cell, asked, servers, { file, rounds, seconds });
          cells.push({ ...cell, loads });
          // At once: a run that is cut short has shown what it measured.
          log(`load ${describeMachine().loadAverage}\n\n${cellTable({ ...cell, loads }, all)}\n`);
        }
      }
    }
    const limits = [];
    for (const image of bare ? IMAGES : []) {
      limits.push({
        image,
        ...(await measureLimits(image, photos, servers, bare, { rounds, seconds })),
      });
    }
    for (const server of servers.values()) await server.stop();
    bare?.stop();

    const soak = flags['no-soak'] || flags.short ? undefined : await runSoak(photos, log);
    const result = {
      model: modelFolder.split('/').at(-1),
      rounds,
      seconds,
      machine: { ...machine, loadAverageAfter: describeMachine().loadAverage },
      candidates: all.map(({ id, label }) => ({ id, label })),
      photoBytes: Object.fromEntries(IMAGES.map((image) => [image, photos[image].bytes[0].length])),
      firstAnswerMs: starts,
      cells,
      limits,
      soak,
    };
    console.log(`\n${describeServing(result)}`);
    if (flags.json) writeFileSync(flags.json, `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    for (const server of servers.values()) server.kill();
    bare?.stop();
  }
}

function readConnections(text) {
  const list = text.split(',').map(Number);
  const unknown = list.find((count) => !CONNECTIONS.includes(count));
  if (unknown === undefined) return list;
  throw new UsageError(`--connections must be of ${CONNECTIONS.join(', ')}, not ${text}`);
}

function currentModel() {
  const models = join(REPOSITORY, 'model-artifacts');
  const { version } = JSON.parse(readFileSync(join(models, 'current.json'), 'utf8'));
  return join(models, version);
}

/** The time to the first answer, several times; the last of the servers stays. */
async function startSeveralTimes(candidate, photo, times) {
  const milliseconds = [];
  for (let time = 1; ; time++) {
    const server = await Server.start(candidate, photo);
    milliseconds.push(server.firstAnswerMs);
    if (time === times) return { server, milliseconds };
    await server.stop();
  }
}

/** @throws {Error} where a peer does not answer what the project's server answers */
async function checkAnswers(all, servers, photos, log) {
  const ours = servers.get(NAEVUS.id);
  let checked = 0;
  for (const { id, label } of all.filter((candidate) => candidate.id !== NAEVUS.id)) {
    for (const image of IMAGES) {
      for (const route of ROUTES) {
        for (const [index, photo] of photos[image].bytes.entries()) {
          const [our, their] = await Promise.all(
            [ours, servers.get(id)].map(async (server) => (await server.post(route, photo)).json()),
          );
          const fault = disagreement(route, our, their);
          if (fault !== undefined) {
            throw new Error(`${label}, ${route}, picture ${index} at ${image}: ${fault}`);
          }
          checked++;
        }
      }
    }
  }
  log(`${checked} answers of the peers agree with the project's`);
}

/** Each server in turn, in every round another one first, none before the last one is done. */
async function takeTurns(cell, asked, servers, { file, rounds, seconds }) {
  const loads = Object.fromEntries(asked.map(({ id }) => [id, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < asked.length; turn++) {
      const { id, label } = asked[(turn + round) % asked.length];
      const server = servers.get(id);
      const before = await server.usage();
      const load = await drive({
        url: server.url(cell.route),
        file,
        accept: JSON_TYPE,
        connections: cell.connections,
        seconds,
      });
      const bad = Object.keys(load.statuses).filter((status) => status !== '200');
      if (bad.length > 0 || load.broken > 0) {
        throw new Error(`${label} failed under load: ${JSON.stringify(load)}`);
      }
      const after = await server.usage();
      loads[id].push({
        ...load,
        residentBytes: after.residentBytes,
        cpuMsPerRequest: (after.cpuMs - before.cpuMs) / load.requests,
      });
      await server.idle();
    }
  }
  return loads;
}

/** The bare loops and, in the same rounds, the server at 4 connections, on both of its routes. */
async function measureLimits(image, photos, servers, bare, { rounds, seconds }) {
  const [file] = photos[image].files;
  const server = servers.get(NAEVUS.id);
  const imagesPerSecond = { decode: [], inference: [], both: [] };
  const served = { '/predict': [], '/gradcam': [] };
  for (let round = 0; round < rounds; round++) {
    for (const mode of BARE_MODES) {
      imagesPerSecond[mode].push(await bare.imagesPerSecond(mode, seconds, file));
    }
    for (const route of ROUTES) {
      const load = { url: server.url(route), file, accept: JSON_TYPE, connections: 4, seconds };
      served[route].push((await drive(load)).requestsPerSecond);
    }
  }
  return { cores: bare.cores, imagesPerSecond, served };
}

async function runSoak(photos, log) {
  const {
    bytes: [photo],
    files: [file],
  } = photos['600x450'];
  log('5,000 requests over 4 connections');
  const memory = await soakMemory(photo, file, 5000);
  log(`64 connections for ${CONNECTIONS_SOAK_SECONDS} s`);
  const connections = await soakConnections(photo, file, CONNECTIONS_SOAK_SECONDS);
  log('SIGTERM under 64 connections');
  return { memory, connections, sigterm: await soakSigterm(photo) };
}
