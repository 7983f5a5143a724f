import type { TrainedSource } from '../run/trained-source.ts';

export const CODE_LICENCE = 'Apache-2.0';

/** The licence of whatever is trained on images under CC BY-NC, as HAM10000 is, or goes on from such weights. */
const NON_COMMERCIAL = 'CC-BY-NC-4.0';

/** How the weights of exported versions are called in a run's record. */
const OWN_VERSIONS = 'naevus-';

type Described = Pick<TrainedSource, 'title' | 'attribution' | 'licence'>;

/**
 * The licence of weights, by those of the images and of the weights that training began with.
 *
 * @param sources of the training images; none where nobody described them
 * @param initialWeights as a run's record has it
 */
export function weightsLicence(
  sources: readonly Pick<Described, 'licence'>[],
  initialWeights: string,
): string {
  const licences = [...new Set(sources.map(({ licence }) => licence))];
  const restricted = licences.some((licence) => /BY-NC/.test(licence));
  if (restricted || initialWeights.includes(OWN_VERSIONS)) return NON_COMMERCIAL;
  return licences.length > 0 ? licences.join('; ') : 'not known';
}

/** Whether weights under a licence may serve commercial purposes, as far as it says. */
export const isNonCommercial = (licence: string): boolean => licence === NON_COMMERCIAL;

/**
 * What the licences ask for wherever weights go.
 *
 * @param dataset what the run calls its images, for those that nobody described
 */
export function attributionOf(sources: readonly Described[], dataset: string): string {
  if (sources.length === 0) {
    return `Trained on ${dataset}. Who made these images, where, and under which licence, is not known: they were not described (--source).`;
  }
  const each = sources.map(
    ({ title, attribution, licence }) => `${title}: ${attribution} (${licence})`,
  );
  return `Trained on ${each.join('; ')}.`;
}

/** The same of pictures out of the data. */
export function pictureAttribution(
  sources: readonly Pick<Described, 'attribution' | 'licence'>[],
): string {
  if (sources.length === 0) return 'Photographs: whose they are and their licence are not known.';
  const each = sources.map(({ attribution, licence }) => `${attribution} (${licence})`);
  return `Photographs: ${each.join('; ')}.`;
}

/** In a sentence; the model card says more. */
export const INTENDED_USE =
  'Research and education on dermatoscopic images of pigmented skin lesions. Not for diagnosis, not for triage of patients, not for photographs taken without a dermatoscope.';
