import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

const WORKSPACE = fileURLToPath(new URL('../../', import.meta.url));
const BUNDLE = join(WORKSPACE, 'dist/edge');

/** Bundles the worker as it is deployed, and holds its size to the bounds; gives what it printed. */
export function buildEdge(): string {
  return execFileSync(process.execPath, [join(WORKSPACE, 'build-edge.mjs')], { encoding: 'utf8' });
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
 */
export async function startEdge(options: object = {}): Promise<EdgeProcess> {
  const before = new Set(workerds());
  const files = readdirSync(BUNDLE).filter((name) => /\.(js|wasm)$/.test(name));
  // The entry comes first.
  files.sort((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'));
  const miniflare = new Miniflare({
    modulesRoot: BUNDLE,
    modules: files.map((name) => ({
      type: name.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
      path: join(BUNDLE, name),
      contents: readFileSync(join(BUNDLE, name)),
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
