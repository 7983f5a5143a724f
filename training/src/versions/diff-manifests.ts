import type { Manifest } from '@naevus/shared/model/manifest';

/**
 * What differs between two manifests, a line each: every member by its path, numbers with their difference, files
 * as changed, added or removed.
 */
export function diffManifests(a: Manifest, b: Manifest): string[] {
  const { files: filesA, ...factsA } = a;
  const { files: filesB, ...factsB } = b;
  const left = new Map(leaves(factsA));
  const right = new Map(leaves(factsB));
  const lines: string[] = [];
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    const [from, to] = [left.get(path), right.get(path)];
    if (from !== to) lines.push(`${path}: ${show(from)} → ${show(to)}${difference(from, to)}`);
  }
  const before = new Map(filesA.map((file) => [file.path, file]));
  const after = new Map(filesB.map((file) => [file.path, file]));
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [from, to] = [before.get(path), after.get(path)];
    if (!from) lines.push(`${path}: added, ${to!.bytes} bytes`);
    else if (!to) lines.push(`${path}: removed`);
    else if (from.sha256 !== to.sha256) {
      lines.push(`${path}: changed, ${from.bytes} → ${to.bytes} bytes`);
    }
  }
  return lines;
}

type Leaf = string | number | boolean | null | undefined;

/** Objects are walked; a list is one value, except of objects. */
function* leaves(value: unknown, path = ''): Generator<[path: string, leaf: Leaf]> {
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
    yield [path, value.join(', ')];
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      yield* leaves(member, path === '' ? name : `${path}.${name}`);
    }
  } else {
    yield [path, value as Leaf];
  }
}

function show(value: Leaf): string {
  if (value === undefined) return '(none)';
  return typeof value === 'number' && !Number.isInteger(value)
    ? String(Number(value.toPrecision(4)))
    : String(value);
}

function difference(from: Leaf, to: Leaf): string {
  if (typeof from !== 'number' || typeof to !== 'number') return '';
  const change = Number((to - from).toPrecision(3));
  return ` (${change > 0 ? '+' : ''}${change})`;
}
