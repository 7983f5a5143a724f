import type { ImageKind } from '@naevus/shared/image/image-kinds';
import { createModalityMeter, type ModalityModel } from '@naevus/shared/model/modality';
import { labels } from '../../taxonomy/current.ts';
import { fitModality, type KindExample, serializeModality } from './fit-modality.ts';
import { lesionFolds } from './lesion-folds.ts';

/** An image of a known kind, and its lesion. */
export interface KindImage extends KindExample {
  readonly lesionId: string | null;
}

/** A fitted modality model, and what images that had no part in the fit are taken for. */
export interface ModalityFit {
  readonly bytes: Uint8Array;
  readonly features: number;
  readonly model: ModalityModel;
  /** One for each image, in their order: by a fit that its lesion had no part in. */
  readonly heldOut: readonly number[];
  /**
   * One for each image, in their order: how likely a dermoscopic one is to be so by a fit that its whole source had no
   * part in, as the first image of a new clinic is judged. Undefined for others, and where there is no other source.
   */
  readonly unseen: readonly (number | undefined)[];
}

const FOLDS = 5;

/**
 * Fits the modality model, and fits it again without each lesion and without each source, to measure it.
 *
 * @param images that the network was not trained on, dermoscopic and others: what it was trained on lies nearer
 *   together in its features; those of a lesion are left out together
 * @param fixed further images of other kinds, which are in every fit
 */
export function assessModality(
  images: readonly KindImage[],
  fixed: readonly KindExample[],
): ModalityFit {
  const fitWith = (holds: (image: KindImage, i: number) => boolean) =>
    fitModality([...images.filter(holds), ...fixed]);
  const model = fitWith(() => true);

  const folds = foldsOf(images);
  const heldOut = new Array<number>(images.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const measure = createModalityMeter(fitWith((_, i) => folds[i] !== fold));
    for (const [i, { features }] of images.entries()) {
      if (folds[i] === fold) heldOut[i] = measure(features).dermoscopic;
    }
  }

  const isOf = (source: string) => (image: KindImage) =>
    image.kind === 'dermoscopic' && image.source === source;
  const dermoscopic = images.filter(({ kind }) => kind === 'dermoscopic');
  const sources = [...new Set(dermoscopic.map(({ source }) => source))];
  const unseen = new Array<number | undefined>(images.length).fill(undefined);
  for (const source of sources.length < 2 ? [] : sources) {
    const measure = createModalityMeter(fitWith((image) => !isOf(source)(image)));
    for (const [i, image] of images.entries()) {
      if (isOf(source)(image)) unseen[i] = measure(image.features).dermoscopic;
    }
  }
  return {
    bytes: serializeModality(model),
    features: images[0]!.features.length,
    model,
    heldOut,
    unseen,
  };
}

/** Each kind evenly, the images of a lesion together. */
function foldsOf(images: readonly KindImage[]): Int32Array {
  // Any label will do: folds are dealt by kind.
  const kinds = [...new Set(images.map(({ kind }) => kind))];
  const folds = new Int32Array(images.length);
  for (const kind of kinds) {
    const own = images.flatMap((image, i) => (image.kind === (kind as ImageKind) ? [i] : []));
    const lesions = own.map((i) => ({ label: labels()[0]!, lesionId: images[i]!.lesionId }));
    const dealt = lesionFolds(lesions, FOLDS, 1);
    for (const [at, i] of own.entries()) folds[i] = dealt[at]!;
  }
  return folds;
}
