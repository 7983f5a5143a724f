import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSafetensors, readSafetensors, serializeSafetensors } from './safetensors.ts';

/** A file out of a header and as many data bytes. */
function file(header: unknown, dataBytes = 0): Uint8Array {
  const json = typeof header === 'string' ? header : JSON.stringify(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(new TextEncoder().encode(json), 8);
  return bytes;
}

const entry = (shape: number[], data_offsets: [number, number], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets,
});

describe('safetensors', () => {
  const parameters = new Map([
    ['conv.weight', Float32Array.of(1, -2.5, 3e-20, 4, 5, 6)],
    ['conv.bias', Float32Array.of(0.1)],
    ['scalar', Float32Array.of(7)],
  ]);
  const shapes = new Map([
    ['conv.weight', [1, 2, 3]],
    ['scalar', []],
  ]);

  it('come back as they were written', () => {
    const bytes = serializeSafetensors(parameters, shapes, { note: 'x' });
    expect(parseSafetensors(bytes)).toEqual(parameters);
    // From anywhere inside a larger buffer, as Node hands small files out.
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(parseSafetensors(shifted)).toEqual(parameters);
  });

  it('have the header of the format', () => {
    const bytes = serializeSafetensors(parameters, shapes, { note: 'x' });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { note: 'x' },
      'conv.weight': entry([1, 2, 3], [0, 24]),
      'conv.bias': entry([1], [24, 28]),
      scalar: entry([], [28, 32]),
    });
    expect(bytes.length).toBe(8 + length + 32);
  });

  it('are copied out of the file', () => {
    const bytes = serializeSafetensors(parameters, shapes);
    const parsed = parseSafetensors(bytes);
    bytes.fill(0);
    expect(parsed).toEqual(parameters);
  });

  it('leave other types out', () => {
    const bytes = file({ a: entry([1], [0, 8], 'I64'), b: entry([1], [8, 12]) }, 12);
    expect([...parseSafetensors(bytes).keys()]).toEqual(['b']);
  });

  const broken: [string, Uint8Array, string][] = [
    ['nothing', new Uint8Array(0), 'ends within its header length'],
    ['a header longer than the file', file('{}').subarray(0, 9), 'header of 2 bytes does not fit'],
    ['a header that is no JSON', file('{"a"'), 'header is not JSON'],
    ['a header that is a list', file('[1]'), 'header'],
    ['an entry without a type', file({ a: { shape: [1] } }), 'the entry of a'],
    ['data that end too late', file({ a: entry([2], [0, 8]) }, 4), 'the data of a [2]'],
    ['data of another size', file({ a: entry([2], [0, 4]) }, 8), 'the data of a [2]'],
  ];
  for (const [what, bytes, message] of broken) {
    it(`refuse ${what}`, () => expect(() => parseSafetensors(bytes)).toThrow(message));
  }

  it('name the file that is not one, or not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
    try {
      const path = join(folder, 'cat.jpg');
      await writeFile(path, 'not weights at all');
      await expect(readSafetensors(path)).rejects.toThrow(`${path} is not a safetensors file`);
      await expect(readSafetensors(join(folder, 'none'))).rejects.toThrow('ENOENT');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
