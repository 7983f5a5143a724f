// Asks /health/live again and again, in a thread of its own: the attacker's own thread is busy writing.

import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const { port, pauseMs } = workerData;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const waits = [];
let working = true;
parentPort.once('message', () => {
  working = false;
});

while (working) {
  const start = performance.now();
  const status = await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/health/live', agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });
  if (status !== 200) throw new Error(`/health/live answered ${status}`);
  waits.push(performance.now() - start);
  await delay(pauseMs);
}
agent.destroy();
parentPort.postMessage(waits);
