import { COVERAGES, DEFAULT_COVERAGE } from '@naevus/shared/answer/prediction-set';
import { malignantIndices } from '@naevus/shared/taxonomy/taxonomy';
import type { AssessmentReport, CoverageReport } from '../evaluate/assessment/assessment-report.ts';
import type { CalibrationCandidate } from '../evaluate/assessment/choose-calibration.ts';
import type { MeasuredOverDeals } from '../evaluate/assessment/lesion-interval.ts';
import {
  criticalNames,
  defaultOperatingPoint,
  hasCritical,
  labels,
  pointNames,
  taxonomy,
} from '../taxonomy/current.ts';
import { type Table, table } from './document/blocks.ts';
import { tableMarkdown } from './document/render-markdown.ts';
import { measuredPercent } from './figure-text.ts';

/** The model card's section on calibration, prediction sets, operating points and abstention, in Markdown. */
export function assessmentSection(report: AssessmentReport): string {
  const { fittedOn, calibration, conformal, triage, quality, outOfDistribution } = report;
  const sets = conformal.byScore[conformal.default];
  const at90 = sets[COVERAGES.indexOf(DEFAULT_COVERAGE)]!;
  const eceOf = (method: string) =>
    calibration.candidates.find((candidate) => candidate.method === method)!.ece;
  return `## How far an answer goes

Fitted on the validation images, which training never saw. Every figure here is cross-fitted: the ${fittedOn.lesions} lesions are dealt into ${fittedOn.folds} parts, and each part is measured with what was fitted on the others. The figures of the section above are of scores made the same way.

**Calibration.** ${CALIBRATION_TEXT[calibration.chosen]} Expected calibration error ${eceOf('none').toFixed(3)} before and ${eceOf(calibration.chosen).toFixed(3)} after (log loss ${calibration.candidates.map(logLossText).join(', ')}; the simplest within one standard error of the lowest is served).

**Prediction sets** (${conformal.default.toUpperCase()}, class-conditional). At 90 % they hold the right class of ${measuredPercent(conformal.overall90)} of the images and ${at90.meanSize.toFixed(2)} classes on average; they always hold the class with the highest score, and ${(100 * at90.empty).toFixed(1)} % hold it alone because no class fits.

${tableMarkdown(setsTable(at90))}

![Prediction sets](reports/prediction-sets.svg)

${operatingPointsText(triage)}

**When it abstains.** An answer says \`abstained\` where the image fails a limit of quality${report.modality ? ', was not taken through a dermatoscope' : ''} or is out of distribution: that is ${measuredPercent(report.abstainedLesions)} of the real lesions (quality ${measuredPercent(quality.refusedLesions)}, ${report.modality ? `dermatoscope ${measuredPercent(report.modality.refusedLesions)}, ` : ''}distribution ${measuredPercent(outOfDistribution.refusedLesions)}). The distance is the part of the pooled features outside of the main directions of the training images' (ViM's residual, Wang et al. 2022).
${outOfDistribution.byUse
  .map(
    ({ use, images, auroc, energyAuroc, refused }) =>
      `\n- ${images} pictures without a lesion ${USES[use]}: AUROC ${auroc.toFixed(3)} (by the energy of the logits ${energyAuroc.toFixed(3)}), ${(100 * refused).toFixed(0)} % out of distribution.`,
  )
  .join('')}

${tableMarkdown(refusedTable(report))}

![Distance from the training images](reports/out-of-distribution.svg)

What is near to the training images in these features is not thereby a dermatoscopic image: ${
    report.modality
      ? 'how an image was taken is asked for by itself, below.'
      : '**phone photographs of lesions were not at hand to measure, and are outside of what the model was trained on.**'
  }
`;
}

function operatingPointsText(triage: AssessmentReport['triage']): string {
  const served = triage[defaultOperatingPoint()];
  if (served === undefined) {
    return '**Operating points.** None: the classes have no risk groups, so there is no malignant score, and an answer has no word of triage.';
  }
  const malignant = malignantIndices(taxonomy()).map((k) => labels()[k]!);
  const sum =
    malignant.length === 1
      ? `that of ${malignant[0]}`
      : `the sum of ${malignant.slice(0, -1).join(', ')} and ${malignant.at(-1)}`;
  return `**Operating points** of the malignant score, ${sum} under the version's own prior. A threshold hangs on few lesions, so each figure is the mean over ${served.specificity.deals.count} deals of the lesions into parts (95 % intervals over lesions; in square brackets the lowest and the highest deal):

${tableMarkdown(operatingPointsTable(triage))}

![Operating points](reports/operating-points.svg)`;
}

function setsTable({ perClass }: CoverageReport): Table {
  return table(
    ['', ...labels()],
    [
      ['images', ...perClass.map(({ images }) => String(images))],
      ['coverage at 90 %', ...perClass.map(({ coverage }) => figure(coverage))],
      [
        'classes in the set',
        ...perClass.map(({ meanSize }) => (meanSize === null ? '–' : meanSize.toFixed(1))),
      ],
    ],
  );
}

function operatingPointsTable(triage: AssessmentReport['triage']): Table {
  return table(
    [
      'operating point',
      'threshold',
      ...(hasCritical() ? [`${criticalNames()} found`] : []),
      'malignant found',
      'benign not flagged',
    ],
    pointNames().map((point) => {
      const { threshold, melanomaSensitivity, malignantSensitivity, specificity } = triage[point]!;
      const critical = hasCritical() ? [melanomaSensitivity] : [];
      const shares = [...critical, malignantSensitivity, specificity];
      return [point, threshold.toFixed(3), ...shares.map(percentOverDeals)];
    }),
  );
}

function percentOverDeals(measured: MeasuredOverDeals): string {
  const { lowest, highest } = measured.deals;
  if (lowest === null || highest === null) return measuredPercent(measured);
  const range = [lowest, highest].map((share) => (100 * share).toFixed(1)).join(' to ');
  return `${measuredPercent(measured)} [${range}]`;
}

function refusedTable({ outOfDistribution, quality }: AssessmentReport): Table {
  return table(
    ['pictures', 'images', 'out of distribution', 'abstained'],
    [
      ...outOfDistribution.byKind.map(({ use, kind, images, refused, abstained }) => [
        `${kind}, ${use}`,
        String(images),
        refused.toFixed(2),
        abstained.toFixed(2),
      ]),
      ...quality.degraded.map(({ degradation, images, refused }) => [
        `lesions, ${degradation} on purpose`,
        String(images),
        '',
        refused.toFixed(2),
      ]),
    ],
  );
}

const METHOD_NAMES = {
  none: 'no calibration',
  temperature: 'temperature scaling',
  vector: 'vector scaling',
} as const;

const CALIBRATION_TEXT = {
  none: 'Neither temperature nor vector scaling made the scores of other lesions better beyond chance, so they are served as the network gives them.',
  temperature: 'The logits are divided by one temperature.',
  vector: 'The logits are scaled and shifted class by class.',
} as const;

function logLossText({ method, logLoss, standardError }: CalibrationCandidate): string {
  const above = standardError > 0 ? ` (±${standardError.toFixed(4)} to the lowest)` : '';
  return `${logLoss.toFixed(4)} by ${METHOD_NAMES[method]}${above}`;
}

const USES = {
  choosing: 'that chose the method',
  'held-back': 'that had no part in any choice',
} as const;

function figure(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}
