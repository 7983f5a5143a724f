import { AGE_BANDS, ageBand } from '../../data/load/age-band.ts';
import { countLesions } from '../../data/load/count-lesions.ts';
import { classCount, criticalClasses, labelIndex, labels } from '../../taxonomy/current.ts';
import { bootstrapStatistics, type Interval } from './bootstrap.ts';
import { confusionMatrix, type SampleWeights } from './confusion-matrix.ts';
import { criticalRecall } from './critical-recall.ts';
import { decisionFigures } from './decision-figures.ts';
import { topClass } from './labelled-probabilities.ts';
import type { ScoredImage } from './metrics-report.ts';
import { underUniformPrior } from './uniform-prior.ts';

/** A scored image with the other columns of its row (`age`, `sex`, `localization`, `dx_type`), as far as there are any. */
export interface DescribedImage extends ScoredImage {
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Estimate {
  /** null where the group's images do not define it. */
  readonly value: number | null;
  readonly interval: Interval;
}

export const SUBGROUP_FIGURES = [
  'accuracy',
  'balancedAccuracy',
  'balancedAccuracyUniformPrior',
  'melanomaRecall',
  'melanomaRecallUniformPrior',
] as const;

export type SubgroupFigure = (typeof SUBGROUP_FIGURES)[number];

export interface Subgroup {
  readonly name: string;
  readonly images: number;
  readonly lesions: number;
  /** Classes that have images here: balanced accuracies over other classes do not compare. */
  readonly classes: readonly string[];
  /** Images of the critical classes. */
  readonly melanomas: number;
  readonly figures: Readonly<Record<SubgroupFigure, Estimate>>;
}

/** `subgroups.json`. */
export interface SubgroupReport {
  readonly schemaVersion: 1;
  readonly confidence: 0.95;
  readonly resamples: number;
  readonly seed: number;
  /** Groups that no image belongs to are left out, attributes that the metadata lack as well. */
  readonly attributes: readonly { readonly name: string; readonly groups: readonly Subgroup[] }[];
}

interface Attribute {
  readonly name: string;
  /** Name of the image's group; undefined where the metadata do not have the attribute at all. */
  readonly groupOf: (metadata: Readonly<Record<string, string>>) => string | undefined;
  /** In this order first, then the others by size. */
  readonly order: readonly string[];
}

const UNKNOWN = 'unknown';
const DIAGNOSED_BY: Readonly<Record<string, string>> = {
  histo: 'histology',
  follow_up: 'follow-up',
  consensus: 'expert consensus',
  confocal: 'confocal microscopy',
};

/** MILK10k's scale, from 0, very dark, to 5, very light. */
const SKIN_TONES: Readonly<Record<string, string>> = {
  '0': '0 (very dark)',
  '1': '1',
  '2': '2',
  '3': '3',
  '4': '4',
  '5': '5 (very light)',
};

/** What sources call skin without hair on hands and feet; a hand or a foot may be its back. */
const ACRAL_SITES: readonly string[] = ['acral', 'palms/soles', 'palm', 'sole'];

const ATTRIBUTES: readonly Attribute[] = [
  {
    name: 'age',
    groupOf: ({ age }) => (age === undefined ? undefined : (ageBand(age) ?? UNKNOWN)),
    order: AGE_BANDS,
  },
  { name: 'sex', groupOf: ({ sex }) => named(sex), order: ['female', 'male'] },
  { name: 'site', groupOf: ({ localization }) => named(localization), order: [] },
  {
    name: 'skin tone',
    groupOf: ({ skin_tone }) => {
      const tone = named(skin_tone);
      return tone === undefined || tone === UNKNOWN ? undefined : (SKIN_TONES[tone] ?? tone);
    },
    order: Object.values(SKIN_TONES),
  },
  {
    name: 'palms and soles',
    groupOf: ({ localization }) => {
      const site = named(localization);
      if (site === undefined || site === UNKNOWN) return undefined;
      return ACRAL_SITES.includes(site) ? 'palms, soles, acral' : 'elsewhere';
    },
    order: ['palms, soles, acral', 'elsewhere'],
  },
  {
    name: 'diagnosed by',
    groupOf: ({ dx_type }) => {
      const name = named(dx_type);
      return name === undefined ? undefined : (DIAGNOSED_BY[name] ?? name);
    },
    order: Object.values(DIAGNOSED_BY),
  },
];

/** Sites and other open lists: groups smaller than this go together as 'others'. */
const SMALLEST = 20;

/**
 * How the model does on parts of the images: by age, sex, site and how the diagnosis was made. Intervals are
 * the bootstrap's over lesions within the group.
 *
 * @param prior class distribution that the scores assume.
 */
export function subgroupReport(
  images: readonly DescribedImage[],
  prior: Readonly<Record<string, number>>,
  { seed, resamples = 1000 }: { readonly seed: number; readonly resamples?: number },
): SubgroupReport {
  const attributes = ATTRIBUTES.flatMap(({ name, groupOf, order }) => {
    const groups = new Map<string, DescribedImage[]>();
    for (const image of images) {
      const group = groupOf(image.metadata);
      if (group === undefined) continue;
      groups.set(group, [...(groups.get(group) ?? []), image]);
    }
    if (groups.size === 0) return [];
    const named = order.length === 0 ? gatherSmall(groups) : groups;
    const rank = (group: string) => {
      if (group === UNKNOWN || group === OTHERS) return Number.MAX_SAFE_INTEGER;
      const at = order.indexOf(group);
      return at >= 0 ? at - order.length : images.length - named.get(group)!.length;
    };
    const sorted = [...named].sort(([a], [b]) => rank(a) - rank(b));
    return [
      {
        name,
        groups: sorted.map(([group, members]) => subgroup(group, members, prior, seed, resamples)),
      },
    ];
  });
  return { schemaVersion: 1, confidence: 0.95, resamples, seed, attributes };
}

const OTHERS = 'others';

function gatherSmall(groups: ReadonlyMap<string, DescribedImage[]>): Map<string, DescribedImage[]> {
  const large = new Map([...groups].filter(([, members]) => members.length >= SMALLEST));
  const small = [...groups].filter(([, members]) => members.length < SMALLEST);
  if (small.length < 2) return new Map(groups);
  return large.set(
    OTHERS,
    small.flatMap(([, members]) => members),
  );
}

function subgroup(
  name: string,
  images: readonly DescribedImage[],
  prior: Readonly<Record<string, number>>,
  seed: number,
  resamples: number,
): Subgroup {
  const truth = images.map(({ label }) => labelIndex(label));
  const served = images.map(({ scores }) => topClass(scores));
  const uniform = images.map(({ scores }) => topClass(underUniformPrior(scores, prior)));
  const lesions = images.map(({ lesionId }) => lesionId);
  const critical = criticalClasses();
  const criticals = truth.filter((k) => critical[k]).length;
  const figures = (weights?: SampleWeights): Record<SubgroupFigure, number | null> => {
    const asServed = decisionFigures(confusionMatrix(truth, served, classCount(), weights));
    const asUniform = decisionFigures(confusionMatrix(truth, uniform, classCount(), weights));
    return {
      accuracy: asServed.accuracy,
      balancedAccuracy: asServed.balancedAccuracy,
      balancedAccuracyUniformPrior: asUniform.balancedAccuracy,
      melanomaRecall: criticalRecall(truth, served, weights),
      melanomaRecallUniformPrior: criticalRecall(truth, uniform, weights),
    };
  };
  const values = figures();
  const intervals = bootstrapStatistics(images.length, figures, {
    seed,
    resamples,
    groups: lesions,
  });
  return {
    name,
    images: images.length,
    lesions: countLesions(images),
    classes: labels().filter((_, k) => truth.includes(k)),
    melanomas: criticals,
    figures: Object.fromEntries(
      SUBGROUP_FIGURES.map((figure) => [
        figure,
        { value: values[figure], interval: intervals[figure] },
      ]),
    ) as Record<SubgroupFigure, Estimate>,
  };
}

function named(value: string | undefined): string | undefined {
  return value === undefined ? undefined : value.trim().toLowerCase() || UNKNOWN;
}
