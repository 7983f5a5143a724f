/** Images without a lesion count as one each. */
export function countLesions(lesions: readonly (string | null)[]): number {
  const known = lesions.filter((id) => id !== null);
  return new Set(known).size + lesions.length - known.length;
}
