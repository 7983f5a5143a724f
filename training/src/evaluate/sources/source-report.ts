import { countLesions } from '../../data/load/count-lesions.ts';
import type { SourceDefinition } from '../../data/load/source-definition.ts';
import { labelIndex, labels } from '../../taxonomy/current.ts';
import { bootstrapDraws, percentileInterval } from '../metrics/bootstrap.ts';
import type { Estimate } from '../metrics/subgroups.ts';
import {
  type AnsweredImage,
  FEWEST_IMAGES,
  SOURCE_FIGURES,
  type SourceFigure,
  type SourceFigures,
  sourceFigures,
} from './source-figures.ts';

export type SourceEstimates = Readonly<Record<SourceFigure, Estimate>>;

/** What is measured of one source. */
export interface MeasuredSource {
  readonly name: string;
  readonly title: string;
  readonly images: number;
  readonly lesions: number;
  /** Images a class; those with fewer than {@link FEWEST_IMAGES} are in no average over classes. */
  readonly perClass: readonly { readonly label: string; readonly images: number }[];
  readonly figures: SourceEstimates;
  /** Of the version before, on the same images, where that was measured; and by how much this one differs. */
  readonly previous: {
    readonly figures: SourceEstimates;
    readonly difference: SourceEstimates;
  } | null;
}

/** How much worse a version is on the other sources than at home. */
export interface MeasuredFall {
  /** Home less abroad; the images of each drawn by themselves. */
  readonly figures: Readonly<Record<FallFigure, Estimate>>;
  readonly previous: Readonly<Record<FallFigure, Estimate>> | null;
}

/** Figures whose fall from home to abroad is told. */
export const FALL_FIGURES = [
  'balancedAccuracyUniformPrior',
  'melanomaAuc',
  'malignantAuc',
  'melanomaRecallUniformPrior',
  'coverage90',
  'melanomaSensitivity',
] as const satisfies readonly SourceFigure[];

export type FallFigure = (typeof FALL_FIGURES)[number];

/** `sources.json`: the validation side by source. */
export interface SourceReport {
  readonly schemaVersion: 1;
  readonly confidence: 0.95;
  readonly resamples: number;
  readonly seed: number;
  readonly fewestImages: number;
  readonly home: string;
  /** The version that is measured beside; null where none is. */
  readonly previousVersion: string | null;
  /** The home source first. Of the others, lesions that are in no other source. */
  readonly sources: readonly MeasuredSource[];
  /** All but the home source together; null where there is no other. */
  readonly abroad: MeasuredSource | null;
  readonly fall: MeasuredFall | null;
}

export interface SourceReportInput {
  readonly images: readonly AnsweredImage[];
  /** The same images, answered by the version before. */
  readonly previous?: { readonly version: string; readonly images: readonly AnsweredImage[] };
  readonly sources: readonly SourceDefinition[];
  readonly home: string;
  /** Images whose lesions are in one source only. */
  readonly own: ReadonlySet<string>;
  readonly prior: Readonly<Record<string, number>>;
  /** Class distribution that the previous version's scores assume. */
  readonly previousPrior?: Readonly<Record<string, number>>;
  readonly seed: number;
  /** 1000 by default. */
  readonly resamples?: number;
}

/** Measures each source, beside the version before, with paired intervals over lesions. */
export function sourceReport(input: SourceReportInput): SourceReport {
  const { images, home, own, seed, resamples = 1000, previous } = input;
  const titleOf = (name: string) => input.sources.find((one) => one.name === name)?.title ?? name;
  const chosen = (holds: (image: AnsweredImage) => boolean) =>
    images.flatMap((image, i) => (holds(image) ? [i] : []));
  const atHome = chosen(({ source }) => source === home);
  const names = [...new Set(images.map(({ source }) => source))].filter((name) => name !== home);
  const abroadOf = (name: string) =>
    chosen(({ source, imageId }) => source === name && own.has(imageId));
  const abroad = chosen(({ source, imageId }) => source !== home && own.has(imageId));

  const measured = new Map<string, Draws>();
  const measure = (name: string, title: string, of: readonly number[]): MeasuredSource => {
    const draws = drawFigures(of, input, resamples);
    measured.set(name, draws);
    const members = of.map((i) => images[i]!);
    return {
      name,
      title,
      images: members.length,
      lesions: countLesions(members),
      perClass: labels().map((label) => ({
        label,
        images: members.filter((image) => labelIndex(image.label) === labelIndex(label)).length,
      })),
      figures: estimates(SOURCE_FIGURES, draws.now),
      previous: draws.before && {
        figures: estimates(SOURCE_FIGURES, draws.before),
        difference: estimates(SOURCE_FIGURES, subtract(draws.now, draws.before)),
      },
    };
  };
  const sources = [
    ...(atHome.length > 0 ? [measure(home, titleOf(home), atHome)] : []),
    ...names.sort().flatMap((name) => {
      const of = abroadOf(name);
      return of.length > 0 ? [measure(name, titleOf(name), of)] : [];
    }),
  ];
  const together = abroad.length > 0 ? measure(ABROAD, 'all but the home source', abroad) : null;
  const [there, away] = [measured.get(home), measured.get(ABROAD)];
  const fallOf = (of: 'now' | 'before') => {
    const [a, b] = [there?.[of], away?.[of]];
    return a && b ? estimates(FALL_FIGURES, subtract(a, b)) : null;
  };
  const fallNow = fallOf('now');
  return {
    schemaVersion: 1,
    confidence: 0.95,
    resamples,
    seed,
    fewestImages: FEWEST_IMAGES,
    home,
    previousVersion: previous?.version ?? null,
    sources,
    abroad: together,
    fall: fallNow && { figures: fallNow, previous: fallOf('before') },
  };
}

/** No source is called this. */
const ABROAD = 'abroad';

/** The figures of all images, and of each resample of lesions. */
interface Drawn {
  readonly value: SourceFigures;
  readonly resamples: readonly SourceFigures[];
}

interface Draws {
  readonly now: Drawn;
  readonly before: Drawn | null;
}

function drawFigures(
  of: readonly number[],
  { images, previous, prior, previousPrior, seed }: SourceReportInput,
  resamples: number,
): Draws {
  const members = of.map((i) => images[i]!);
  const figures = [sourceFigures(members, prior)];
  if (previous) {
    figures.push(
      sourceFigures(
        of.map((i) => previous.images[i]!),
        previousPrior ?? prior,
      ),
    );
  }
  const { draw } = bootstrapDraws(
    members.length,
    seed,
    members.map(({ lesionId }) => lesionId),
  );
  const drawn = Array.from({ length: resamples }, () => {
    const weights = draw();
    return figures.map((of) => of(weights));
  });
  const [now, before] = figures.map((of, k) => ({
    value: of(),
    resamples: drawn.map((row) => row[k]!),
  }));
  return { now: now!, before: before ?? null };
}

function subtract(a: Drawn, b: Drawn): Drawn {
  const difference = (x: SourceFigures, y: SourceFigures): SourceFigures =>
    Object.fromEntries(
      SOURCE_FIGURES.map((name) => {
        const [left, right] = [x[name], y[name]];
        return [name, left === null || right === null ? null : left - right];
      }),
    ) as unknown as SourceFigures;
  return {
    value: difference(a.value, b.value),
    resamples: a.resamples.map((figures, i) => difference(figures, b.resamples[i]!)),
  };
}

function estimates<F extends SourceFigure>(
  names: readonly F[],
  { value, resamples }: Drawn,
): Record<F, Estimate> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        value: value[name],
        interval: percentileInterval(resamples.flatMap((figures) => figures[name] ?? [])),
      },
    ]),
  ) as Record<F, Estimate>;
}
