import type { Estimate } from '../evaluate/metrics/subgroups.ts';
import type { MeasuredViews, TtaFigure, TtaReport } from '../evaluate/views/tta-report.ts';
import { criticalNames } from '../taxonomy/current.ts';
import { paragraph, type ReportSection, type Table, table } from './document/blocks.ts';
import { bounds, cell, grouped } from './figure-text.ts';

const NAMES: Readonly<Record<TtaFigure, string>> = {
  accuracy: 'accuracy',
  balancedAccuracy: 'balanced accuracy',
  accuracyUniformPrior: 'accuracy, decided under a uniform prior',
  balancedAccuracyUniformPrior: 'balanced accuracy, decided under a uniform prior',
  macroAuc: 'macro AUC',
  logLoss: 'log loss',
  expectedCalibrationError: 'calibration error (ECE)',
  coverage90: 'coverage of the sets at 90 %',
  melanomaSensitivity: 'found at the default operating point',
  specificity: 'benign lesions not flagged there',
};

function nameOf(figure: TtaFigure): string {
  return figure === 'melanomaSensitivity'
    ? `${criticalNames() ?? 'critical classes'} ${NAMES[figure]}`
    : NAMES[figure];
}

/** Figures that are better the lower they are. */
const LOWER_IS_BETTER: readonly TtaFigure[] = ['logLoss', 'expectedCalibrationError'];

/** Figures that are to lie where they were fitted to, neither above nor below. */
const FITTED: readonly TtaFigure[] = ['coverage90', 'melanomaSensitivity', 'specificity'];

/** What test-time augmentation is worth. */
export function ttaSection(report: TtaReport): ReportSection {
  return {
    id: 'test-time-augmentation',
    title: 'Test-time augmentation',
    blocks: [
      paragraph(method(report)),
      figuresTable(report),
      paragraph(verdicts(report)),
      ...(report.abroad
        ? [
            paragraph(
              `**Abroad**: ${grouped(report.abroad.images)} validation images of ${grouped(report.abroad.lesions)} lesions that are in no other source.`,
            ),
            figuresTable(report.abroad),
            paragraph(verdicts(report.abroad)),
          ]
        : []),
    ],
  };
}

function method({ images, lesions }: TtaReport): string {
  return `With \`tta=2\`, \`4\` or \`8\` an answer is averaged over views of the image: of its middle and of all of it in turns, turned, where a version is shown the middle of images; mirrored and turned ones else. The network runs 2, 4 or 8 times, so that inference takes as many times as long and a little more (4.3 and 8.6 times, measured once with version 0.3.0 on Node), decoding no longer. Measured on ${grouped(images)} validation images of ${grouped(lesions)} lesions, with calibration, sets and thresholds as they are served: fitted on single views, each on other lesions than it is measured on.`;
}

function figuresTable({ byViews }: MeasuredViews): Table {
  const head = ['', ...byViews.map(({ views }) => (views === 1 ? '1 view' : `${views} views`))];
  const more = byViews.filter(({ difference }) => difference !== null);
  return table(
    [...head, ...more.map(({ views }) => `${views} less 1`)],
    [
      ...(Object.keys(NAMES) as TtaFigure[]).map((figure) => [
        nameOf(figure),
        ...byViews.map(({ figures }) => cellOf(figures[figure])),
        ...more.map(({ difference }) => signed(difference![figure])),
      ]),
      [
        'runs of the network',
        ...byViews.map(({ networkRuns }) => `${networkRuns} ×`),
        ...more.map(() => ''),
      ],
    ],
    'In brackets: 95 % bootstrap intervals over lesions.',
  );
}

/** What the intervals of the differences show, and what they do not. */
function verdicts({ byViews }: MeasuredViews): string {
  return byViews
    .flatMap(({ views, difference }) => {
      if (difference === null) return [];
      const better: string[] = [];
      const worse: string[] = [];
      const moved: string[] = [];
      for (const figure of Object.keys(NAMES) as TtaFigure[]) {
        const side = sideOf(difference[figure]);
        if (side === 0) continue;
        if (FITTED.includes(figure)) {
          moved.push(`${nameOf(figure)} ${side > 0 ? 'up' : 'down'}`);
        } else {
          const gained = LOWER_IS_BETTER.includes(figure) ? side < 0 : side > 0;
          (gained ? better : worse).push(nameOf(figure));
        }
      }
      const list = (names: readonly string[]) => (names.length > 0 ? names.join(', ') : 'nothing');
      return [
        `Over ${views} views the intervals show a gain in ${list(better)} and a loss in ${list(worse)}${moved.length > 0 ? `, and move ${moved.join(', ')}` : ''}.`,
      ];
    })
    .join(' ');
}

/** 1 where the whole interval lies above 0, -1 where below, else 0: nothing is shown. */
export function sideOf({ interval: { low, high } }: Estimate): -1 | 0 | 1 {
  if (low !== null && low > 0) return 1;
  return high !== null && high < 0 ? -1 : 0;
}

/** A difference with its interval. */
export function signed({ value, interval }: Estimate): string {
  if (value === null) return '–';
  return `${value < 0 ? '' : '+'}${value.toFixed(3)} (${bounds(interval)})`;
}

function cellOf({ value, interval }: Estimate): string {
  return cell(value, interval);
}
