/** How many lesions images are of; those without a lesion id are one each. */
export function countLesions(images: readonly { readonly lesionId: string | null }[]): number {
  const known = images.flatMap(({ lesionId }) => lesionId ?? []);
  return new Set(known).size + images.length - known.length;
}
