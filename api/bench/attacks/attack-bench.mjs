// `npm run bench -- attacks`: what broke the server once, measured again.
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseFlags, wholeNumber } from '../../../training/bench/flags.mjs';
import { describeMachine } from '../../../training/bench/machine.mjs';
import { freePort } from '../server.mjs';
import { describeAttacks } from './attack-report.mjs';
import * as attacks from './attacks.mjs';
import { WatchedServer } from './watched-server.mjs';

export const ATTACKS_HELP = `Usage: npm run bench -- attacks [options]

Does to the server what once took its memory, its time or its answers: requests pipelined and not read, bodies that do
not end, nested data, expensive heat maps, signals, a full disk. For each attack a server of its own; prints its memory
before, at most, and after (with garbage collected), what /health/live waited meanwhile, and what was answered.
Linux; some ten minutes.

  --seconds N  that clients which read or send nothing stay (default 10)
  --only TEXT  attacks whose name has this text
  --json FILE  the figures as JSON
  --help       this text`;

const SIGNAL_RUNS = 10;

/** Of ordinary requests before an attack: compiled code, caches and pools are there from then on. */
const WARM_REQUESTS = 60;

/** For what was refused or closed to be let go. */
const SETTLE_LIMIT_MS = 60_000;

/** What stays of a connection, or is not collected yet: as a share of what was there. */
const MEMORY_TOLERANCE = 1.2;

/** @param {readonly string[]} args of the command line */
export async function benchAttacks(args) {
  const flags = parseFlags(args, {
    seconds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return console.log(ATTACKS_HELP);
  const seconds = wholeNumber('seconds', flags.seconds);
  const wanted = ([name]) => name.includes(flags.only);
  const rows = [];
  const attempts = [
    // What the probe waits for on this machine, as busy as it is.
    ['nothing', () => delay(1000 * seconds)],
    ['500 assets pipelined, closed unread', (server) => attacks.pipelineAndClose(server)],
    [
      '92 kB pipelined over 10 sockets, unread',
      (server) => attacks.pipelineUnread(server, seconds),
    ],
    ['20 sockets of weights, pipelined, unread', (s) => attacks.pipelineWeights(s, seconds)],
    ['300 readers that do not read', (server) => attacks.readersThatDoNotRead(server, seconds)],
    ['48 nested v2 bodies of 10 MiB', (server) => attacks.nestedTensors(server)],
    ['48 base64 bodies of 10 MiB', (server) => attacks.largeBase64(server)],
    ['200 bodies of 9.9 MiB, unfinished', (server) => attacks.unfinishedBodies(server, seconds)],
    ['70 of dense-grad-cam with tta=8', (server) => attacks.expensiveMaps(server)],
    ['2,000 images over 4 connections', (server) => attacks.ordinaryService(server, 2000)],
  ];
  for (const [name, attack] of attempts.filter(wanted)) {
    console.log(`bench: ${name}`);
    rows.push(await measure(name, attack));
  }
  const ends = [
    ...['SIGINT', 'SIGTERM'].map((name) => [
      `${name} twice, 8 uploads under way`,
      () => signals(name),
    ]),
    ['a full disk behind the log', fullDisk],
  ];
  const endings = {};
  for (const [name, attack] of ends.filter(wanted)) {
    console.log(`bench: ${name}`);
    endings[name] = await attack();
  }
  const result = { machine: describeMachine(), seconds, rows, endings };
  console.log(describeAttacks(result));
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(result, null, 2)}\n`);
}

async function measure(name, attack) {
  const server = await WatchedServer.start();
  try {
    await attacks.ordinaryService(server, WARM_REQUESTS);
    const before = await server.figures();
    const beforeBytes = await server.collect();
    const { result, peakBytes, liveP99Ms } = await server.watch(() => attack(server));
    const start = performance.now();
    let after = await server.figures();
    let afterBytes = await server.collect();
    const settled = () =>
      after.unanswered === 0 &&
      after.bodyBytes === 0 &&
      after.running === 0 &&
      after.connections <= before.connections + 1 &&
      afterBytes <= MEMORY_TOLERANCE * beforeBytes;
    while (!settled() && performance.now() - start < SETTLE_LIMIT_MS) {
      await delay(1000);
      after = await server.figures();
      afterBytes = await server.collect();
    }
    const end = await server.stop();
    return {
      name,
      answers: result,
      beforeBytes,
      peakBytes,
      afterBytes,
      settledMs: performance.now() - start - end.ms,
      left: { unanswered: after.unanswered, bodyBytes: after.bodyBytes, running: after.running },
      liveP99Ms,
      stopMs: end.ms,
      exit: end.code ?? end.signal,
    };
  } finally {
    await server.kill();
  }
}

async function signals(name) {
  const runs = [];
  for (let run = 0; run < SIGNAL_RUNS; run++) {
    const server = await WatchedServer.start();
    try {
      runs.push(await attacks.interruptTwice(server, name));
    } finally {
      await server.kill();
    }
  }
  const whole = runs.filter(({ uploads, answered, code }) => answered === uploads && code === 0);
  return {
    runs: runs.length,
    whole: whole.length,
    failed: runs.filter((run) => !whole.includes(run)),
  };
}

async function fullDisk() {
  const server = await WatchedServer.start({
    env: { PORT: String(await freePort()) },
    fullDisk: true,
  });
  try {
    const { outcomes, logLinesLost } = await attacks.askWithoutLog(server);
    const { code } = await server.stop();
    return { outcomes, logLinesLost, exit: code };
  } finally {
    await server.kill();
  }
}
