import type { EngineAgreementReport } from '../convert/engine-agreement.ts';
import type { TfjsFiles } from '../convert/tfjs/tfjs-export.ts';
import type { ModelAssessment } from '../evaluate/assessment/assess-model.ts';
import type { HeldOutReports } from '../evaluate/check-held-out.ts';
import type { ClinicReports } from '../evaluate/clinic-reports.ts';
import { DRIFT_REFERENCE_PATH } from '../evaluate/drift/reference.ts';
import type { BuiltSimilarCases } from '../evaluate/similarity/build-similar-cases.ts';
import { reportJson } from '../files/report-json.ts';
import { assessmentPictures } from '../reports/charts/assessment-charts.ts';
import { modelCard } from '../reports/model-card.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import { RUN_FILES } from '../run/run-record.ts';
import type { ScorePrior } from '../run/score-prior.ts';
import type { TrainedSource } from '../run/trained-source.ts';
import {
  type ArtifactFiles,
  MODALITY_PATH,
  ONNX_PATH,
  REPORTS_FOLDER,
  SUBSPACE_PATH,
  TFJS_FOLDER,
} from '../versions/artifact-layout.ts';
import { buildManifest } from './build-manifest.ts';
import type { ReportsBySource } from './report-sources.ts';
import type { RunReports } from './run-reports.ts';

/** Everything that a version is made of. */
export interface VersionContent {
  readonly version: string;
  /** Its record's prior and calibration being those of the scores. */
  readonly run: FinishedRun;
  readonly scorePrior: ScorePrior;
  readonly onnx: Uint8Array;
  readonly tfjs: TfjsFiles;
  readonly engineAgreement: EngineAgreementReport;
  readonly reports: RunReports;
  readonly assessment: ModelAssessment | undefined;
  readonly heldOut: HeldOutReports | undefined;
  readonly clinic: ClinicReports | undefined;
  readonly similar: BuiltSimilarCases;
  readonly bySource: ReportsBySource | undefined;
  /** Where the images are from. */
  readonly sources: readonly TrainedSource[];
}

/** The files of a version by their paths: model, reports, model card, and the manifest with their digests. */
export async function versionFiles(content: VersionContent): Promise<ArtifactFiles> {
  const { version, run, scorePrior, engineAgreement, reports, assessment, heldOut } = content;
  const { clinic, similar } = content;
  const { bySource, sources } = content;
  const { metrics, subgroups } = reports;
  const files: ArtifactFiles = new Map([[ONNX_PATH, content.onnx]]);
  for (const [name, bytes] of content.tfjs) files.set(`${TFJS_FOLDER}${name}`, bytes);
  for (const name of [RUN_FILES.split, RUN_FILES.history]) {
    files.set(`${REPORTS_FOLDER}${name}`, run.reports.get(name)!);
  }
  for (const [name, text] of reports.files) files.set(`${REPORTS_FOLDER}${name}`, encode(text));
  files.set(`${REPORTS_FOLDER}parity.json`, json(engineAgreement));
  if (assessment) {
    files.set(SUBSPACE_PATH, assessment.subspace.bytes);
    if (assessment.modality) files.set(MODALITY_PATH, assessment.modality.bytes);
    files.set(`${REPORTS_FOLDER}assessment.json`, json(assessment.report));
    files.set(DRIFT_REFERENCE_PATH, json(assessment.driftReference));
    for (const [name, svg] of await assessmentPictures(assessment.report, metrics.model)) {
      files.set(`${REPORTS_FOLDER}${name}`, encode(svg));
    }
  }
  if (clinic?.lesions) files.set(`${REPORTS_FOLDER}lesions.json`, json(clinic.lesions.report));
  if (clinic?.patient) files.set(`${REPORTS_FOLDER}patient.json`, json(clinic.patient.report));
  for (const [path, bytes] of similar.files) files.set(path, bytes);
  if (bySource) {
    files.set(`${REPORTS_FOLDER}sources.json`, json(bySource.sources));
    const { subgroupsAbroad, outside } = bySource;
    if (subgroupsAbroad) files.set(`${REPORTS_FOLDER}subgroups-abroad.json`, json(subgroupsAbroad));
    if (outside) files.set(`${REPORTS_FOLDER}outside.json`, json(outside));
  }
  const card = modelCard({
    ...{ sources, split: run.split },
    ...{ bySource: bySource && isWorthTelling(bySource) ? bySource : undefined },
    ...{ record: run.record, scorePrior, metrics, subgroups, engineAgreement, heldOut },
    assessment: assessment?.report,
    driftReference: assessment?.driftReference,
    lesions: clinic?.lesions?.report,
    patient: clinic?.patient?.report,
    similarity: similar.report,
  });
  files.set('MODEL_CARD.md', encode(card));
  const manifest = buildManifest({
    ...{ version, run, scorePrior, metrics, engineAgreement, assessment, clinic, files },
    similarCases: similar.spec,
    ...{ sources, outside: bySource?.outside },
  });
  files.set('manifest.json', json(manifest));
  return files;
}

/** One source says nothing that the other sections do not. */
function isWorthTelling({ sources, outside }: ReportsBySource): boolean {
  return sources.sources.length > 1 || outside !== undefined;
}

function json(value: unknown): Uint8Array {
  return encode(reportJson(value));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
