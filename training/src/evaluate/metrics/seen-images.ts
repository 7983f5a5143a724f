/** How many images of an evaluation a version has seen before. */
export interface SeenImages {
  readonly images: number;
  /** Its network was trained on them. null: its split is not known. */
  readonly trainedOn: number | null;
  /** Its calibration, thresholds and the choice of its weights were made on them. */
  readonly fittedOn: number | null;
}

/** Counts images by the side of the version's split that has their id; all unknown without a split. */
export function countSeen(
  images: readonly { readonly imageId: string }[],
  split: { readonly train: readonly string[]; readonly validation: readonly string[] } | undefined,
): SeenImages {
  if (split === undefined) return { images: images.length, trainedOn: null, fittedOn: null };
  const count = (ids: readonly string[]) => {
    const side = new Set(ids);
    return images.filter(({ imageId }) => side.has(imageId)).length;
  };
  return {
    images: images.length,
    trainedOn: count(split.train),
    fittedOn: count(split.validation),
  };
}

/** What of it a reader of the figures must know: a line each; none where all images are new to the version. */
export function seenWarnings(
  { images, trainedOn, fittedOn }: SeenImages,
  version: string,
  splitFile: string,
): string[] {
  if (trainedOn === null || fittedOn === null) {
    return [
      `Which images ${version} was trained on is not known (it has no ${splitFile}): if these are among them, the figures are too good.`,
    ];
  }
  const lines: string[] = [];
  if (trainedOn > 0) {
    lines.push(
      `${version} was trained on ${trainedOn} of these ${images} images: the figures are too good, and say nothing of new images. Measure on the others: --split ${splitFile}`,
    );
  }
  if (fittedOn > 0) {
    lines.push(
      `The calibration and thresholds of ${version} were fitted on ${fittedOn} of these ${images} images: log loss, calibration error and what depends on a threshold are slightly too good. The version's own reports measure them by cross-fitting.`,
    );
  }
  return lines;
}
