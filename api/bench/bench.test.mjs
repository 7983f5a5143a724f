import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { disagreement } from './answers.mjs';
import { describeEdge } from './edge-report.mjs';
import { familyOf, Server } from './server.mjs';
import { cellTable } from './serving-report.mjs';
import { parseLoad } from './wrk.mjs';

const bench = (...args) =>
  spawnSync(process.execPath, [fileURLToPath(new URL('bench.mjs', import.meta.url)), ...args], {
    encoding: 'utf8',
  });

describe('npm run bench', () => {
  it.each([
    [['--help'], ['bench -- serving', 'bench -- training', 'bench -- edge']],
    [
      ['serving', '--help'],
      ['--connections', '--short'],
    ],
    [['training', '--help'], ['--batch']],
    [['edge', '--help'], ['--no-memory']],
    [['folders', '--help'], ['--images']],
    [['attacks', '--help'], ['--only']],
    [['soak', '--help'], ['--seed']],
    [['builds', '--help'], ['--other']],
  ])('explains itself: %j', (args, expected) => {
    const { status, stdout } = bench(...args);
    expect(status).toBe(0);
    for (const text of expected) expect(stdout).toContain(text);
  });

  it.each([
    [['swimming'], '"swimming"'],
    [['serving', '--round', '3'], '--round'],
    [['serving', '--connections', '5'], 'not 5'],
    [['training', '--steps', '0'], '--steps'],
    [['edge', '--rounds', 'many'], '--rounds'],
    [['folders'], '--data'],
    [['soak', '--minutes', '0'], '--minutes'],
    [['builds'], '--other'],
  ])('names what it does not understand: %j', (args, expected) => {
    const { status, stderr } = bench(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(expected);
    expect(stderr).not.toContain('    at ');
  });
});

describe.runIf(existsSync('/proc/self/stat'))('idle', () => {
  it('waits for what a server still computes, and not for one that only waits', async () => {
    // So much time of a core, however long the machine takes to give it.
    const works = `console.log('begun');
      const taken = () => Object.values(process.cpuUsage()).reduce((sum, each) => sum + each);
      const end = taken() + 500_000;
      while (taken() < end);
      console.log('done');
      setTimeout(() => {}, 600_000);`;
    const child = spawn(process.execPath, ['-e', works], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const server = new Server(child, 0);
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    try {
      await once(child.stdout, 'data');
      expect(await server.idle()).toBeGreaterThan(1);
      expect(said).toContain('done');
      expect(await server.idle()).toBe(1);
    } finally {
      await server.stop();
    }
  }, 60_000);
});

describe('parseLoad', () => {
  it('reads what the script of wrk prints', () => {
    const output = `Running 4s test @ http://127.0.0.1:8080/predict
Requests/sec:     50.00

{"requests":200,"seconds":4.0,"p50Ms":70.1,"p99Ms":90.5,"broken":0,"timedOut":0,"statuses":{"200":198,"503":2}}
`;
    expect(parseLoad(output)).toEqual({
      requestsPerSecond: 50,
      requests: 200,
      p50Ms: 70.1,
      p99Ms: 90.5,
      broken: 0,
      timedOut: 0,
      statuses: { 200: 198, 503: 2 },
    });
  });

  it('shows what wrk said where it gave no figures', () => {
    expect(() => parseLoad('unable to connect to 127.0.0.1:1')).toThrow('unable to connect');
  });
});

it('sums the memory of a process, its children and theirs, and of no other', () => {
  const table = `    1     0  900
   10     1  100
   12    11   30
   11    10   20
   20     1 5000`;
  expect(familyOf(table, 10)).toEqual({ pids: [10, 12, 11], residentBytes: 150 * 1024 });
});

describe('disagreement', () => {
  const answer = (top, rest, grid = [[1, 0]]) => ({
    predictions: [top, ...rest].map(([label, score]) => ({ label, score })),
    class: top[0],
    heatmap: { grid },
    overlay: 'data:image/png;base64,AA==',
  });
  const ours = answer(['mel', 0.8], [['nv', 0.2]]);

  it('lets close answers pass', () => {
    const theirs = answer(['mel', 0.78], [['nv', 0.22]], [[1, 0.1]]);
    expect(disagreement('/gradcam', ours, theirs)).toBeUndefined();
  });

  it.each([
    ['top class', '/predict', answer(['nv', 0.8], [['mel', 0.2]])],
    ['top score', '/predict', answer(['mel', 0.6], [['nv', 0.4]])],
    ['sum to', '/predict', answer(['mel', 0.8], [['nv', 0.1]])],
    ['all classes', '/predict', answer(['mel', 1], [])],
    ['heat map', '/gradcam', answer(['mel', 0.8], [['nv', 0.2]], [[0, 1]])],
    ['cells', '/gradcam', answer(['mel', 0.8], [['nv', 0.2]], [[1]])],
  ])('tells by the %s', (words, route, theirs) => {
    expect(disagreement(route, ours, theirs)).toContain(words);
  });
});

it('puts a row for each server that was asked, with ratios of the same rounds', () => {
  const load = (requestsPerSecond) => ({
    requestsPerSecond,
    requests: 4 * requestsPerSecond,
    p50Ms: 40,
    p99Ms: 60,
    residentBytes: 300 * 2 ** 20,
    cpuMsPerRequest: 15,
  });
  const cell = {
    image: '600x450',
    route: '/predict',
    connections: 4,
    // The second round was slow for both.
    loads: {
      naevus: [load(120), load(60)],
      peer: [load(100), load(50)],
      slow: [load(1), load(0)],
    },
  };
  const candidates = [
    { id: 'naevus', label: 'naevus' },
    { id: 'peer', label: 'a peer' },
    { id: 'slow', label: 'a slow one' },
    { id: 'absent', label: 'not asked' },
  ];
  const [, , ours, theirs, slow, ...others] = cellTable(cell, candidates).split('\n');
  expect(ours).toMatch(/^naevus +90\.0 +40\.0 +60 +15\.0 +300$/);
  expect(theirs).toMatch(/^a peer +75\.0 +40\.0 +60 +15\.0 +300 +1\.20 +1\.20 to 1\.20$/);
  expect(slow).toMatch(/^a slow one +0\.5 .* turns too short$/);
  expect(others).toEqual([]);
});

it('puts each figure of the edge beside its bound, and says which are missed', () => {
  const picture = { name: 'PNG', width: 5000, height: 5000, bufferBytes: 20e6, heapBytes: 10e6 };
  const text = describeEdge({
    machine: { cores: 2, cpu: 'a CPU', node: 'v20', loadAverage: 0, loadAverageAfter: 0 },
    sizes: [],
    agreed: 6,
    first: { wallMs: [400, 500, 600], cpuMs: [300, 400, 500] },
    // The second round was slow for both routes.
    cpu: { predictMs: [50, 100, 50], gradcamMs: [65, 130, 65] },
    memory: {
      trivialBytes: 40e6,
      rows: [
        { ...picture, status: 200, wasmBytes: [30e6, 40e6], peakBytes: 190e6 },
        // What is refused need not keep to the bound of what is accepted.
        { ...picture, status: 422, wasmBytes: [300e6], peakBytes: 600e6 },
      ],
    },
    device: { firstMs: 900, warmMs: [90, 110, 100], warmComputingMs: [70, 80, 90], offline: false },
  });
  expect(text).toMatch(/predict, 600x450: CPU ms +50\.0 +60 +met/);
  expect(text).toMatch(/over \/predict +1\.30 +1\.2 +MISSED +1\.30 to 1\.30/);
  expect(text).toMatch(/fresh process: ms +500 +1500 +met/);
  expect(text).toMatch(/heap, buffers, wasm: MB +100 +128 +met/);
  expect(text).toMatch(/resident above trivial: MB +150 +128 +MISSED/);
  expect(text).toMatch(/on this device, warm: ms +100 +150 +met/);
  expect(text).toMatch(/network cut +no +yes +MISSED/);
});
