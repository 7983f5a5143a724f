import type {
  Analysis,
  ExplainedHeatmap,
  HeatmapOptions,
  ServedModel,
} from '../analysis/engine.ts';
import type { CaveatedModel } from '../language/translate-answer.ts';
import type { Language } from '../schemas/languages.ts';
import type { LesionAnswer } from '../schemas/lesion.ts';
import type { ModelReference } from '../schemas/prediction.ts';
import { answerFactors, modelReference } from './prediction-answer.ts';
import { ProblemError } from './problem-error.ts';
import type { AnswerOptions } from './resolve-options.ts';

/** What a report says of the model. */
export type ReportedModel = ModelReference & CaveatedModel;

/** What a report says of a model, without what only this thread has. */
export function reportedModel(model: ServedModel): ReportedModel {
  const { dataset } = model.manifest.training;
  return {
    ...modelReference(model),
    taxonomy: model.taxonomy,
    manifest: { training: { dataset } },
  };
}

/** What a report to keep is about. */
export interface ReportContent {
  readonly language: Language;
  readonly date: Date;
  /** What the answer is found by in a log: the id of its request. */
  readonly id?: string;
  /** May go to another thread. */
  readonly model: ReportedModel;
  /** As it is before it is translated, with all classes. */
  readonly answer: LesionAnswer;
  /** In the order of `answer.images`. */
  readonly photos: readonly ReportedPhoto[];
}

export interface ReportedPhoto {
  /** Of the file, where it has one. */
  readonly name?: string;
  /** By {@link pairedHeatmap}; absent for a photo that could not be read. */
  readonly heatmap?: ExplainedHeatmap;
}

/** What each photo of a report is asked for beside its scores: the heat map of its highest score. */
export function pairedHeatmap(model: ServedModel, options: AnswerOptions): HeatmapOptions {
  return { alpha: 0.5, overlay: 'pair', factors: answerFactors(model, options) };
}

/** The photos of a report, as they were analysed. */
export function reportedPhotos(
  results: readonly (Analysis | ProblemError)[],
  names: readonly string[] = [],
): ReportedPhoto[] {
  return results.map((result, i) => {
    const name = names[i];
    const heatmap = result instanceof ProblemError ? undefined : result.heatmap;
    return { ...(name !== undefined && { name }), ...(heatmap && { heatmap }) };
  });
}
