import type { TrainedSource } from '../run/trained-source.ts';

/** The licence of whatever is trained on HAM10000. */
export const WEIGHTS_LICENCE = 'CC-BY-NC-4.0';
export const CODE_LICENCE = 'Apache-2.0';

/** What the licence asks for wherever the weights go. */
export const ATTRIBUTION =
  'Trained on HAM10000: P. Tschandl, C. Rosendahl, H. Kittler, "The HAM10000 dataset, a large collection of multi-source dermatoscopic images of common pigmented skin lesions", Scientific Data 5:180161 (2018), doi:10.7910/DVN/DBW86T. Copyright ViDIR Group, Department of Dermatology, Medical University of Vienna. CC BY-NC 4.0.';

/** What the licences ask for wherever weights go that were trained on these sources. */
export function attributionOf(
  sources: readonly Pick<TrainedSource, 'title' | 'attribution' | 'licence'>[],
): string {
  const each = sources.map(
    ({ title, attribution, licence }) => `${title}: ${attribution} (${licence})`,
  );
  return `Trained on ${each.join('; ')}.`;
}

/** In a sentence; the model card says more. */
export const INTENDED_USE =
  'Research and education on dermatoscopic images of pigmented skin lesions. Not for diagnosis, not for triage of patients, not for photographs taken without a dermatoscope.';
