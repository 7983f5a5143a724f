import { type Heatmap, heatmapGrid } from '@naevus/shared/heatmap/heatmap';
import { hasRisks, labelIndex, labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { Analysis, ServedModel } from '../../analysis/engine.ts';
import type { ScoredAnswer } from '../../answers/prediction-answer.ts';
import type { Assessment } from '../../schemas/assessment.ts';
import type { TensorMetadata } from '../../schemas/inference-protocol.ts';

/** One image's part of an answer. */
export interface AnsweredImage {
  readonly analysis: Analysis;
  /** With all predictions. */
  readonly answer: ScoredAnswer;
  /** The class that is explained. */
  readonly label: string;
}

/** A tensor that can be answered with. */
export type OutputTensorSpec =
  | {
      readonly name: string;
      readonly datatype: 'FP32';
      /** Sizes of one image's part. */
      readonly shape: readonly number[];
      readonly valuesOf: (image: AnsweredImage) => ArrayLike<number>;
    }
  | {
      readonly name: string;
      readonly datatype: 'BYTES';
      readonly shape: readonly [];
      readonly valueOf: (image: AnsweredImage) => string;
    }
  | {
      readonly name: string;
      readonly datatype: 'BOOL';
      readonly shape: readonly [];
      readonly valueOf: (image: AnsweredImage) => boolean;
    };

function probabilities(taxonomy: Taxonomy): OutputTensorSpec {
  const labels = labelsOf(taxonomy);
  return {
    name: 'probabilities',
    datatype: 'FP32',
    shape: [labels.length],
    valuesOf({ answer }) {
      const scores = new Map(answer.predictions.map(({ label, score }) => [label, score]));
      return labels.map((label) => scores.get(label)!);
    },
  };
}

/** How far to trust an answer; of versions that assess theirs. */
const ASSESSMENT_OUTPUTS: readonly OutputTensorSpec[] = [
  { name: 'abstained', datatype: 'BOOL', shape: [], valueOf: (image) => of(image).abstained },
  { name: 'triage', datatype: 'BYTES', shape: [], valueOf: (image) => of(image).triage! },
  { name: 'flagged', datatype: 'BOOL', shape: [], valueOf: (image) => of(image).flagged },
  {
    name: 'malignant_score',
    datatype: 'FP32',
    shape: [],
    valuesOf: (image) => [of(image).malignant_score!],
  },
  {
    name: 'prediction_set',
    datatype: 'BYTES',
    shape: [],
    valueOf: ({ answer }) => answer.prediction_set?.labels.join(' ') ?? '',
  },
  {
    name: 'reasons',
    datatype: 'BYTES',
    shape: [],
    valueOf: (image) =>
      of(image)
        .reasons.map(({ code }) => code)
        .join(' '),
  },
];

/** Of {@link ASSESSMENT_OUTPUTS}, those of classes with risk groups alone. */
const OF_RISKS: readonly string[] = ['triage', 'malignant_score'];

/** How far to trust an answer; of versions that assess theirs. */
export function assessmentOutputs(taxonomy: Taxonomy): readonly OutputTensorSpec[] {
  if (hasRisks(taxonomy)) return ASSESSMENT_OUTPUTS;
  return ASSESSMENT_OUTPUTS.filter(({ name }) => !OF_RISKS.includes(name));
}

/** What `infer` gives: calibrated probabilities, the likeliest label, and what the network said. */
const inferOutputs = (taxonomy: Taxonomy): readonly OutputTensorSpec[] => [
  probabilities(taxonomy),
  { name: 'label', datatype: 'BYTES', shape: [], valueOf: ({ answer }) => topLabel(answer) },
  {
    name: 'logits',
    datatype: 'FP32',
    shape: [taxonomy.classes.length],
    valuesOf: ({ analysis }) => analysis.output.logits,
  },
];

/** What `explain` gives: the map of one class as `/gradcam` has it, and all maps as they are. */
const explainOutputs = (taxonomy: Taxonomy): readonly OutputTensorSpec[] => [
  { name: 'class', datatype: 'BYTES', shape: [], valueOf: ({ label }) => label },
  {
    name: 'heatmap',
    datatype: 'FP32',
    shape: [7, 7],
    valuesOf: (image) => heatmapOf(image, taxonomy).grid.flat(),
  },
  {
    name: 'max',
    datatype: 'FP32',
    shape: [],
    valuesOf: (image) => [heatmapOf(image, taxonomy).max],
  },
  {
    name: 'cam',
    datatype: 'FP32',
    shape: [taxonomy.classes.length, 7, 7],
    valuesOf: ({ analysis }) => analysis.output.cam,
  },
  probabilities(taxonomy),
];

/** The tensors that a version can answer with. */
export function outputTensors(
  kind: 'infer' | 'explain',
  { manifest: { assessment }, taxonomy }: ServedModel,
): readonly OutputTensorSpec[] {
  const own = kind === 'infer' ? inferOutputs(taxonomy) : explainOutputs(taxonomy);
  return assessment === undefined ? own : [...own, ...assessmentOutputs(taxonomy)];
}

/** The label with the highest score. */
export function topLabel({ predictions }: ScoredAnswer): string {
  return predictions[0]!.label;
}

/** What the metadata of the model say of a tensor. */
export function outputMetadata({ name, datatype, shape }: OutputTensorSpec): TensorMetadata {
  return { name, datatype, shape: [-1, ...shape] };
}

function of({ answer: { assessment } }: AnsweredImage): Assessment {
  if (assessment === undefined) throw new Error('the version does not assess its answers');
  return assessment;
}

function heatmapOf({ analysis, label }: AnsweredImage, taxonomy: Taxonomy): Heatmap {
  return heatmapGrid(analysis.output.cam, labelIndex(taxonomy, label), taxonomy.classes.length);
}
