import type { DriftQuantity } from './quantities.ts';

/** The histogram that a server keeps of a quantity, with the label `version`. */
export function driftMetric(quantity: DriftQuantity): string {
  return `naevus_image_${quantity}`;
}

/** The counter of answers by their label, with the labels `label` and `version`. */
export const PREDICTIONS_METRIC = 'naevus_predictions_total';

/** The gauge that names the versions that a server has, with the labels `name`, `version` and `sha256`. */
export const MODEL_INFO_METRIC = 'naevus_model_info';
