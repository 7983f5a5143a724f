/**
 * The known name that a misspelt one most likely stands for: the one with the fewest insertions, deletions,
 * substitutions and exchanges of neighbours (optimal string alignment: Boytsov 2011, "Indexing methods for
 * approximate dictionary searching", section 2.1). Case, `-` and `_` do not count.
 *
 * @returns undefined where none is near: more than two edits, or more than a third of the longer name
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = fold(name);
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const folded = fold(candidate);
    const most = Math.min(2, Math.floor(Math.max(wanted.length, folded.length) / 3));
    // Longer names are not compared: they may be as long as a request.
    if (Math.abs(wanted.length - folded.length) > most) continue;
    const edits = countEdits(wanted, folded);
    if (edits <= most && edits < fewest) {
      nearest = candidate;
      fewest = edits;
    }
  }
  return nearest;
}

/** Characters of an unknown name that a message repeats. */
const SHOWN = 64;

/**
 * What is wrong with names that are not known, one by one: with the nearest that is, or else all of them.
 *
 * @param names that came
 * @param known that may come
 * @param kind what such a name is of, such as `query parameter`
 */
export function unknownNames(
  names: Iterable<string>,
  known: readonly string[],
  kind: string,
): string[] {
  return [...names]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      const hint = nearest ? `did you mean "${nearest}"?` : listed(known);
      return `there is no ${kind} ${JSON.stringify(name.slice(0, SHOWN))}; ${hint}`;
    });
}

/**
 * {@link unknownNames} of those that are nearly a known name alone: for places where others may come and mean
 * nothing, and only a typing error would be answered wrongly.
 */
export function misspeltNames(
  names: Iterable<string>,
  known: readonly string[],
  kind: string,
): string[] {
  const near = [...names].filter((name) => nearestName(name, known) !== undefined);
  return unknownNames(near, known, kind);
}

function listed(known: readonly string[]): string {
  return known.length > 0 ? `there are ${known.join(', ')}` : 'there are none here';
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

function countEdits(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, before[j - 2]! + 1);
      }
      next.push(edits);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
