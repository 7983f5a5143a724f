import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../../training/bench/statistics.mjs';
import { NAEVUS } from './candidates.mjs';
import { Server } from './server.mjs';
import { drive } from './wrk.mjs';

const JSON_TYPE = 'application/json';
const PROBE_EVERY_MS = 20;

/**
 * Whether memory stays flat: the project's server over some thousand requests on 4 connections.
 *
 * @returns resident bytes after the warm-up and after each further spell, and how far they spread
 */
export async function soakMemory(photo, file, requests) {
  const server = await Server.start(NAEVUS, photo);
  const load = { url: server.url('/predict'), file, accept: JSON_TYPE, connections: 4 };
  await drive({ ...load, seconds: 10 });
  const samples = [(await server.usage()).residentBytes];
  let served = 0;
  while (served < requests) {
    served += (await drive({ ...load, seconds: 10 })).requests;
    samples.push((await server.usage()).residentBytes);
  }
  await server.stop();
  const change = Math.max(...samples.map((bytes) => Math.abs(bytes / samples[0] - 1)));
  return { requests: served, samples, change };
}

/** 64 connections for some time: which statuses came, and how long a live probe waited meanwhile. */
export async function soakConnections(photo, file, seconds) {
  const server = await Server.start(NAEVUS, photo);
  const agent = new Agent({ keepAlive: true });
  const waits = [];
  let driving = true;
  const probing = (async () => {
    while (driving) {
      const start = performance.now();
      const { status } = await ask(agent, server, { path: '/health/live' });
      if (status !== 200) throw new Error(`/health/live answered ${status}`);
      waits.push(performance.now() - start);
      await delay(PROBE_EVERY_MS);
    }
  })();
  const url = server.url('/predict');
  const load = await drive({ url, file, accept: JSON_TYPE, connections: 64, seconds });
  driving = false;
  await probing;
  agent.destroy();
  const { residentBytes } = await server.usage();
  await server.stop();
  return { seconds, load, residentBytes, liveP99Ms: quantile(waits, 0.99), probes: waits.length };
}

/** SIGTERM under 64 connections: of the requests that were under way, how many got no answer. */
export async function soakSigterm(photo) {
  const server = await Server.start(NAEVUS, photo);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const outcomes = [];
  let terminated = false;
  const clients = Array.from({ length: 64 }, async () => {
    while (!terminated) {
      const sentAt = performance.now();
      const outcome = await ask(agent, server, {
        path: '/predict',
        method: 'POST',
        body: photo,
      }).catch((error) => ({ status: error.code ?? error.message }));
      outcomes.push({ sentAt, answeredAt: performance.now(), ...outcome });
    }
  });
  await delay(4000);
  const signalAt = performance.now();
  server.child.kill('SIGTERM');
  terminated = true;
  const [exitCode] = await server.ended;
  const exitMs = performance.now() - signalAt;
  await Promise.all(clients);
  agent.destroy();
  const underWay = outcomes.filter(
    ({ sentAt, answeredAt }) => sentAt < signalAt && answeredAt > signalAt,
  );
  const statuses = {};
  for (const { status } of underWay) statuses[status] = (statuses[status] ?? 0) + 1;
  const unanswered = underWay.filter(({ status }) => typeof status !== 'number').length;
  return { underWay: underWay.length, statuses, unanswered, exitCode, exitMs };
}

function ask(agent, server, { path, method = 'GET', body }) {
  return new Promise((resolve, reject) => {
    const asked = request(
      { agent, host: '127.0.0.1', port: server.port, path, method },
      (response) => {
        response.resume();
        response.once('end', () => resolve({ status: response.statusCode }));
        response.once('error', reject);
      },
    );
    asked.once('error', reject);
    asked.end(body);
  });
}
