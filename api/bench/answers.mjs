/** Of a Grad-CAM grid, whose maximum is 1: what decoders and layouts may differ by, and no more. */
const GRID_TOLERANCE = 0.25;
const SCORE_TOLERANCE = 0.1;

/**
 * Holds a peer's answers to the project's: the same class on top, scores and heat map close by, all of the shape that
 * both have. Photos come as reduced while decoded by one and not by the other, so that the figures differ a little.
 *
 * @returns {string | undefined} what is wrong
 */
export function disagreement(route, ours, theirs) {
  const scores = (answer) => answer.predictions.map(({ score }) => score);
  if (theirs.predictions?.length !== ours.predictions.length) return 'it does not have all classes';
  const sum = scores(theirs).reduce((total, score) => total + score, 0);
  if (Math.abs(sum - 1) > 1e-3) return `its scores sum to ${sum}`;
  const [our] = ours.predictions;
  const [their] = theirs.predictions;
  if (our.label !== their.label) return `its top class is ${their.label}, not ${our.label}`;
  if (Math.abs(our.score - their.score) > SCORE_TOLERANCE) {
    return `its top score is ${their.score}, not ${our.score}`;
  }
  if (route !== '/gradcam') return undefined;
  if (ours.class !== theirs.class) return `it explains ${theirs.class}, not ${ours.class}`;
  if (!theirs.overlay?.startsWith('data:image/png;base64,')) return 'it has no overlay';
  const [a, b] = [ours.heatmap.grid.flat(), theirs.heatmap.grid.flat()];
  if (a.length !== b.length) return `its grid has ${b.length} cells, not ${a.length}`;
  const furthest = Math.max(...a.map((heat, cell) => Math.abs(heat - b[cell])));
  return furthest > GRID_TOLERANCE ? `its heat map is off by ${furthest}` : undefined;
}
