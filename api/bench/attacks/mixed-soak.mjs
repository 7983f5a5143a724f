import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../server.mjs';
import { runClient, seededRandom } from './mixed-clients.mjs';
import { WatchedServer } from './watched-server.mjs';

/** For what the clients left behind to be let go after a phase. */
const SETTLE_LIMIT_MS = 60_000;
const MEMORY_TOLERANCE = 1.2;
const CLIENTS = 8;

/**
 * Seeded clients that mix routes, sizes, pipelining, stalls and hang-ups, in phases. Meanwhile the model is replaced and
 * the server told to look at once; after each phase memory, sockets and the requests under way must be as before. The
 * server of every second life writes its log onto a full disk; each life ends by a signal while clients are at work, and
 * what was accepted before it must be answered.
 *
 * @param {{ seed: number, modelFolder: string, versions: readonly string[], photos: readonly Uint8Array[],
 *   lives: number, phases: number, phaseSeconds: number, env?: Record<string, string>, log?: (line: string) => void }} options
 *   `versions` of the folder, which replace one another
 * @returns {Promise<{ faults: string[], done: Record<string, number>, phases: object[] }>} what was wrong, what clients did
 */
export async function mixedSoak({ seed, lives, log = () => {}, ...options }) {
  const random = seededRandom(seed);
  const report = { faults: [], done: {}, phases: [] };
  for (let life = 0; life < lives; life++) {
    const fullDisk = life % 2 === 1;
    log(`life ${life + 1} of ${lives}${fullDisk ? ', log on a full disk' : ''}`);
    await live({ ...options, random, fullDisk, log, name: `life ${life + 1}` }, report);
  }
  return report;
}

async function live(options, report) {
  const { random, fullDisk, versions, phases, phaseSeconds, env = {}, log, name } = options;
  const models = servedFolder(options);
  const server = await WatchedServer.start({
    env: { ...env, NAEVUS_MODEL_DIR: models.folder, PORT: String(await freePort()) },
    fullDisk,
  });
  const fault = (text) => report.faults.push(`${name}: ${text}`);
  try {
    const model = await modelOf(server);
    // What every version leaves once it was loaded and replaced is no leak.
    for (const version of [...versions, versions[0]]) {
      models.use(version);
      server.signal('SIGHUP');
      await play({ ...options, server, model, seconds: phaseSeconds / 2, report, fault });
    }
    const before = await settle(server);
    for (let phase = 1; phase <= phases; phase++) {
      const version = versions[Math.floor(random() * versions.length)];
      models.use(version);
      if (random() < 0.5) server.signal('SIGHUP');
      const played = () =>
        play({ ...options, server, model, seconds: phaseSeconds, report, fault });
      const { peakBytes, liveP99Ms } = await server.watch(played);
      const after = await settle(server, before);
      const figures = { life: name, phase, version, before, after, peakBytes, liveP99Ms };
      report.phases.push(figures);
      log(`phase ${phase}: ${describe(figures)}`);
      for (const [what, limit] of Object.entries(limitsOf(before))) {
        if (after[what] > limit)
          fault(`after phase ${phase}, ${what} is ${after[what]}, before it ${before[what]}`);
      }
    }
    await endUnderLoad({ ...options, server, model, report, fault });
  } finally {
    await server.kill();
    models.remove();
  }
}

/** A folder of models of its own, whose current version may be changed. */
function servedFolder({ modelFolder, versions }) {
  const folder = mkdtempSync(join(tmpdir(), 'naevus-soak-'));
  for (const version of versions)
    cpSync(join(modelFolder, version), join(folder, version), { recursive: true });
  const write = (version) => {
    // As `models -- use` does: in one step, so that no reader sees half of it.
    const file = join(folder, 'current.json');
    writeFileSync(`${file}.new`, JSON.stringify({ version }));
    renameSync(`${file}.new`, file);
  };
  write(versions[0]);
  return {
    folder,
    use: write,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function modelOf(server) {
  const { name, version } = await (await fetch(`http://127.0.0.1:${server.port}/model`)).json();
  return { name, version };
}

/** All clients for some time, and until each is done with what it began. */
async function play({ seconds, ...options }) {
  const stop = new AbortController();
  const clients = startClients({ ...options, stopping: stop.signal });
  await delay(seconds * 1000);
  stop.abort();
  await clients;
}

function startClients({
  server,
  model,
  photos,
  random,
  report,
  fault,
  stopping,
  signalled = () => false,
}) {
  const record = (kind, wrong) => {
    report.done[kind] = (report.done[kind] ?? 0) + 1;
    if (wrong !== undefined) fault(`${kind}: ${wrong}`);
  };
  return Promise.all(
    Array.from({ length: CLIENTS }, () =>
      runClient({
        port: server.port,
        model,
        photos,
        random: seededRandom(Math.floor(random() * 2 ** 32)),
        stopping,
        signalled,
        record,
      }),
    ),
  );
}

/** What may be left after a phase, by what was there before. */
function limitsOf(before) {
  return {
    residentBytes: MEMORY_TOLERANCE * before.residentBytes,
    openFiles: before.openFiles,
    connections: before.connections,
    unanswered: 0,
    bodyBytes: 0,
    queued: 0,
    running: 0,
  };
}

/** Waits until the server has let go of what clients left, or for a minute; what there is then. */
async function settle(server, before) {
  const start = performance.now();
  for (;;) {
    const { logLinesLost: _, ...figures } = await server.figures();
    const residentBytes = await server.collect();
    const now = { residentBytes, openFiles: server.openFiles(), ...figures };
    const limits = limitsOf(before ?? { ...now, openFiles: Infinity, connections: Infinity });
    if (Object.entries(limits).every(([what, limit]) => now[what] <= limit)) return now;
    if (performance.now() - start > SETTLE_LIMIT_MS) return now;
    await delay(250);
  }
}

async function endUnderLoad(options) {
  const { server, random, fault } = options;
  const stop = new AbortController();
  const stopping = stop.signal;
  const clients = startClients({ ...options, stopping, signalled: () => stopping.aborted });
  await delay(500);
  stop.abort();
  const name = random() < 0.5 ? 'SIGTERM' : 'SIGINT';
  server.signal(name);
  // As npm forwards it: the same signal.
  if (random() < 0.5) server.signal(name);
  const [{ code, signal }] = await Promise.all([server.ended, clients]);
  if (code !== 0) fault(`${name}: the server ended with ${code ?? signal}: ${server.errors}`);
  const drained = server.lines.find(({ msg }) => msg === 'drain timed out');
  if (drained) fault(`${name}: ${drained.unanswered} requests were not answered`);
}

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(0);

function describe({ before, after, peakBytes, liveP99Ms }) {
  const memory = [before.residentBytes, peakBytes, after.residentBytes].map(megabytes);
  return `${memory.join(', ')} MB before, at most, after; live p99 ${liveP99Ms.toFixed(0)} ms; ${after.openFiles} files, ${after.connections} connections, ${after.unanswered} unanswered`;
}
