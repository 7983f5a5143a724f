import { DRIFT_REFERENCE_PATH, type DriftReference } from '../evaluate/drift/reference.ts';

/** What the model card says of the reference for drift, in Markdown. */
export function driftParagraph({ images, lesions, splits, ...held }: DriftReference): string {
  const all = { labels: held.labels, ...held.quantities };
  const [noisiest, { halves }] = Object.entries(all).reduce((worst, one) =>
    one[1].halves.percentile95 > worst[1].halves.percentile95 ? one : worst,
  );
  return `**Drift.** [${DRIFT_REFERENCE_PATH}](${DRIFT_REFERENCE_PATH}) holds histograms of what is answered to the ${images} validation images of ${lesions} lesions; \`npm run drift\` compares a server's with them. Between halves of it, dealt by lesion ${splits} times, the population stability index of the noisiest quantity (${noisiest.replaceAll('_', ' ')}) is ${halves.mean.toFixed(3)} on average, and at most ${halves.percentile95.toFixed(3)} in 95 of 100: less than that means nothing.

`;
}
