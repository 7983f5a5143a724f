import type { Dataset, OtherSample } from './dataset.ts';
import type { Modality } from './source-definition.ts';

/** An image that nothing is trained on: of a disease that is none of the classes, or taken without a dermatoscope. */
export interface OutsideImage extends OtherSample {
  readonly modality: Modality;
}

/** All images of a data set, as what nothing is trained on. */
export function outsideImages({ samples, others, sources }: Dataset): OutsideImage[] {
  const modalityOf = new Map(sources.map(({ name, modality }) => [name, modality]));
  const images = [
    ...others,
    ...samples.map(({ label, ...image }) => ({ ...image, diagnosis: label })),
  ];
  return images.map((image) => ({
    ...image,
    modality: modalityOf.get(image.source) ?? 'dermoscopic',
  }));
}
