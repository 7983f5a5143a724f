import { createHash } from 'node:crypto';
import { criticalMember } from '@naevus/shared/answer/critical-figures';
import { INPUT_SIZE, PREPROCESSING } from '@naevus/shared/image/preprocessing-spec';
import {
  type ArtifactFile,
  MANIFEST_SCHEMA_VERSION,
  type Manifest,
  manifestSchema,
} from '@naevus/shared/model/manifest';
import type { SimilarCasesSpec } from '@naevus/shared/model/similar-cases-spec';
import { criticalIndices } from '@naevus/shared/taxonomy/taxonomy';
import type { EngineAgreementReport } from '../convert/engine-agreement.ts';
import { GRAPH_INPUT, GRAPH_OUTPUTS } from '../convert/inference-graph.ts';
import { abstentionOf } from '../evaluate/assessment/answered-image.ts';
import type { ModelAssessment } from '../evaluate/assessment/assess-model.ts';
import { assessmentSpec } from '../evaluate/assessment/assessment-spec.ts';
import { measuredShare } from '../evaluate/assessment/lesion-interval.ts';
import type { ClinicReports } from '../evaluate/clinic-reports.ts';
import { lesionSpec } from '../evaluate/lesions/lesion-report.ts';
import type { MetricsReport } from '../evaluate/metrics/metrics-report.ts';
import { patientSpec } from '../evaluate/patient/patient-report.ts';
import type { OutsideReport } from '../evaluate/sources/outside-report.ts';
import {
  attributionOf,
  CODE_LICENCE,
  INTENDED_USE,
  weightsLicence,
} from '../reports/attribution.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import type { ScorePrior } from '../run/score-prior.ts';
import type { TrainedSource } from '../run/trained-source.ts';
import { criticalName, labels, taxonomy } from '../taxonomy/current.ts';
import {
  type ArtifactFiles,
  MODALITY_PATH,
  MODEL_NAME,
  ONNX_PATH,
  SUBSPACE_PATH,
  TFJS_FOLDER,
} from '../versions/artifact-layout.ts';

export interface ArtifactContent {
  readonly version: string;
  /** Its record's prior and calibration being those of the scores. */
  readonly run: FinishedRun;
  readonly scorePrior: ScorePrior;
  readonly metrics: MetricsReport;
  readonly engineAgreement: EngineAgreementReport;
  readonly assessment?: ModelAssessment | undefined;
  /** Where there is an assessment. */
  readonly clinic?: ClinicReports | undefined;
  readonly similarCases: SimilarCasesSpec;
  /** Where the images are from. */
  readonly sources: readonly TrainedSource[];
  /** What images are answered that the model was not made for. */
  readonly outside?: OutsideReport | undefined;
  /** Everything but the manifest. */
  readonly files: ArtifactFiles;
}

/**
 * The manifest of a version. Nothing in it depends on when or where it is made: its time is the run's.
 *
 * @throws Error when a headline figure is not defined, because the validation side lacks a class.
 */
export function buildManifest({
  version,
  run,
  scorePrior,
  metrics,
  engineAgreement,
  assessment,
  clinic,
  similarCases,
  sources,
  outside,
  files,
}: ArtifactContent): Manifest {
  const { record } = run;
  const { metrics: report } = metrics;
  const headline = (value: number | null, name: string): number => {
    if (value === null) throw new Error(`${name} is not defined on the validation side`);
    return value;
  };
  const engine = (path: string, layout: 'NCHW' | 'NHWC'): Manifest['engines']['onnx'] => ({
    path,
    input: {
      name: GRAPH_INPUT,
      layout,
      type: 'float32',
      shape:
        layout === 'NCHW' ? [null, 3, INPUT_SIZE, INPUT_SIZE] : [null, INPUT_SIZE, INPUT_SIZE, 3],
      range: [0, 255],
    },
    outputs: GRAPH_OUTPUTS,
    weights: engineAgreement.weights,
  });
  return manifestSchema.parse({
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    name: MODEL_NAME,
    version,
    createdAt: record.finishedAt,
    architecture: record.architecture,
    labels: labels(),
    taxonomy: taxonomy(),
    preprocessing: { ...PREPROCESSING, crop: record.crop },
    engines: {
      onnx: engine(ONNX_PATH, 'NCHW'),
      tfjs: engine(`${TFJS_FOLDER}model.json`, 'NHWC'),
    },
    parity: {
      images: engineAgreement.engines.images,
      maxAbsProbabilityDifference: engineAgreement.engines.maxAbsProbabilityDifference,
      topClassAgreement: engineAgreement.engines.topClassAgreement,
    },
    calibration: { ...record.calibration, ece: report.expectedCalibrationError },
    prior: { name: scorePrior, probabilities: record.prior },
    thresholds: assessment?.fitted.thresholds ?? {},
    ...(assessment && {
      assessment: assessmentSpec(
        assessment,
        {
          path: SUBSPACE_PATH,
          features: assessment.subspace.features,
          components: assessment.subspace.components,
        },
        assessment.modality && {
          path: MODALITY_PATH,
          method: assessment.modality.model.method,
          features: assessment.modality.features,
          found: foundByModality(assessment, outside),
        },
        assessment.squamous,
      ),
    }),
    ...(clinic?.lesions && { lesions: lesionSpec(clinic.lesions) }),
    ...(clinic?.patient && { patient: patientSpec(clinic.patient) }),
    similarCases,
    training: {
      dataset: record.dataset,
      dataSha256: record.dataSha256,
      configSha256: record.configSha256,
      codeCommit: record.codeCommit,
      seed: record.seed,
      initialWeights: record.initialWeights,
      trainImages: run.split.train.length,
      validationImages: run.split.validation.length,
      method: record.method,
    },
    metrics: {
      split: 'validation',
      accuracy: report.accuracy,
      balancedAccuracy: report.balancedAccuracy,
      macroF1: headline(report.macro.f1.value, 'macro F1'),
      macroAuc: headline(report.macro.auc.value, 'macro AUC'),
      logLoss: report.logLoss,
      ...criticalSensitivity(report),
    },
    licence: {
      weights: weightsLicence(sources, record.initialWeights),
      code: CODE_LICENCE,
      attribution: attributionOf(sources, record.dataset),
    },
    ...(sources.length > 0 && {
      sources: sources.map(({ name, title, licence, attribution, description, ...counts }) => ({
        ...{ name, title, licence, attribution, description },
        trainImages: counts.trainImages,
        validationImages: counts.validationImages,
      })),
    }),
    intendedUse: INTENDED_USE,
    files: [...files].map(describeFile).sort((a, b) => (a.path < b.path ? -1 : 1)),
  });
}

/** Of the images of the critical classes, the share with the right top class. */
function criticalSensitivity({ confusion }: MetricsReport['metrics']): Record<string, number> {
  const critical = criticalIndices(taxonomy());
  if (critical.length === 0) return {};
  const images = critical.flatMap((k) => confusion[k]!).reduce((sum, count) => sum + count, 0);
  if (images === 0)
    throw new Error(`${criticalName()} sensitivity is not defined on the validation side`);
  const found = critical.reduce((sum, k) => sum + confusion[k]![k]!, 0);
  return { [criticalMember(taxonomy())]: found / images };
}

/** Share of the images of each kind that are not answered as what they are not. */
function foundByModality(
  { outside: images, fitted }: ModelAssessment,
  outside: OutsideReport | undefined,
): NonNullable<NonNullable<Manifest['assessment']>['modality']>['found'] {
  const kinds = ['close-up', 'phone'] as const;
  return Object.fromEntries(
    kinds.flatMap((kind) => {
      const sources = (outside?.groups ?? []).filter(
        ({ modality, diagnosis }) => modality === kind && diagnosis === null,
      );
      const names = sources.map(({ source }) => source);
      const own = images.filter(({ source }) => names.includes(source));
      if (own.length === 0) return [];
      const trials = own.map((image) => ({
        hit: abstentionOf(image, fitted).modality,
        lesionId: image.lesionId,
      }));
      return [[kind, measuredShare(trials, 1)]];
    }),
  );
}

function describeFile([path, bytes]: [string, Uint8Array]): ArtifactFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, bytes: bytes.length, sha256 };
}
