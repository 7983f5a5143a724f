import type { BatchItem, ModelReference, Prediction } from '@naevus/shared/api/prediction';
import { LABELS, LESION_CLASSES } from '@naevus/shared/taxonomy';
import type { Analysis, ServedModel } from '../engine/engine.ts';

/** Which weights answered. */
export function modelReference({ manifest, sha256 }: ServedModel): ModelReference {
  return { name: manifest.name, version: manifest.version, sha256 };
}

/** The scores with their labels, the highest first; ties in the order of the labels. */
export function rankedPredictions(scores: readonly number[], topK: number): Prediction[] {
  return LABELS.map((label, i) => {
    const { name, risk } = LESION_CLASSES[label];
    return { label, name, score: scores[i]!, risk };
  })
    .sort((a, b) => b.score - a.score)
    .slice(0, topK);
}

/** What an answer says of one photo. */
export function answerAboutImage(
  { scores, image, timing }: Analysis,
  topK: number,
): Exclude<BatchItem, { error: unknown }> {
  return {
    predictions: rankedPredictions(scores, topK),
    image: image!,
    timing: {
      decode_ms: roundToMicroseconds(timing.decodeMs),
      inference_ms: roundToMicroseconds(timing.inferenceMs),
    },
  };
}

function roundToMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
