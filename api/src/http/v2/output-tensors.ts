import { type Heatmap, heatmapGrid } from '@naevus/shared/heatmap/heatmap';
import { CLASS_COUNT, LABELS, type Label, labelIndex } from '@naevus/shared/taxonomy';
import type { Analysis } from '../../analysis/engine.ts';
import type { TensorMetadata } from '../../schemas/inference-protocol.ts';

/** One image's part of an answer. */
interface ExplainedAnalysis {
  readonly analysis: Analysis;
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
      readonly valuesOf: (explained: ExplainedAnalysis) => ArrayLike<number>;
    }
  | {
      readonly name: string;
      readonly datatype: 'BYTES';
      readonly shape: readonly [];
      readonly valuesOf: (explained: ExplainedAnalysis) => string;
    };

const probabilities: OutputTensorSpec = {
  name: 'probabilities',
  datatype: 'FP32',
  shape: [CLASS_COUNT],
  valuesOf: ({ analysis }) => analysis.scores,
};

/** What `infer` gives: calibrated probabilities, the likeliest label, and what the network said. */
export const INFER_OUTPUTS: readonly OutputTensorSpec[] = [
  probabilities,
  { name: 'label', datatype: 'BYTES', shape: [], valuesOf: ({ analysis }) => topLabel(analysis) },
  {
    name: 'logits',
    datatype: 'FP32',
    shape: [CLASS_COUNT],
    valuesOf: ({ analysis }) => analysis.output.logits,
  },
];

/** What `explain` gives: the map of one class as `/gradcam` has it, and all maps as they are. */
export const EXPLAIN_OUTPUTS: readonly OutputTensorSpec[] = [
  { name: 'class', datatype: 'BYTES', shape: [], valuesOf: ({ label }) => label },
  {
    name: 'heatmap',
    datatype: 'FP32',
    shape: [7, 7],
    valuesOf: (explained) => heatmapOf(explained).grid.flat(),
  },
  { name: 'max', datatype: 'FP32', shape: [], valuesOf: (explained) => [heatmapOf(explained).max] },
  {
    name: 'cam',
    datatype: 'FP32',
    shape: [CLASS_COUNT, 7, 7],
    valuesOf: ({ analysis }) => analysis.output.cam,
  },
  probabilities,
];

/** The label with the highest score. */
export function topLabel({ scores }: Analysis): Label {
  return LABELS[scores.indexOf(Math.max(...scores))]!;
}

/** What the metadata of the model say of a tensor. */
export function outputMetadata({ name, datatype, shape }: OutputTensorSpec): TensorMetadata {
  return { name, datatype, shape: [-1, ...shape] };
}

function heatmapOf({ analysis, label }: ExplainedAnalysis): Heatmap {
  return heatmapGrid(analysis.output.cam, labelIndex(label));
}
