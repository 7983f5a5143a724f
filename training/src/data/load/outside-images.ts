import type { Dataset, OtherSample } from './dataset.ts';
import type { Modality } from './source-definition.ts';

/** An image that nothing is trained on: of a disease that is none of the classes, or taken without a dermatoscope. */
export interface OutsideImage extends OtherSample {
  readonly modality: Modality;
  /** Squamous cell carcinoma through a dermatoscope. */
  readonly squamous: boolean;
}

/** All images of a data set, as what nothing is trained on. */
export function outsideImages({ samples, others, sources }: Dataset): OutsideImage[] {
  const sourceOf = new Map(sources.map((source) => [source.name, source]));
  const images = [
    ...others,
    ...samples.map(({ label, ...image }) => ({ ...image, diagnosis: label })),
  ];
  return images.map((image) => {
    const { modality = 'dermoscopic', squamous = [] } = sourceOf.get(image.source) ?? {};
    return {
      ...image,
      modality,
      squamous: modality === 'dermoscopic' && squamous.includes(image.diagnosis),
    };
  });
}
