// `npm run bench -- edge`: the worker in workerd and the page's mode on this device, against what they must keep.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseFlags, wholeNumber } from '../../training/bench/flags.mjs';
import { describeMachine } from '../../training/bench/machine.mjs';
import { disagreement } from './answers.mjs';
import { NAEVUS, REPOSITORY } from './candidates.mjs';
import { describeEdge } from './edge-report.mjs';
import { forgetPeak, heapUsage, peakResidentBytes } from './isolate-memory.mjs';
import { onDeviceTimes } from './on-device-times.mjs';
import { makeLargestPictures, makePhotos } from './photos.mjs';
import { freePort, Server } from './server.mjs';
import { edgeCandidate, trivialCandidate } from './workerd.mjs';

export const EDGE_HELP = `Usage: npm run bench -- edge [options]

Bundles the worker as it is deployed and starts it in plain workerd; holds its answers to the Node server's, and then
measures what a request costs there (CPU time of the process, less that of an idle one), the first answer of a fresh
process, the memory that the largest pictures take, and the page's mode 'on this device' in a headless Chromium (left
out where PATH has none). CPU times and memory want Linux. Two to three minutes.

  --rounds N         of measuring /predict and /gradcam in turn (default 6)
  --requests N       of each in a round, one after another (default 20)
  --starts N         fresh processes, for the time to the first answer (default 5)
  --no-memory        leave the largest pictures out
  --no-browser       leave the browser out
  --json FILE        the figures as JSON
  --help             this text`;

const WARM_UP = 20;
const IDLE_MS = 2000;
const BROWSER_ANSWERS = 20;
const ROUTES = ['/predict', '/gradcam'];

/**
 * @param {readonly string[]} args of the command line
 * @throws {UsageError} on a flag that is not understood
 */
export async function benchEdge(args) {
  const flags = parseFlags(args, {
    rounds: { type: 'string', default: '6' },
    requests: { type: 'string', default: '20' },
    starts: { type: 'string', default: '5' },
    'no-memory': { type: 'boolean', default: false },
    'no-browser': { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return console.log(EDGE_HELP);
  const rounds = wholeNumber('rounds', flags.rounds);
  const requests = wholeNumber('requests', flags.requests);
  const starts = wholeNumber('starts', flags.starts);
  const log = (line) => console.log(`bench: ${line}`);

  const machine = describeMachine();
  log('bundling the worker');
  const build = join(REPOSITORY, 'api/build-edge.mjs');
  const sizes = execFileSync(process.execPath, [build], { encoding: 'utf8' }).trim().split('\n');
  const photos = (await makePhotos())['600x450'];

  const first = await firstAnswers(photos.bytes[0], starts);
  log('first answers measured');
  const served = await Server.start(NAEVUS, photos.bytes[0]);
  let agreed;
  let cpu;
  let device;
  const edge = await Server.start(edgeCandidate(), photos.bytes[0]);
  try {
    agreed = await checkAnswers(served, edge, photos.bytes);
    log(`${agreed} answers agree with the Node server's`);
    cpu = await cpuTimes(edge, photos.bytes[0], rounds, requests);
    log('CPU times measured');
    await edge.stop();
    device = flags['no-browser']
      ? null
      : await onDeviceTimes(served.url('/'), photos.files, BROWSER_ANSWERS);
  } finally {
    edge.kill();
    served.kill();
  }
  const memory = flags['no-memory'] ? undefined : await memoryOfLargest(photos.bytes[0], log);

  const result = {
    machine: { ...machine, loadAverageAfter: describeMachine().loadAverage },
    sizes,
    agreed,
    first,
    cpu,
    memory,
    device,
  };
  console.log(`\n${describeEdge(result)}`);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(result, null, 2)}\n`);
}

/** Fresh processes: from their start to their first answer. */
async function firstAnswers(photo, starts) {
  const wallMs = [];
  const cpuMs = [];
  for (let start = 0; start < starts; start++) {
    const server = await Server.start(edgeCandidate(), photo);
    wallMs.push(server.firstAnswerMs);
    cpuMs.push((await server.usage()).cpuMs);
    await server.stop();
  }
  return { wallMs, cpuMs };
}

/** @throws {Error} where the worker does not answer what the Node server answers */
async function checkAnswers(served, edge, photos) {
  let checked = 0;
  for (const route of ROUTES) {
    for (const [index, photo] of photos.entries()) {
      const [theirs, ours] = await Promise.all(
        [served, edge].map(async (server) => (await server.post(route, photo)).json()),
      );
      const fault = disagreement(route, ours, theirs);
      if (fault !== undefined) throw new Error(`${route}, picture ${index}: ${fault}`);
      checked++;
    }
  }
  return checked;
}

/** CPU time of one request after another, the routes in turn; each is one value a round. */
async function cpuTimes(server, photo, rounds, requests) {
  const ask = async (route, count) => {
    for (let i = 0; i < count; i++) {
      const answer = await server.post(route, photo);
      if (answer.status !== 200) throw new Error(`${route} answered ${answer.status}`);
      await answer.arrayBuffer();
    }
  };
  const spent = async (work) => {
    const [before, begun] = [(await server.usage()).cpuMs, performance.now()];
    await work();
    return { cpuMs: (await server.usage()).cpuMs - before, wallMs: performance.now() - begun };
  };
  for (const route of ROUTES) await ask(route, WARM_UP);
  const idle = await spent(() => delay(IDLE_MS));
  const idleShare = idle.cpuMs / idle.wallMs;
  const times = Object.fromEntries(ROUTES.map((route) => [route, []]));
  for (let round = 0; round < rounds; round++) {
    for (const route of round % 2 === 0 ? ROUTES : [...ROUTES].reverse()) {
      const { cpuMs, wallMs } = await spent(() => ask(route, requests));
      times[route].push((cpuMs - idleShare * wallMs) / requests);
    }
  }
  return { idleShare, predictMs: times['/predict'], gradcamMs: times['/gradcam'] };
}

/** A fresh process for each picture; what is measured is its peak while that picture is answered. */
async function memoryOfLargest(photo, log) {
  const trivial = await Server.start(trivialCandidate(), photo);
  const trivialBytes = peakResidentBytes(trivial.child.pid);
  await trivial.stop();
  const pictures = [{ name: 'JPEG, 600x450', width: 600, height: 450, bytes: photo }];
  const probe = await Server.start(edgeCandidate(), photo);
  const { limits } = await (await fetch(probe.url('/model'))).json();
  await probe.stop();
  pictures.push(...(await makeLargestPictures(limits)));

  const rows = [];
  for (const { name, width, height, bytes } of pictures) {
    const inspectorPort = await freePort();
    const server = await Server.start(edgeCandidate({ counting: true, inspectorPort }), photo);
    try {
      const { pid } = server.child;
      for (const route of ROUTES) await (await server.post(route, photo)).arrayBuffer();
      forgetPeak(pid);
      const answer = await server.post('/gradcam', bytes);
      await answer.arrayBuffer();
      const peakBytes = peakResidentBytes(pid);
      const heap = await heapUsage(inspectorPort);
      const wasmBytes = await (await fetch(server.url('/bench/memories'))).json();
      rows.push({ name, width, height, status: answer.status, peakBytes, ...heap, wasmBytes });
      log(`${name}: measured`);
    } finally {
      await server.stop();
    }
  }
  return { trivialBytes, rows };
}
