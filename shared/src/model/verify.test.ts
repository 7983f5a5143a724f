import { describe, expect, it } from 'vitest';
import { type ArtifactSource, loadFile, verifyFiles, webCryptoSha256 } from './verify.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function sourceOf(files: Record<string, string>): ArtifactSource {
  return {
    async read(path) {
      const text = files[path];
      return text === undefined ? undefined : encode(text);
    },
  };
}

const WEIGHTS = 'weights';
// Any other digest: it stands for one that an injected function made.
const WEIGHTS_SHA256 = 'dc7c65d00f10ef9a1d8a8a5b9f4bf1a7cfe1da0c2a6ad7e42a4b2dd2e1a9a9f3';

describe('loadFile', () => {
  const manifestOf = (bytes: number, sha256: string) => ({
    files: [{ path: 'model.onnx', bytes, sha256 }],
  });

  it('gives the bytes that the manifest vouches for', async () => {
    const manifest = manifestOf(7, await webCryptoSha256(encode(WEIGHTS)));
    const bytes = await loadFile(sourceOf({ 'model.onnx': WEIGHTS }), manifest, 'model.onnx');
    expect(new TextDecoder().decode(bytes)).toBe(WEIGHTS);
  });

  it.each([
    ['a flipped byte', { 'model.onnx': 'weighty' }, 'model.onnx', 'wrong-hash'],
    ['a cut file', { 'model.onnx': 'weight' }, 'model.onnx', 'wrong-size'],
    ['no file', {}, 'model.onnx', 'missing'],
    ['a file that is not listed', { other: WEIGHTS }, 'other', 'not-listed'],
  ])('refuses %s, naming the file', async (_, files, path, code) => {
    const manifest = manifestOf(7, await webCryptoSha256(encode(WEIGHTS)));
    await expect(loadFile(sourceOf(files), manifest, path)).rejects.toMatchObject({
      name: 'ArtifactError',
      code,
      path,
      message: expect.stringContaining(path),
    });
  });

  it('takes an injected digest', async () => {
    const manifest = manifestOf(7, WEIGHTS_SHA256);
    const source = sourceOf({ 'model.onnx': WEIGHTS });
    await expect(loadFile(source, manifest, 'model.onnx')).rejects.toMatchObject({
      code: 'wrong-hash',
    });
    await expect(
      loadFile(source, manifest, 'model.onnx', () => WEIGHTS_SHA256),
    ).resolves.toHaveLength(7);
  });
});

describe('verifyFiles', () => {
  it('names every file that is not what the manifest says', async () => {
    const entry = (path: string, sha256: string) => ({ path, bytes: 7, sha256 });
    const right = await webCryptoSha256(encode(WEIGHTS));
    const files = [entry('a', right), entry('b', WEIGHTS_SHA256), entry('c', right)];
    const source = sourceOf({ a: WEIGHTS, b: WEIGHTS });
    expect((await verifyFiles(source, { files })).map(({ code, path }) => [code, path])).toEqual([
      ['wrong-hash', 'b'],
      ['missing', 'c'],
    ]);
    expect(await verifyFiles(source, { files: [entry('a', right)] })).toEqual([]);
  });
});

describe('webCryptoSha256', () => {
  it('gives the digest of FIPS 180-2, appendix B.1', async () => {
    expect(await webCryptoSha256(encode('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
