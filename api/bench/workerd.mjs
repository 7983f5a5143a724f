import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { REPOSITORY } from './candidates.mjs';

const BUNDLE = join(REPOSITORY, 'api/dist/edge');
/** A configuration embeds modules from its own folder and below. */
const TRIVIAL = join(REPOSITORY, 'api/.cache/bench/trivial-worker');
const ASSETS = join(REPOSITORY, 'api/dist/edge-assets');

/** Keeps every WebAssembly memory that is made, so that all of them can be added up. */
const COUNTING = `const memories = [];
const { Memory, Instance } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(limits) { super(limits); memories.push(this); }
};
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    for (const value of Object.values(this.exports)) {
      if (value instanceof Memory && !memories.includes(value)) memories.push(value);
    }
  }
};
export const bytes = () => memories.map(({ buffer }) => buffer.byteLength);
`;
const COUNTED = `import { bytes } from './counting.js';
import worker from './worker.js';
export default {
  fetch(request, ...others) {
    if (request.url.endsWith('/bench/memories')) return Response.json(bytes());
    return worker.fetch(request, ...others);
  },
};
`;
const TRIVIAL_WORKER = `export default { fetch: () => new Response('{}') };
`;

/**
 * Plain workerd with the bundled worker as its only one, without what wrangler and miniflare put in front
 * of it: for {@link Server.start}.
 *
 * @param {{ counting?: boolean, inspectorPort?: number }} options `counting`: GET /bench/memories gives the bytes of
 *   each WebAssembly memory that there ever was
 */
export function edgeCandidate({ counting = false, inspectorPort } = {}) {
  const files = readdirSync(BUNDLE).filter((name) => name.endsWith('.wasm'));
  const modules = [
    script('worker.js'),
    ...files.map((name) => `(name = "${name}", wasm = embed "${name}")`),
  ];
  if (counting) {
    writeFileSync(join(BUNDLE, 'counting.js'), COUNTING);
    writeFileSync(join(BUNDLE, 'counted.js'), COUNTED);
    modules.unshift(script('counted.js'), script('counting.js'));
  }
  const name = counting ? 'counted.capnp' : 'bench.capnp';
  writeFileSync(join(BUNDLE, name), config(modules));
  return candidate(join(BUNDLE, name), inspectorPort);
}

/** Workerd with a worker that does nothing: what the process itself takes. */
export function trivialCandidate() {
  mkdirSync(TRIVIAL, { recursive: true });
  writeFileSync(join(TRIVIAL, 'worker.js'), TRIVIAL_WORKER);
  writeFileSync(join(TRIVIAL, 'bench.capnp'), config([script('worker.js')]));
  return candidate(join(TRIVIAL, 'bench.capnp'));
}

function candidate(file, inspectorPort) {
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  const { default: workerd } = require('workerd');
  return {
    command: workerd,
    args: (port) => [
      'serve',
      file,
      `--socket-addr=http=127.0.0.1:${port}`,
      ...(inspectorPort === undefined ? [] : [`--inspector-addr=127.0.0.1:${inspectorPort}`]),
    ],
  };
}

function script(name) {
  return `(name = "${name}", esModule = embed "${name}")`;
}

function config(modules) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = (
      modules = [
        ${modules.join(',\n        ')}
      ],
      compatibilityDate = "2026-04-26",
      bindings = [(name = "ASSETS", service = "assets")],
    )),
    (name = "assets", disk = (path = "${ASSETS}")),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")],
);
`;
}
