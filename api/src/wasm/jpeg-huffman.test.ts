import { readFileSync } from 'node:fs';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import { decodeWithSharp, type SharpModule } from '@naevus/shared/image/sharp-decode';
import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, it } from 'vitest';
import { createWasmDecoder } from './image-decoder.ts';

const codecs = new WebAssembly.Module(
  readFileSync(new URL('codecs/decoder.wasm', import.meta.url)),
);
const decode = createWasmDecoder(codecs, 64 << 20);
const inWasm = (file: Uint8Array<ArrayBuffer>) =>
  decode(file, readImageHeader(file), ({ data }) => ({ data: data.slice() }));
const inSharp = (file: Uint8Array) => decodeWithSharp(sharp as unknown as SharpModule, file);

const outcome = (decoded: Promise<{ data: Uint8Array }>) =>
  decoded.then(
    ({ data }) => Buffer.from(data).toString('latin1'),
    () => 'refused',
  );

async function expectSame(file: Uint8Array<ArrayBuffer>, name?: string) {
  const expected = await outcome(inSharp(file));
  expect((await outcome(inWasm(file))) === expected, name).toBe(true);
  return expected;
}

/** Levels 128 +- `swing`, another at each pixel: no coefficient is 0. */
async function noise(width: number, height: number, swing: number, options: JpegOptions) {
  let state = 1;
  const levels = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 128 + Math.round(swing * ((2 * state) / 2 ** 32 - 1));
  });
  const raw = { width, height, channels: 3 } as const;
  return new Uint8Array(await sharp(levels, { raw }).jpeg(options).toBuffer());
}

/** 56 x 40 pixels in ways that sharp does not write, by libjpeg-turbo's cjpeg. */
const WRITTEN_ELSEWHERE: Record<string, string> = {
  'a restart every two MCUs':
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNy' +
    'wtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09P' +
    'T09PT09PT09PT09PT09PT09PT09PT0//wAARCAAoADgDASIAAhEBAxEB/8QAGgAAAwEBAQEAAAAAAAAAAAAAAAQFAw' +
    'ECBv/EACcQAAICAgEDAwQDAAAAAAAAAAECAAQDESEFMUESYXEUIjKRUYGh/8QAGAEBAQEBAQAAAAAAAAAAAAAABQYE' +
    'AgD/xAAgEQACAwEAAgMBAQAAAAAAAAABAgADBBEhIgUSE1HB/90ABAAC/9oADAMBAAIRAxEAPwCmbQUaXUldQuE703' +
    'jmKtcJB5JiWdy+9cwTJlAPTF8+UCnpiNvM7sVAnamJmceZ6Fdmc8S10ykSwOuPeUSuqJCLrlrsn//Q99NpbUb8S3jq' +
    'BV5E0o1giAnjz2jFghMfzORaXbgnWjQXr4JOfSdh+4RC/bAY6IhGac5K9MmHzszEz//Rh1/U44Jj6VS3cTTptMsF2u' +
    'veXcVNQBx/RELNwU8EZv1BaeCR8VMereuJVp4hjHvO5EGPtM/qQvY9prQlxIp7Gsun/9L6dcoROZM6jc+0gt+ou90c' +
    '6MlXbDNvRmnHl9umaqMp/LpiV+16n1uEVdGd+3ntqEqqlVVAhtgVW5P/06/TqqqBsAR3MVRD8cQhJuv2fzPMS1fmQb' +
    '9sISA0k5LhL/l3hCVWKtfqJhz1L+s//9RFMrZB/M6cJfx/kIRyv1PiO2H608E0x0yAx1zreoQhCvmPkdOZ1FTc6P4P' +
    '9kTa5aw9n//Z',
  'luma in a scan of its own, half the chroma':
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNy' +
    'wtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09P' +
    'T09PT09PT09PT09PT09PT09PT09PT0//wAARCAAoADgDASEAAhEBAxEB/8QAGQAAAwEBAQAAAAAAAAAAAAAABAUGAg' +
    'MB/8QAJxAAAgICAQMDBAMAAAAAAAAAAQIABAMRIQUxQRJhcRQiMpFRgaH/2gAIAQEAAD8AZm0FGl1FXULhO9N45k1b' +
    'zO7FQJ7UxMzjzKnptLajfiO8dQKvInJ9J2H7k01wkHkmBZ3L71zBBXZnPEddMpEsDrj3lZRrBEBPHntCLBCY/mT9+2' +
    'Ax0RJmv6nHBMPSqW7iE4qY9W9cRrTxDGPeNlyhE5izqNz7SC36krftep9bhvTaZYLtde8e4qagDj+iJnIgx9pz+pC9' +
    'j2mXujnRiq7YZt6MUOjO/bz21Lfp1VVA2AIbmKoh+OIhv2whIDRTkuEv+XeaTK2QfzPThL+P8nTHTIDHXOt6n//EAB' +
    'kBAAMBAQEAAAAAAAAAAAAAAAQFBgcDAP/EACIRAAIDAAIBBAMAAAAAAAAAAAADAQIRBBIiBRMhIxRhwf/aAAoCAhED' +
    'EQA/AJzhq8g7ip1WlamIrQGnKMB7M8sOnLdqg9ddqRTY28yTnGX1nTTELiqRvLMqTXKbjANc9rnmWmyylQrwE3s/JJ' +
    'VnrJoDLxVJ37bBCchvZwTw17fR0lfZZYIX4QCyvJM1uzywdcl31ByK9iPiJs4e8NWSWSE4nSjpeK1ErrxF5MmrM2uE' +
    'XtNllPwlfAt46fu0cpysldMxRAP6h6x+Hateu7+8/hGPZFmSf//Z',
};
const written = (name: string) => new Uint8Array(Buffer.from(WRITTEN_ELSEWHERE[name]!, 'base64'));
/** Where the data of the last scan, of one component or more, are under way. */
const lastData = (file: Uint8Array) => Buffer.from(file).lastIndexOf(Buffer.of(0xff, 0xda)) + 14;

describe('Huffman codes of baseline JPEGs', () => {
  it.each([
    ['blocks full to the last coefficient', 100, {}],
    ['blocks full, with codes of their own', 128, { optimiseCoding: true }],
    ['a few coefficients', 20, { quality: 60 }],
    ['coefficients of many bits', 128, { quality: 100, chromaSubsampling: '4:4:4' }],
  ] satisfies [string, number, JpegOptions][])('%s', async (_, swing, options) => {
    const expected = await expectSame(await noise(211, 117, swing, { quality: 100, ...options }));
    expect(expected).toHaveLength(211 * 117 * 3);
  });

  it.each(Object.keys(WRITTEN_ELSEWHERE))('%s', async (name) => {
    expect(await expectSame(written(name))).toHaveLength(56 * 40 * 3);
  });

  it('stays in step where only the mean of each block is wanted', async () => {
    const colours = await noise(96, 64, 60, {});
    const options = { quality: 97, mozjpeg: false };
    const file = await sharp(colours).greyscale().jpeg(options).toBuffer();
    const full = (await inSharp(file)).data;
    const { data, width } = decodeAtAnEighth(new Uint8Array(file));
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 12; x++) {
        let sum = 0;
        for (let i = 0; i < 64; i++) sum += full[((8 * y + (i >> 3)) * 96 + 8 * x + (i & 7)) * 3]!;
        expect(Math.abs(data[(y * width + x) * 3]! - sum / 64)).toBeLessThan(1);
      }
    }
  });

  it('finds all pixels in files without an end', async () => {
    for (let width = 20; width < 80; width++) {
      const file = await noise(width, 30, 128, { quality: 90 });
      const expected = await outcome(inSharp(file));
      expect((await outcome(inWasm(file.slice(0, -2)))) === expected, `${width} wide`).toBe(true);
    }
  });

  it.each(Object.keys(WRITTEN_ELSEWHERE))(
    'damaged data are refused, or the same bytes: %s',
    async (name) => {
      const file = written(name);
      const first = lastData(file);
      expect(first).toBeLessThan(file.length - 100);
      let refused = 0;
      for (let at = first; at < file.length - 2; at++) {
        const damaged = file.with(at, file[at]! ^ 0x24);
        const actual = await outcome(inWasm(damaged));
        const expected = await outcome(inSharp(damaged));
        if (actual === 'refused') refused++;
        else expect(actual === expected, `byte ${at}`).toBe(true);
      }
      // After a restart a changed value is changed no further.
      expect(refused / (file.length - 2 - first)).toBeGreaterThan(0.2);
    },
  );
});

/** The image at 1/8 of both sides. */
function decodeAtAnEighth(file: Uint8Array) {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const fail = (code: number): never => {
    throw new Error(`fault ${code}`);
  };
  const system = Object.fromEntries(
    WebAssembly.Module.imports(codecs).map(({ name }) => [name, fail]),
  );
  const imports = { env: { memory, fail }, wasi_snapshot_preview1: system };
  const { exports } = new WebAssembly.Instance(codecs, imports);
  const call = exports as Record<string, (...values: number[]) => number>;
  const at = call.begin!(file.length);
  new Uint8Array(memory.buffer, at, file.length).set(file);
  call.decodeJpeg!(at, file.length, 1, 8);
  const width = call.resultWidth!();
  return { width, data: new Uint8Array(memory.buffer, call.resultData!()) };
}
