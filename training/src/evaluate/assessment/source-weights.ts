/** Share of the weight that images of the home source have, where there are images of others. */
const HOME_SHARE = 0.5;

/**
 * How much each image counts in what is fitted on several sources: those of the home source half of all, the other
 * half in equal parts for each other source, however many images it has. 1 each where there is one source.
 *
 * @param home undefined: none, so that each source has as much
 * @returns one an image; their mean is 1
 */
export function sourceWeights(
  images: readonly { readonly source: string }[],
  home: string | undefined,
): number[] {
  const counts = new Map<string, number>();
  for (const { source } of images) counts.set(source, (counts.get(source) ?? 0) + 1);
  const atHome = home !== undefined && counts.has(home);
  const others = counts.size - (atHome ? 1 : 0);
  const shareOf = (source: string): number => {
    if (others === 0) return 1;
    if (source === home) return HOME_SHARE;
    return (atHome ? 1 - HOME_SHARE : 1) / others;
  };
  return images.map(({ source }) => (shareOf(source) * images.length) / counts.get(source)!);
}
