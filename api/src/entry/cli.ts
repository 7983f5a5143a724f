import { InferenceWorkers } from '../runtime/node/inference/inference-workers.ts';

if (process.argv[2] === 'serve') {
  // The server reads what follows.
  process.argv.splice(2, 1);
  await import('./node.ts');
} else {
  const { runCommand } = await import('../cli/commands.ts');
  const workers = new InferenceWorkers(new URL('./inference-worker.js', import.meta.url));
  process.exitCode = await runCommand(process.argv.slice(2), workers);
}
