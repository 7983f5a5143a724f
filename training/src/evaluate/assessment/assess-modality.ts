import type { ImageKind } from '@naevus/shared/image/image-kinds';
import { createModalityMeter, type ModalityModel } from '@naevus/shared/model/modality';
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
  /** One for each image without a dermatoscope: by a fit that its lesion had no part in. */
  readonly heldOut: readonly number[];
  /** By dermoscopic source: a model that its images had no part in. */
  readonly withoutSource: ReadonlyMap<string, ModalityModel>;
}

const FOLDS = 10;

/**
 * Fits the modality model, and fits it again without each lesion and without each source, to measure it.
 *
 * @param dermoscopic images that the network was trained on
 * @param others images of the other kinds; those of a lesion are left out together
 * @param fixed further images of the other kinds, which are in every fit
 */
export function assessModality(
  dermoscopic: readonly KindExample[],
  others: readonly KindImage[],
  fixed: readonly KindExample[],
): ModalityFit {
  const fitWith = (own: readonly KindExample[], rest: readonly KindExample[]) =>
    fitModality([...own, ...rest, ...fixed]);
  const model = fitWith(dermoscopic, others);

  const folds = foldsOf(others);
  const heldOut = new Array<number>(others.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const measure = createModalityMeter(
      fitWith(
        dermoscopic,
        others.filter((_, i) => folds[i] !== fold),
      ),
    );
    for (const [i, { features }] of others.entries()) {
      if (folds[i] === fold) heldOut[i] = measure(features).dermoscopic;
    }
  }

  const sources = [...new Set(dermoscopic.map(({ source }) => source))];
  const withoutSource = new Map(
    sources.length < 2
      ? []
      : sources.map((source): [string, ModalityModel] => [
          source,
          fitWith(
            dermoscopic.filter((example) => example.source !== source),
            others,
          ),
        ]),
  );
  return {
    bytes: serializeModality(model),
    features: dermoscopic[0]!.features.length,
    model,
    heldOut,
    withoutSource,
  };
}

/** Each kind evenly, the images of a lesion together. */
function foldsOf(others: readonly KindImage[]): Int32Array {
  // Any label will do: folds are dealt by kind.
  const kinds = [...new Set(others.map(({ kind }) => kind))];
  const folds = new Int32Array(others.length);
  for (const kind of kinds) {
    const own = others.flatMap((image, i) => (image.kind === (kind as ImageKind) ? [i] : []));
    const images = own.map((i) => ({ label: 'nv' as const, lesionId: others[i]!.lesionId }));
    const dealt = lesionFolds(images, FOLDS, 1);
    for (const [at, i] of own.entries()) folds[i] = dealt[at]!;
  }
  return folds;
}
