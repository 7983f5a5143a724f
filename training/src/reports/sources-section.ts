import type { UnseenThreshold } from '@naevus/shared/answer/unseen';
import type { AssessmentReport } from '../evaluate/assessment/assessment-report.ts';
import { BEYOND_MODALITY } from '../evaluate/assessment/fit-assessment.ts';
import type { Measured } from '../evaluate/assessment/lesion-interval.ts';
import type { SubgroupReport } from '../evaluate/metrics/subgroups.ts';
import type { OutsideReport } from '../evaluate/sources/outside-report.ts';
import { SOURCE_FIGURES, type SourceFigure } from '../evaluate/sources/source-figures.ts';
import {
  FALL_FIGURES,
  type MeasuredSource,
  type SourceReport,
} from '../evaluate/sources/source-report.ts';
import {
  criticalName,
  criticalNames,
  hasCritical,
  hasRisks,
  labels,
  taxonomy,
} from '../taxonomy/current.ts';
import { type Block, paragraph, type ReportSection, type Table, table } from './document/blocks.ts';
import { cell } from './figure-text.ts';
import { subgroupTables } from './metrics-tables.ts';
import { requirementsTable } from './requirements-table.ts';

/** Everything that is measured by source. */
export interface SourcesMeasured {
  readonly sources: SourceReport;
  /** Of lesions from other sources than home. */
  readonly subgroupsAbroad: SubgroupReport | undefined;
  readonly outside: OutsideReport | undefined;
  readonly modality: AssessmentReport['modality'];
  /** Where the version was fitted to tell a diagnosis outside its classes. */
  readonly squamous?: SquamousFigures | undefined;
}

/** How images of a diagnosis outside the classes are answered. */
export interface SquamousFigures {
  readonly threshold: UnseenThreshold;
  readonly images: number;
  readonly routine: Measured;
}

/** What the figures are called; without critical classes or risk groups theirs are left out. */
function figureNames(): Partial<Record<SourceFigure, string>> {
  const critical: Partial<Record<SourceFigure, string>> = hasCritical()
    ? {
        melanomaAuc: `${criticalName()} AUC`,
        melanomaRecallUniformPrior: `${criticalNames()} found by the top score, uniform prior`,
        melanomaSpecificityUniformPrior: `others not called ${criticalName()}, uniform prior`,
        melanomaSensitivity: `${criticalNames()} found at the default operating point`,
      }
    : {};
  const names = { ...NAMES, ...critical };
  const shown = SOURCE_FIGURES.filter(
    (figure) => figure in names && (hasRisks() || !OF_RISK.includes(figure)),
  );
  return Object.fromEntries(shown.map((figure) => [figure, names[figure]]));
}

const OF_RISK: readonly SourceFigure[] = [
  'malignantAuc',
  'melanomaSensitivity',
  'malignantSensitivity',
  'specificity',
];

const NAMES: Readonly<Partial<Record<SourceFigure, string>>> = {
  accuracy: 'accuracy, scores as served',
  balancedAccuracyUniformPrior: 'balanced accuracy, uniform prior',
  accuracyUniformPrior: 'accuracy, uniform prior',
  macroAuc: 'macro AUC',
  malignantAuc: 'AUC of the malignant score',
  logLoss: 'log loss',
  expectedCalibrationError: 'expected calibration error',
  coverage90: 'coverage of sets at 90 %',
  setSize: 'classes in the set',
  malignantSensitivity: 'malignant found at the default operating point',
  specificity: 'benign not flagged at the default operating point',
  abstained: 'abstained',
  abstainedForQuality: 'abstained for quality',
  abstainedForDistance: 'abstained as out of distribution',
  abstainedForModality: 'abstained as not dermoscopic',
};

/** The section on how the version does on each source: home, abroad, and images it was not made for. */
export function sourcesSection(measured: SourcesMeasured): ReportSection {
  const { sources: report, subgroupsAbroad, outside, modality } = measured;
  const { previousVersion, fewestImages } = report;
  const all = [...report.sources, ...(report.abroad ? [report.abroad] : [])];
  const blocks: Block[] = [
    paragraph(
      `The validation side by source. Scores are calibrated on ${titleOf(report, report.home)} and follow its class distribution; sets, operating points and limits are fitted on all sources, half by home and half by the others in equal parts. Figures of the other sources are of lesions that are in no other source. Balanced accuracy and macro AUC are over classes with at least ${fewestImages} images. In brackets: 95 % bootstrap intervals over lesions (${report.resamples} resamples). Each image is judged by what was fitted without its lesion.`,
    ),
  ];
  const requirements = requirementsTable(
    { sources: report, outside, squamousRoutine: measured.squamous?.routine },
    figureNames(),
  );
  if (requirements) {
    blocks.push(paragraph('**What was asked, and what holds**:'), requirements);
  }
  blocks.push(countsBySource(all), figuresBySource(all));
  if (report.fall) {
    blocks.push(
      paragraph(
        '**The fall from home to abroad**: home less all other sources together, each class of each as common as it is there.',
      ),
      fallTable(report),
    );
  }
  if (previousVersion !== null) {
    blocks.push(
      paragraph(
        `**Less ${previousVersion}** on the same images, ${previousVersion} as it is served; differences on the same resamples. Images from other sources were new to both; at home ${previousVersion} was fitted on these lesions, too.`,
      ),
      differencesTable(all),
    );
  }
  const misses = missedPromises(report);
  blocks.push(
    paragraph(
      misses.length === 0
        ? 'Sets at 90 % and the default operating point keep their promise on every source, within the intervals.'
        : `**Where a promise is not kept**: ${misses.join('; ')}.`,
    ),
  );
  if (subgroupsAbroad) {
    blocks.push(
      paragraph('Other sources together, by skin tone where a source has it, age, sex and site:'),
      ...subgroupTables(subgroupsAbroad),
    );
  }
  if (modality) blocks.push(...modalityBlocks(modality));
  if (outside) blocks.push(...outsideBlocks(outside));
  if (measured.squamous) blocks.push(squamousBlock(measured.squamous));
  return { id: 'sources', title: 'Home and abroad', blocks };
}

function titleOf({ sources }: SourceReport, name: string): string {
  return sources.find((source) => source.name === name)?.title ?? name;
}

function countsBySource(sources: readonly MeasuredSource[]): Table {
  return table(
    ['source', 'images', 'lesions', ...labels()],
    sources.map(({ title, images, lesions, perClass }) => [
      title,
      String(images),
      String(lesions),
      ...perClass.map((one) => String(one.images)),
    ]),
  );
}

function figuresBySource(sources: readonly MeasuredSource[]): Table {
  return table(
    ['', ...sources.map(({ title }) => title)],
    Object.entries(figureNames()).map(([figure, name]) => [
      name,
      ...sources.map(({ figures }) => {
        const { value, interval } = figures[figure as SourceFigure];
        return cell(value, interval);
      }),
    ]),
  );
}

function differencesTable(sources: readonly MeasuredSource[]): Table {
  const compared = sources.filter(({ previous }) => previous !== null);
  return table(
    ['', ...compared.flatMap(({ title }) => [title, 'it had'])],
    Object.entries(figureNames()).map(([figure, name]) => [
      name,
      ...compared.flatMap(({ previous }) => {
        const difference = previous!.difference[figure as SourceFigure];
        const before = previous!.figures[figure as SourceFigure];
        return [cell(difference.value, difference.interval), cell(before.value, before.interval)];
      }),
    ]),
  );
}

function fallTable({ fall, previousVersion }: SourceReport): Table {
  const { figures, previous } = fall!;
  return table(
    ['', 'this version', ...(previous ? [previousVersion!] : [])],
    FALL_FIGURES.filter((figure) => figureNames()[figure] !== undefined).map((figure) => [
      figureNames()[figure]!,
      cell(figures[figure].value, figures[figure].interval),
      ...(previous ? [cell(previous[figure].value, previous[figure].interval)] : []),
    ]),
  );
}

/** Where a source's interval excludes what sets and operating point promise. */
function missedPromises({ sources }: SourceReport): string[] {
  const promises = [
    ['coverage90', 0.9, 'sets at 90 % cover'],
    ['melanomaSensitivity', 0.95, `the point for 95 % of ${criticalNames()} finds`],
  ] as const;
  return sources.flatMap(({ title, figures }) =>
    promises.flatMap(([figure, promised, words]) => {
      const { value, interval } = figures[figure];
      if (value === null || interval.high === null || interval.high >= promised) return [];
      return [`on ${title} ${words} ${cell(value, interval)}`];
    }),
  );
}

function modalityBlocks(modality: NonNullable<AssessmentReport['modality']>): Block[] {
  return [
    paragraph(
      `**Taken through a dermatoscope?** A logistic regression on the network's features tells dermoscopic images, close-ups, phone photographs and pictures without skin apart; images that are less than ${modality.threshold.toFixed(3)} likely to be dermoscopic are not answered. At home that is ${share(modality.refusedLesions)} of the lesions. The limit refuses no more than ${100 * BEYOND_MODALITY.known} % of the lesions of these sources and, on average, ${100 * BEYOND_MODALITY.unseen} % of those of a source that the fit does not know, whichever is the lower limit: a higher one would refuse more close-ups and phone photographs, and more of every new clinic. The last column is of a fit, and a limit, that the source had no part in: what to expect of a clinic that is not among these.`,
    ),
    table(
      ['dermoscopic images', 'images', 'refused', 'refused by a fit without the source'],
      [
        ...modality.bySource.map(({ source, images, refused, refusedWithoutSource }) => [
          source,
          String(images),
          refused.toFixed(3),
          refusedWithoutSource === null ? '–' : refusedWithoutSource.toFixed(3),
        ]),
        [
          'pictures without skin, held back',
          String(modality.nonLesions.images),
          modality.nonLesions.refused.toFixed(3),
          '',
        ],
      ],
    ),
  ];
}

function outsideBlocks({ groups }: OutsideReport): Block[] {
  return [
    paragraph(
      '**Images that it was not made for**: other diseases, and images without a dermatoscope. `routine` is what nobody would look after: below the default operating point, and not abstained. Those without a dermatoscope are judged by fits that their lesions had no part in.',
    ),
    table(
      ['images', 'number', 'abstained', 'as not dermoscopic', 'routine'],
      groups.map(({ source, diagnosis, images, abstained, abstainedFor, routine }) => [
        diagnosis === null ? source : `${source}: ${diagnosis}`,
        String(images),
        share(abstained),
        abstainedFor.modality.toFixed(2),
        share(routine),
      ]),
    ),
  ];
}

function squamousBlock({ threshold, images, routine }: SquamousFigures): Block {
  const { least, against } =
    typeof threshold === 'number' ? { least: threshold, against: [] } : threshold;
  const beside =
    against.length === 0
      ? ''
      : ` as a share of its own and that of ${against.map((label) => `\`${label}\``).join(', ')} together`;
  const unseen = taxonomy().unseen ?? [];
  const names = unseen.map(({ name }) => name.charAt(0).toUpperCase() + name.slice(1));
  const nextTo = [...new Set(unseen.map((one) => one.nextTo))];
  return paragraph(
    `**${names.join(', ')}** ${names.length === 1 ? 'is' : 'are'} none of the classes. At the operating points that promise a sensitivity, an answer is not \`routine\` where the score of ${nextTo.map((label) => `\`${label}\``).join(', ')}, the class next to it,${beside} reaches ${least.toPrecision(2)}, whatever the malignant score is: half of what 99 % of such images that the malignant score misses reach. Of ${images} images ${share(routine)} are \`routine\`, by thresholds that their lesions had no part in. What it costs in benign lesions is in the specificities above.`,
  );
}

function share({ value, interval }: Measured): string {
  if (value === null || interval === null) return 'not defined';
  const [low, high] = interval.map((bound) => (100 * bound).toFixed(1));
  return `${(100 * value).toFixed(1)} % (${low} to ${high})`;
}
