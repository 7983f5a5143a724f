import { type Heatmap, heatmapGrid } from '@naevus/shared/heatmap/heatmap';
import { CLASS_COUNT, LABELS, type Label, labelIndex } from '@naevus/shared/taxonomy';
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
  readonly label: Label;
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

const probabilities: OutputTensorSpec = {
  name: 'probabilities',
  datatype: 'FP32',
  shape: [CLASS_COUNT],
  valuesOf({ answer }) {
    const scores = new Map(answer.predictions.map(({ label, score }) => [label, score]));
    return LABELS.map((label) => scores.get(label)!);
  },
};

/** How far to trust an answer; of versions that assess theirs. */
export const ASSESSMENT_OUTPUTS: readonly OutputTensorSpec[] = [
  { name: 'abstained', datatype: 'BOOL', shape: [], valueOf: (image) => of(image).abstained },
  { name: 'triage', datatype: 'BYTES', shape: [], valueOf: (image) => of(image).triage },
  { name: 'flagged', datatype: 'BOOL', shape: [], valueOf: (image) => of(image).flagged },
  {
    name: 'malignant_score',
    datatype: 'FP32',
    shape: [],
    valuesOf: (image) => [of(image).malignant_score],
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

/** What `infer` gives: calibrated probabilities, the likeliest label, and what the network said. */
const INFER_OUTPUTS: readonly OutputTensorSpec[] = [
  probabilities,
  { name: 'label', datatype: 'BYTES', shape: [], valueOf: ({ answer }) => topLabel(answer) },
  {
    name: 'logits',
    datatype: 'FP32',
    shape: [CLASS_COUNT],
    valuesOf: ({ analysis }) => analysis.output.logits,
  },
];

/** What `explain` gives: the map of one class as `/gradcam` has it, and all maps as they are. */
const EXPLAIN_OUTPUTS: readonly OutputTensorSpec[] = [
  { name: 'class', datatype: 'BYTES', shape: [], valueOf: ({ label }) => label },
  {
    name: 'heatmap',
    datatype: 'FP32',
    shape: [7, 7],
    valuesOf: (image) => heatmapOf(image).grid.flat(),
  },
  { name: 'max', datatype: 'FP32', shape: [], valuesOf: (image) => [heatmapOf(image).max] },
  {
    name: 'cam',
    datatype: 'FP32',
    shape: [CLASS_COUNT, 7, 7],
    valuesOf: ({ analysis }) => analysis.output.cam,
  },
  probabilities,
];

/** The tensors that a version can answer with. */
export function outputTensors(
  kind: 'infer' | 'explain',
  { assessment }: ServedModel['manifest'],
): readonly OutputTensorSpec[] {
  const own = kind === 'infer' ? INFER_OUTPUTS : EXPLAIN_OUTPUTS;
  return assessment === undefined ? own : [...own, ...ASSESSMENT_OUTPUTS];
}

/** The label with the highest score. */
export function topLabel({ predictions }: ScoredAnswer): Label {
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

function heatmapOf({ analysis, label }: AnsweredImage): Heatmap {
  return heatmapGrid(analysis.output.cam, labelIndex(label));
}
