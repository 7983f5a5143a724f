import { availableParallelism, cpus, loadavg } from 'node:os';

/** What the figures were measured on, and how busy it was: figures of a busy machine are ratios at best. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    loadAverage: Number(loadavg()[0].toFixed(2)),
  };
}
