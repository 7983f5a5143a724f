import { Worker } from 'node:worker_threads';
import type { WorkerSetup } from './node/worker-messages.ts';

let spawned = false;

function spawn(): Worker {
  const workerData: WorkerSetup = { firstOfProcess: !spawned };
  spawned = true;
  return new Worker(new URL('./inference-worker.js', import.meta.url), { workerData });
}

// The first worker reads its native libraries while this thread still reads the program.
const firstWorker = process.argv.length > 2 ? undefined : spawn();
const { main } = await import('./node/main.ts');
await main(spawn, firstWorker);
