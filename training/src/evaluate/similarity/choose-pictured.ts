/** Cases of a class that has no more of them are all shown first. */
const RARE = 500;
/** Nearest cases of a case that it is to find pictures among, and how many of them. */
const NEIGHBOURS = 10;
const WANTED_PICTURES = 5;

/**
 * The order in which cases get a picture, for as long as there is room: first all cases of rare classes, then
 * those that most other cases find among their nearest, less so the more pictures these find already (greedy
 * maximum coverage). The index's own cases stand in for the images that will be asked about.
 *
 * @param labels of each case
 * @param nearest positions of the cases nearest to a case, itself left out
 * @returns positions of all cases
 */
export function pictureOrder(
  labels: readonly number[],
  nearest: (position: number, count: number) => readonly number[],
): number[] {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const neighbours = labels.map((_, position) => nearest(position, NEIGHBOURS));
  const foundBy: number[][] = labels.map(() => []);
  for (const [position, found] of neighbours.entries()) {
    for (const one of found) foundBy[one]!.push(position);
  }

  const pictured = new Uint8Array(labels.length);
  const pictures = new Uint16Array(labels.length);
  /** How many cases that still want pictures would find this one. */
  const gain = foundBy.map((finders) => finders.length);
  const order: number[] = [];
  const take = (position: number): void => {
    order.push(position);
    pictured[position] = 1;
    for (const finder of foundBy[position]!) {
      pictures[finder]!++;
      if (pictures[finder] !== WANTED_PICTURES) continue;
      for (const one of neighbours[finder]!) gain[one]!--;
    }
  };
  for (const [position, label] of labels.entries()) if (sizes.get(label)! <= RARE) take(position);
  while (order.length < labels.length) {
    let best = -1;
    for (let position = 0; position < labels.length; position++) {
      if (pictured[position] === 0 && (best < 0 || gain[position]! > gain[best]!)) best = position;
    }
    take(best);
  }
  return order;
}
