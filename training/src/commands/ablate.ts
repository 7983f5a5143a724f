import { join } from 'node:path';
import { refuseOverwriting } from '@naevus/shared/files/refuse-overwriting';
import { createResampler } from '@naevus/shared/image/resampler';
import { BUDGET_NAMES, BUDGETS, type BudgetName, headConfig } from '../ablation/budgets.ts';
import { once } from '../ablation/once.ts';
import { runAblation } from '../ablation/run-ablation.ts';
import { PLAIN, TECHNIQUES, techniquesOf } from '../ablation/techniques.ts';
import { DATA_FLAGS, DATA_FLAGS_HELP, dataFolders, loadFolders } from '../data/load/data-flags.ts';
import { RunStopped } from '../data/run-stopped.ts';
import { fingerprintDataset } from '../data/split/fingerprint.ts';
import { foldSplit } from '../data/split/fold-split.ts';
import { readSplit } from '../data/split/read-split.ts';
import { requireEveryClass } from '../data/split/require-every-class.ts';
import { describeSplit, splitDataset } from '../data/split/split.ts';
import { efficientNetB0 } from '../network/architecture.ts';
import { loadPretrained } from '../train/initial-weights/pretrained.ts';

import { AUGMENTATION_WORKER, cacheFolder, loadKernels } from './frame/places.ts';
import { runCommand } from './frame/run-command.ts';
import { listenForStop, STOPPED } from './frame/stop-signals.ts';
import { TAXONOMY_HELP, useTaxonomyFile } from './train/read-taxonomy-file.ts';

const HELP = `Compares techniques against class imbalance: the same data, split, steps and start for each.

npm run ablate -- --data DIR --weights FILE --out DIR [--budget NAME] [--seeds N] [--only NAMES]

${DATA_FLAGS_HELP}
--split FILE     use this split.json (default: a split made from seed 1)
${TAXONOMY_HELP}
--weights FILE   EfficientNet-B0 backbone, safetensors in timm's names (default: the public file, downloaded once)
--out DIR        folder for the results; techniques with a result there are not trained again
--budget NAME    ${BUDGET_NAMES.join(' or ')} (default: head)
--seeds N        trainings of each technique, each with its own seed (default: 3 for head, else 1)
--only NAMES     only these techniques, separated by commas: ${TECHNIQUES.map(({ name }) => name).join(', ')}
--cache DIR      folder for decoded images and features (default: training/.cache)
--help           show this text
`;

const SPLIT = { seed: 1, validationFraction: 0.2 };
const MAX_SEEDS = 100;

await runCommand({
  help: HELP,
  options: {
    ...DATA_FLAGS,
    split: { type: 'string' },
    taxonomy: { type: 'string' },
    weights: { type: 'string' },
    out: { type: 'string' },
    budget: { type: 'string', default: 'head' },
    seeds: { type: 'string' },
    only: { type: 'string' },
    cache: { type: 'string' },
  },
  required: ['data', 'out'],
  endsProcess: true,
  async run(values) {
    const { out = '' } = values;
    const folders = dataFolders(values);
    const { budget: name } = values;
    await useTaxonomyFile(values.taxonomy);
    if (!isBudgetName(name)) {
      throw new Error(`--budget ${name} is not one of ${BUDGET_NAMES.join(', ')}`);
    }
    const seeds = Number(values.seeds ?? (name === 'head' ? 3 : 1));
    if (!Number.isInteger(seeds) || seeds < 1 || seeds > MAX_SEEDS) {
      throw new Error(`--seeds ${values.seeds} is not a whole number from 1 to ${MAX_SEEDS}`);
    }
    const techniques = chooseTechniques(values.only, name);
    const cacheDirectory = cacheFolder(values.cache);
    const shouldStop = listenForStop();

    const initialWeights = await loadPretrained(values.weights);

    const dataset = await loadFolders(folders, console.warn);
    await refuseOverwriting(
      ['json', 'md', 'svg'].map((extension) => join(out, `${name}.${extension}`)),
      [...dataset.inputs, ...(values.weights ? [values.weights] : [])],
    );
    const fingerprints = once(() => fingerprintDataset(dataset, { cacheDirectory }));
    const split = values.split
      ? await readSplit(values.split, dataset.dataSha256)
      : splitDataset(dataset, await fingerprints(), SPLIT);
    console.log(describeSplit(split));
    requireEveryClass(split, smoteNeighbours(techniques, name), console.warn);
    try {
      const markdown = await runAblation({
        architecture: efficientNetB0(),
        dataset,
        split,
        resampler: createResampler(await loadKernels()),
        cacheDirectory,
        initialWeights,
        budget: BUDGETS[name],
        techniques,
        foldOf: async (fold) => foldSplit(dataset, await fingerprints(), split, fold),
        seeds: Array.from({ length: seeds }, (_, i) => i + 1),
        out,
        augmentationWorker: AUGMENTATION_WORKER,
        shouldStop,
        log: console.log,
      });
      console.log(`\n${markdown}\nwrote ${join(out, name)}.json, .md and .svg`);
      return 0;
    } catch (error) {
      if (!(error instanceof RunStopped)) throw error;
      console.log(`${error.message}; run the same command again to continue`);
      return STOPPED;
    }
  },
});

function isBudgetName(name: string): name is BudgetName {
  return (BUDGET_NAMES as readonly string[]).includes(name);
}

/** How many neighbours SMOTE takes, where it is among the techniques. */
function smoteNeighbours(techniques: typeof TECHNIQUES, budget: BudgetName): number | undefined {
  const smote = techniques.find(({ settings }) => settings.sampler === 'smote');
  return smote && headConfig(BUDGETS[budget], smote, [1], 1).smoteNeighbours;
}

function chooseTechniques(only: string | undefined, budget: BudgetName) {
  const compared = techniquesOf(BUDGETS[budget]);
  if (only === undefined) return compared;
  const wanted = new Set(only.split(',').map((name) => name.trim()));
  for (const name of wanted) {
    if (!compared.some((technique) => technique.name === name)) {
      throw new Error(
        `--only ${name} is not one of ${compared.map((technique) => technique.name).join(', ')}`,
      );
    }
  }
  // The others are compared to it.
  wanted.add(PLAIN);
  return compared.filter(({ name }) => wanted.has(name));
}
