import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../statistics/random.ts';
import { createBase64Encoder } from './base64-encoder.ts';

const path = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const encodeBase64 = createBase64Encoder(new WebAssembly.Module(readFileSync(path)));
const random = createRandom(1);

describe('createBase64Encoder', () => {
  it('knows every digit', () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    expect(String.fromCharCode(...encodeBase64(Buffer.from(digits, 'base64')))).toBe(digits);
  });

  it('gives what Node gives, of any length', () => {
    // Longest first: what a longer one left in memory must not show.
    for (const length of [300_001, 65_536, ...Array.from({ length: 50 }, (_, i) => 49 - i)]) {
      const bytes = Buffer.from(Uint8Array.from({ length }, () => random.integer(256)));
      expect(Buffer.from(encodeBase64(bytes)).toString('latin1')).toBe(bytes.toString('base64'));
    }
  });
});
