import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * CPUs that this process may use: those it may run on, or fewer where a container's quota says so
 * (libuv looks at the quota only from Node 22.12 on).
 */
export function usableCpus(readQuota: () => string = readCgroupQuota): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(parseQuota(readQuota()))));
}

/** CPUs of a cgroup's `cpu.max`, "quota period" in microseconds or "max period"; Infinity for no limit. */
export function parseQuota(cpuMax: string): number {
  const [quota, period] = cpuMax.trim().split(/\s+/).map(Number);
  return quota && period ? quota / period : Number.POSITIVE_INFINITY;
}

function readCgroupQuota(): string {
  try {
    return readFileSync('/sys/fs/cgroup/cpu.max', 'utf8');
  } catch {
    return 'max';
  }
}
