import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { criticalIndices, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { EngineAgreementReport } from '../convert/engine-agreement.ts';
import type { Split } from '../data/split/split-schema.ts';
import type { AssessmentReport } from '../evaluate/assessment/assessment-report.ts';
import type { HeldOutReports } from '../evaluate/check-held-out.ts';
import type { DriftReference } from '../evaluate/drift/reference.ts';
import type { LesionReport } from '../evaluate/lesions/lesion-report.ts';
import type { MetricsReport } from '../evaluate/metrics/metrics-report.ts';
import type { SubgroupReport } from '../evaluate/metrics/subgroups.ts';
import type { PatientReport } from '../evaluate/patient/patient-report.ts';
import type { SimilarityReport } from '../evaluate/similarity/similarity-report.ts';
import type { RunRecord } from '../run/run-record.ts';
import type { ScorePrior } from '../run/score-prior.ts';
import type { TrainedSource } from '../run/trained-source.ts';
import { classCount, criticalName, hasRisks, labels, taxonomy } from '../taxonomy/current.ts';
import { assessmentSection } from './assessment-section.ts';
import { attributionOf, CODE_LICENCE, isNonCommercial, weightsLicence } from './attribution.ts';
import { dataLimits, diagnosisSentence, splitSentence } from './data-limits.ts';
import { type Table, table } from './document/blocks.ts';
import { sectionMarkdown, tableMarkdown } from './document/render-markdown.ts';
import { driftParagraph } from './drift-paragraph.ts';
import { explanationSection } from './explanation-section.ts';
import { figure, grouped, percent } from './figure-text.ts';
import { lesionSection } from './lesion-section.ts';
import {
  classesTable,
  countsTable,
  headlineTable,
  subgroupNote,
  subgroupTables,
} from './metrics-tables.ts';
import { patientSection } from './patient-section.ts';
import { similaritySection } from './similarity-section.ts';
import { type SourcesMeasured, sourcesSection } from './sources-section.ts';
import { ttaSection } from './tta-section.ts';

export interface ModelCardData {
  /** Its prior and calibration being those of the scores. */
  readonly record: RunRecord;
  readonly scorePrior: ScorePrior;
  readonly metrics: MetricsReport;
  readonly subgroups: SubgroupReport;
  readonly engineAgreement: EngineAgreementReport;
  /** Where there were lesions enough to fit one. */
  readonly assessment?: AssessmentReport | undefined;
  /** Where there is an assessment. */
  readonly driftReference?: DriftReference | undefined;
  /** Where enough validation lesions have several photos. */
  readonly lesions?: LesionReport | undefined;
  /** Where the metadata say something of the patients. */
  readonly patient?: PatientReport | undefined;
  readonly heldOut?: HeldOutReports | undefined;
  readonly similarity?: SimilarityReport | undefined;
  /** Where the images are from; none where nobody described them. */
  readonly sources: readonly TrainedSource[];
  readonly split: Pick<Split, 'groups' | 'train' | 'validation'>;
  /** Where there is more than one source, or images that the model was not made for. */
  readonly bySource?: SourcesMeasured | undefined;
}

/**
 * The model card of a version (Mitchell et al. 2019, "Model Cards for Model Reporting"), in Markdown.
 * Every figure comes out of the reports, so that card and reports cannot differ.
 */
export function modelCard({
  record,
  scorePrior,
  metrics: report,
  subgroups,
  engineAgreement,
  assessment,
  driftReference,
  lesions,
  patient,
  heldOut,
  similarity,
  sources,
  split,
  bySource,
}: ModelCardData): string {
  const { model, intervals, data } = report;
  const licence = weightsLicence(sources, record.initialWeights);
  const trainImages = sum(Object.values(record.counts.train));
  return `# Model card: ${model.name} ${model.version}

> ${DISCLAIMER}

## Model details

- EfficientNet-B0 (Tan, Le 2019) with global average pooling and one dense layer, ${classCount()} classes; input 224×224 RGB.
- Trained by this project's own code (commit \`${record.codeCommit}\`), finished ${record.finishedAt.slice(0, 10)}, seed ${record.seed}.
- Method: ${record.method}
- Start weights: ${record.initialWeights}.
- Formats: ONNX and a TensorFlow.js graph model, both with ${engineAgreement.weights} weights, made from one description of the network and checked against each other on ${engineAgreement.engines.images} images: scores differ by at most ${exponent(engineAgreement.engines.maxAbsProbabilityDifference)}, the top class is the same on ${engineAgreement.engines.topClassAgreement === 1 ? 'all' : percent(engineAgreement.engines.topClassAgreement)} of them.${roundingSentence(engineAgreement)}
- Licence: weights ${licence}${isNonCommercial(licence) ? ' (non-commercial, with attribution)' : ''}, code ${CODE_LICENCE}. ${attributionOf(sources, record.dataset)}

### Classes

${tableMarkdown(classesOf(taxonomy()))}

## Intended use

Meant for research on, and teaching of, the automatic classification of dermatoscopic images, by people who can judge its errors.

**Not to be used** to diagnose, to rule out or to triage disease, to decide whether someone sees a doctor, as a screening service for the public, in place of histology${COMMERCIAL[isNonCommercial(licence) ? 'not' : 'perhaps']}. It is not a medical device and has not been assessed as one. It has no answer "none of these": whatever it is shown, it spreads its scores over its ${classCount()} classes.

## Factors and limits

${dataLimits(sources)}
- **${classCount()} classes.** ${unseenSentence()} are not among them and come back as one of these.
- **Rulers, gel, hair, ink marks** on training images may have been learned along with the lesions.
- **Prevalence.** ${prevalence(scorePrior)}

## Training data

${record.dataset}: ${grouped(trainImages)} training images, data digest \`${record.dataSha256}\`. ${diagnosisSentence(sources)}

${tableMarkdown(countsTable(record))}

${sources.length > 0 ? `${tableMarkdown(sourcesTable(sources))}\n` : ''}
![Class weights](reports/class-weights.svg)

![Training curves](reports/training-curves.svg)

## Evaluation

Measured on the validation side of the split: ${grouped(data.images)} images of ${grouped(data.lesions)} lesions that training never saw. ${splitSentence(split)}; the validation side has the natural distribution of the data. Where the method or its settings were chosen by looking at them, these figures are slightly optimistic. Scores are those that are served, computed by ${report.engine} from the exported model with the preprocessing below.

It is from the same collection as the training data: **on other people's images expect less**.

In brackets: 95 % bootstrap intervals over lesions (${grouped(intervals.resamples)} resamples).

${tableMarkdown(headlineTable(report))}

${tableMarkdown(classesTable(report))}

${missedSentence(report)}${priorSentence(report, scorePrior)}

${subgroupText(subgroups)}![Confusion matrix](reports/confusion-matrix.svg)

![ROC curves](reports/roc-curves.svg)

![Precision-recall curves](reports/precision-recall-curves.svg)

![Reliability](reports/reliability.svg)

![Grad-CAM on validation images](reports/gradcam-gallery.svg)

The same and more on one page: [report.html](reports/report.html).

${bySource ? `${sectionMarkdown(sourcesSection(bySource), reportUrl)}\n` : ''}${
  assessment
    ? `${assessmentSection(assessment)}
`
    : ''
}${driftReference ? driftParagraph(driftReference) : ''}${lesions ? `${lesionSection(lesions)}\n` : ''}${patient ? `${patientSection(patient)}\n` : ''}${
  heldOut
    ? `${sectionMarkdown(ttaSection(heldOut.tta), reportUrl)}
${sectionMarkdown(explanationSection(heldOut.explanations), reportUrl)}
`
    : ''
}${
  similarity
    ? `${sectionMarkdown(similaritySection(similarity), reportUrl)}
`
    : ''
}## Scores and preprocessing

- An image is decoded as it is displayed (EXIF orientation applied), converted to 8-bit sRGB, transparency laid on white (large JPEGs are reduced while they are decoded), ${record.crop === 1 ? 'squashed' : `the middle of it (${record.crop} of each side) squashed`} to 224×224 whatever its aspect (antialiased triangle filter). The manifest names this; the scaling of the values is inside the exported graphs.
- The scores are softmax(${record.calibration.logitScale ? `[${record.calibration.logitScale.map((factor) => factor.toFixed(3)).join(', ')}] · ` : ''}logits / ${record.calibration.temperature} + bias), the bias being ${biasText(record.calibration.logitBias)}, which takes the logits to the ${scorePrior} prior. Calibration: ${CALIBRATIONS[record.calibration.method]}.
- The heat map is Grad-CAM's (Selvaraju et al. 2017) for the last feature map, 7×7, or, as \`dense-grad-cam\`, the same on 14×14 by shift-and-stitch (Long et al. 2015). It shows what raised a class's score, not where a disease is.

## Ethical considerations

${missedHarm()} this model makes both errors at the rates above, and unevenly over people it has hardly seen. Images of skin are health data: the project's server keeps none, and whoever runs it answers for what they do with them.
`;
}

function classesOf(classes: Taxonomy): Table {
  const rows = classes.classes.map(({ label, name, risk }) => [
    label,
    name.en,
    ...(risk === undefined ? [] : [risk]),
  ]);
  return table(['label', 'class', ...(hasRisks() ? ['risk'] : [])], rows);
}

/** What is none of the classes, as the taxonomy says. */
function unseenSentence(): string {
  const names = taxonomy().unseen?.map(({ name }) => name) ?? [];
  return `Other diagnoses (${[...names, 'infections', 'inflammation', '...'].join(', ')})`;
}

function missedSentence({ metrics }: MetricsReport): string {
  return criticalIndices(taxonomy())
    .map((critical) => {
      const missed = metrics.confusion[critical]!.reduce(
        (sum, count, k) => sum + (k === critical ? 0 : count),
        0,
      );
      const name = taxonomy().classes[critical]!.name.en.toLowerCase();
      return `**Of ${metrics.perClass[critical]!.support} ${name} images, ${missed} got another top class.** `;
    })
    .join('');
}

function missedHarm(): string {
  const name = criticalName();
  const missed =
    name === undefined ? 'A missed disease can do harm' : `A missed ${name} can cost a life`;
  return `${missed}, and a false alarm costs an intervention and fear;`;
}

/** Where the model card finds a picture. */
const reportUrl = (file: string) => `reports/${file}`;

function subgroupText(report: SubgroupReport): string {
  const tables = subgroupTables(report).map(tableMarkdown);
  return tables.length === 0 ? '' : `${[...tables, subgroupNote()].join('\n\n')}\n\n`;
}

function sourcesTable(sources: readonly TrainedSource[]): Table {
  return table(
    ['source', 'training images', 'validation images', 'what', 'licence'],
    sources.map(({ title, description, licence, trainImages, validationImages }) => [
      title,
      grouped(trainImages),
      grouped(validationImages),
      description,
      licence,
    ]),
  );
}

function prevalence(scorePrior: ScorePrior): string {
  const rare = criticalName() ?? 'a rare class';
  const texts: Readonly<Record<ScorePrior, string>> = {
    training: `The scores assume the class distribution of the training data (below), of lesions that specialists had reason to photograph. Elsewhere ${rare} is far rarer, and a score of 0.5 is worth less.`,
    uniform: `The scores assume that all ${classCount()} classes are equally common, which they are nowhere: rare diseases score higher than they are likely. A score compares classes, it is not the probability of a disease in any clinic, and the calibration error below is that of taking it for one.`,
  };
  return texts[scorePrior];
}

const COMMERCIAL = {
  not: ', or for anything commercial',
  perhaps: ', or for anything that the licences of its images do not allow',
} as const;

const CALIBRATIONS = {
  none: 'none',
  temperature: 'temperature scaling',
  vector: 'vector scaling',
} as const;

function priorSentence({ uniformPriorDecision }: MetricsReport, scorePrior: ScorePrior): string {
  if (scorePrior === 'uniform') {
    return 'The top score takes all classes for equally common, and so finds more of the rare ones at the price of false alarms.';
  }
  const { balancedAccuracy, accuracy, recall, precision } = uniformPriorDecision;
  const ofCritical = criticalIndices(taxonomy()).map(
    (k) =>
      `, ${taxonomy().classes[k]!.name.en.toLowerCase()} recall ${figure(recall[k]!)} at precision ${figure(precision[k]!)}`,
  );
  return `The top score follows the training prior and so favours the common classes. Deciding as if all classes were equally common (the highest ratio of score to prior) gives balanced accuracy ${figure(balancedAccuracy)}${ofCritical.join('')}, and accuracy ${figure(accuracy)}.`;
}

function roundingSentence({ weights, rounding }: EngineAgreementReport): string {
  if (weights === 'float32') return '';
  return ` Half-precision weights moved a score by at most ${exponent(rounding.maxAbsProbabilityDifference)} against single precision.`;
}

function biasText(bias: readonly number[]): string {
  if (bias.every((value) => value === 0)) return 'zero';
  return labels()
    .map((label, k) => `${label} ${bias[k]!.toFixed(3)}`)
    .join(', ');
}

function exponent(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
