import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

const WORKSPACE = fileURLToPath(new URL('../../', import.meta.url));

/** The worker that serves the API, and the one for whole buckets. */
export type Worker = 'edge' | 'bulk';

/** Bundles a worker as it is deployed, and holds its size to the bounds; gives what it printed. */
export function buildEdge(worker: Worker = 'edge'): string {
  const script = join(WORKSPACE, 'build-edge.mjs');
  return execFileSync(process.execPath, [script, worker], { encoding: 'utf8' });
}

/** The worker in workerd, as it is deployed. */
export interface EdgeProcess {
  readonly url: string;
  /** Process id of workerd. */
  readonly pid: number;
  readonly miniflare: Miniflare;
  stop(): Promise<void>;
}

/**
 * Starts what {@link buildEdge} made.
 *
 * @param options what else is bound to the worker, as miniflare names it
 * @param others workers beside it, that its bindings may name
 */
export async function startEdge(
  options: object = {},
  worker: Worker = 'edge',
  others: readonly object[] = [],
): Promise<EdgeProcess> {
  const before = new Set(workerds());
  const bundle = join(WORKSPACE, 'dist', worker);
  const files = readdirSync(bundle).filter((name) => /\.(js|wasm)$/.test(name));
  // The entry comes first.
  files.sort((a, b) => Number(b.endsWith('worker.js')) - Number(a.endsWith('worker.js')));
  const all = {
    modulesRoot: bundle,
    modules: files.map((name) => ({
      type: name.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
      path: join(bundle, name),
      contents: readFileSync(join(bundle, name)),
    })),
    compatibilityDate: '2026-04-26',
    assets: {
      directory: join(WORKSPACE, 'dist/edge-assets'),
      binding: 'ASSETS',
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    },
    host: '127.0.0.1',
    port: 0,
    ...options,
  };
  const miniflare = new Miniflare({
    ...all,
    ...(others.length > 0 && { workers: [all, ...others] }),
  } as ConstructorParameters<typeof Miniflare>[0]);
  const url = (await miniflare.ready).href.replace(/\/$/, '');
  const pid = workerds().find((id) => !before.has(id)) ?? 0;
  return { url, pid, miniflare, stop: () => miniflare.dispose() };
}

/** Process ids of the workerds that this process has started; none where there is no /proc. */
function workerds(): number[] {
  let processes: string[];
  try {
    processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return processes.map(Number).filter((id) => {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
      const [, name, parent] = stat.match(/\((.*)\) \S (\d+)/) ?? [];
      return name === 'workerd' && Number(parent) === process.pid;
    } catch {
      return false;
    }
  });
}
