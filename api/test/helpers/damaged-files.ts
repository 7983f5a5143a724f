type Bytes = Uint8Array<ArrayBuffer>;

/** Numbers from 0 to 1 that are the same every time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A file with a few bytes changed, most of them in its first `head` bytes, where its structure is. */
export function mutated(file: Bytes, random: () => number, head = 400): Bytes {
  const copy = file.slice();
  const changes = 1 + Math.floor(random() * 6);
  for (let i = 0; i < changes; i++) {
    const end = random() < 0.7 ? Math.min(head, file.length) : file.length;
    copy[Math.floor(random() * end)] = Math.floor(random() * 256);
  }
  return copy;
}

/** Cut off at `count` places spread over the file. */
export function cutOff(file: Bytes, count: number): Bytes[] {
  return Array.from({ length: count }, (_, i) =>
    file.slice(0, 1 + Math.floor((i / count) * (file.length - 1))),
  );
}

/** With bytes written over the first place where a text is found, at an offset behind it. */
export function patched(
  file: Bytes,
  text: string,
  offset: number,
  bytes: readonly number[],
): Bytes {
  const at = Buffer.from(file).indexOf(text, 0, 'latin1');
  if (at < 0) throw new Error(`the file has no ${text}`);
  const copy = file.slice();
  copy.set(bytes, at + text.length + offset);
  return copy;
}
