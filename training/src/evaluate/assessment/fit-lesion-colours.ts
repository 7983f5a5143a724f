import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createColourMeter } from '@naevus/shared/image/image-quality';
import { type ColourModel, expandFeatures } from '@naevus/shared/image/lesion-colour';
import { createResampler } from '@naevus/shared/image/resampler';
import { createRandom } from '@naevus/shared/statistics/random';
import { decodeRgb } from '../../data/decode/decoded-images.ts';
import { fitColourModel } from './fit-colour-model.ts';
import { RECOLOURINGS, type Recolouring, recolour } from './recolourings.ts';

const HELP = `Fits what the quality check of colour tells lesions by, for shared/src/image/lesion-colour.ts.

node training/fit-lesion-colours.mjs --images DIR [--images DIR ...] --split split.json [--also DIR ...]

--images DIR  folders with the images that the split names
--split FILE  split.json of a version: its training images are fitted on, its validation images tell the limit
--also DIR    a folder of lesions from another source, which counts as much as each other such folder;
              every other image is fitted on

Prints the model as JSON, and on stderr which share of what is refused at the limit that 0.5 % of the validation
images exceed: of sources and recolourings that are shown as held back, of images that were not fitted on.
`;

/** Too close to lesions as cameras give them to be told by colours alone: measured, not fitted on. */
const NOT_FITTED: readonly Recolouring[] = ['green and blue exchanged', 'a quarter of its chroma'];
/** Every so many training images are recoloured. */
const RECOLOURED_EVERY = 8;
/** Natural logarithms that red and blue against green are moved by at most: how far cameras' white balances differ. */
const WHITE_BALANCE = 0.1;
const REFUSED = 0.005;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', multiple: true, default: [] },
      split: { type: 'string' },
      also: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.split === undefined || values.images.length === 0) {
    console.log(HELP);
    return;
  }
  const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
  const kernels = new WebAssembly.Module(await readFile(wasm));
  const resampler = createResampler(kernels);
  const measure = createColourMeter(kernels);
  const prepare = async (path: string) => resampler.resizeToInput(await decodeRgb(path), 1);

  const paths = new Map<string, string>();
  for (const folder of values.images) {
    for (const name of await readdir(folder)) {
      paths.set(name.replace(/\.\w+$/, ''), join(folder, name));
    }
  }
  const split = JSON.parse(await readFile(values.split, 'utf8')) as Record<string, string[]>;
  const recoloured = (): Record<Recolouring, number[][]> =>
    Object.fromEntries(RECOLOURINGS.map((name) => [name, []])) as never;
  const read = async (side: 'train' | 'validation') => {
    const plain: number[][] = [];
    const changed = recoloured();
    for (const [i, id] of split[side]!.entries()) {
      const rgb = await prepare(paths.get(id)!);
      plain.push(measure(rgb));
      if (i % RECOLOURED_EVERY > 0) continue;
      for (const name of RECOLOURINGS) changed[name].push(measure(recolour(rgb, name)));
    }
    return { plain, changed };
  };
  const train = await read('train');
  const validation = await read('validation');
  const others = new Map<string, number[][]>();
  for (const folder of values.also) {
    const features: number[][] = [];
    for (const name of (await readdir(folder)).sort()) {
      features.push(measure(await prepare(join(folder, name))));
    }
    others.set(folder, features);
  }

  const random = createRandom(1);
  const move = () => WHITE_BALANCE * (2 * random.next() - 1);
  const balanced = train.plain.map(([a, b, c, d, ...rest]) => {
    const [red, blue] = [move(), move()];
    return [a! + red, b! + blue, c! + red, d! + blue, ...rest];
  });
  const fitted = RECOLOURINGS.filter((name) => !NOT_FITTED.includes(name));
  const even = (rows: number[][]) => rows.filter((_, i) => i % 2 === 0);
  const share = others.size > 0 ? 0.25 : 0.5;
  const model = fitColourModel(
    [
      { features: train.plain, weight: share / 2 },
      { features: balanced, weight: share / 2 },
      ...[...others.values()].map((rows) => ({ features: even(rows), weight: 0.25 / others.size })),
    ],
    { features: fitted.flatMap((name) => train.changed[name]), weight: 0.5 },
  );
  console.log(JSON.stringify(rounded(model)));

  const odds = (rows: number[][]) => rows.map((own) => oddity(own, model)).sort((a, b) => a - b);
  const held = odds(validation.plain);
  const limit = held[Math.ceil((1 - REFUSED) * held.length) - 1]!;
  const refused = (rows: number[][]) =>
    `${((100 * rows.filter((own) => oddity(own, model) > limit).length) / rows.length).toFixed(1)} %`;
  console.error(
    `limit ${limit.toFixed(3)}: training images ${refused(train.plain)}, validation images ${refused(validation.plain)}`,
  );
  for (const [folder, rows] of others) {
    console.error(`${folder}: ${refused(rows.filter((_, i) => i % 2 === 1))} of those held back`);
  }
  for (const name of RECOLOURINGS) console.error(`${name}: ${refused(validation.changed[name])}`);
}

function oddity(features: number[], model: ColourModel): number {
  return expandFeatures(features, model).reduce(
    (sum, term, i) => sum + term * model.weights[i]!,
    0,
  );
}

function rounded({ mean, deviation, weights }: ColourModel): ColourModel {
  const four = (values: readonly number[]) => values.map((value) => Number(value.toFixed(4)));
  return { mean: four(mean), deviation: four(deviation), weights: four(weights) };
}

await main();
