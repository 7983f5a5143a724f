import { InferenceWorkers } from '../runtime/node/inference/inference-workers.ts';
import { StopSignal } from '../runtime/node/server/stop-signal.ts';

const stopSignal = new StopSignal();
const workers = new InferenceWorkers(new URL('./inference-worker.js', import.meta.url));
// The first worker reads its native libraries while this thread still reads the program.
const firstWorker = process.argv.length > 2 ? undefined : workers.spawn();
const { main } = await import('../runtime/node/server/main.ts');
await main(workers, firstWorker, stopSignal);
