import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { parseOnnx, serializeOnnx } from '@naevus/shared/model/onnx-messages';
import { expect, it } from 'vitest';
import { forBlockedLayout } from './blocked-layout.ts';
import { loadOnnxRuntime } from './native-modules.ts';

const MODELS = fileURLToPath(new URL('../../../../../model-artifacts/', import.meta.url));
const VERSIONS = readdirSync(MODELS).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
const NEWEST = VERSIONS.at(-1)!;
const read = (version: string) => readFileSync(`${MODELS}${version}/model.onnx`);
const SHAPE = [1, 3, INPUT_SIZE, INPUT_SIZE];

async function run(model: Uint8Array): Promise<Record<string, Float32Array>> {
  const { InferenceSession, Tensor } = loadOnnxRuntime();
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  const pixels = Float32Array.from({ length: 3 * INPUT_SIZE ** 2 }, (_, i) => (i * 7919) % 256);
  const results = await session.run({ image: new Tensor('float32', pixels, SHAPE) });
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
  );
}

it.each(VERSIONS)('computes what the file of the bundled version %s does', async (version) => {
  const [plain, blocked] = [await run(read(version)), await run(forBlockedLayout(read(version)))];
  expect(Object.keys(blocked)).toEqual(Object.keys(plain));
  for (const [name, expected] of Object.entries(plain)) {
    // The same bits where both are computed in the blocked layout, which a processor without AVX has not.
    const scale = Math.max(...expected.map(Math.abs));
    expect(blocked[name]!.length).toBe(expected.length);
    for (const [i, value] of blocked[name]!.entries()) {
      expect(Math.abs(value - expected[i]!) / scale).toBeLessThan(1e-5);
    }
  }
});

it('spreads every gate, and splits what is larger than the cache', () => {
  const counts = (bytes: Uint8Array) => {
    const { node } = parseOnnx(bytes).graph;
    return Object.fromEntries(
      ['Resize', 'Concat', 'Conv', 'Mul'].map((type) => [
        type,
        node.filter(({ opType }) => opType === type).length,
      ]),
    );
  };
  const model = read(NEWEST);
  const plain = counts(model);
  expect(plain).toMatchObject({ Resize: 0, Concat: 0 });
  // Sixteen squeeze-excitations; the widening to 96 x 112 x 112 in three parts, so two more of each of its three.
  expect(counts(forBlockedLayout(model))).toEqual({
    Resize: 16,
    Concat: 1,
    Conv: plain.Conv! + 4,
    Mul: plain.Mul! + 2,
  });
});

it('leaves no constant that nothing uses', () => {
  const { node, initializer } = parseOnnx(forBlockedLayout(read(NEWEST))).graph;
  const used = new Set(node.flatMap(({ input }) => input));
  expect(initializer.filter(({ name }) => !used.has(name))).toEqual([]);
});

it('returns a graph with an unknown operation as it is', () => {
  const model = parseOnnx(read(NEWEST));
  const node = model.graph.node.map((each) =>
    each.opType === 'GlobalAveragePool' ? { ...each, opType: 'GlobalMaxPool' } : each,
  );
  const bytes = serializeOnnx({ ...model, graph: { ...model.graph, node } });
  expect(forBlockedLayout(bytes)).toBe(bytes);
});
