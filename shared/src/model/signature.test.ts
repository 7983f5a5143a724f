import { beforeAll, describe, expect, it } from 'vitest';
import { loadManifest } from './load-manifest.ts';
import {
  type ManifestSignature,
  publicKeySchema,
  SIGNATURE_PATH,
  signManifest,
  verifySignature,
} from './signature.ts';
import type { ArtifactSource } from './verify.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const hex = (text: string) =>
  Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

/** An Ed25519 seed as PKCS #8 has it (RFC 8410, section 7). */
const pkcs8 = (seed: string) => hex(`302e020100300506032b657004220420${seed}`);

/** RFC 8032, section 7.1, test 3. */
const RFC = {
  seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
  publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
  message: 'af82',
  signature:
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
};
const KEY = base64(hex(RFC.publicKey));
/** Section 7.1, test 1. */
const OTHER_SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';

describe('signManifest', () => {
  it("gives the RFC's signature", async () => {
    expect(await signManifest(hex(RFC.message), pkcs8(RFC.seed))).toEqual({
      schemaVersion: 1,
      algorithm: 'Ed25519',
      publicKey: KEY,
      signature: base64(hex(RFC.signature)),
    });
  });

  it('takes nothing else for a key', async () => {
    await expect(signManifest(hex(RFC.message), hex(RFC.seed))).rejects.toThrow();
  });
});

describe('publicKeySchema', () => {
  it('takes a key in its one form', () => {
    expect(publicKeySchema.safeParse(KEY).success).toBe(true);
  });
  it.each([
    '',
    'key',
    KEY.slice(0, 40),
    KEY.replace('=', ''),
    ` ${KEY}`,
    base64(new Uint8Array(33)),
  ])('refuses %j', (text) => {
    expect(publicKeySchema.safeParse(text).success).toBe(false);
  });
});

describe('verifySignature', () => {
  let signed: ManifestSignature;
  const manifest = encode('{"version": "1.0.0"}');
  beforeAll(async () => {
    signed = await signManifest(manifest, pkcs8(RFC.seed));
  });

  it('takes what a trusted key signed, whichever of them', async () => {
    await verifySignature(manifest, signed, [KEY]);
    await verifySignature(manifest, signed, [base64(new Uint8Array(32)), KEY]);
  });

  it.each([
    ['a changed manifest', () => [encode('{"version": "1.0.1"}'), signed] as const],
    [
      'a changed signature',
      () => [manifest, { ...signed, signature: `A${signed.signature.slice(1)}` }] as const,
    ],
  ])('refuses %s', async (_, make) => {
    const [bytes, signature] = make();
    expect(signature.signature === signed.signature && bytes === manifest).toBe(false);
    await expect(verifySignature(bytes, signature, [KEY])).rejects.toMatchObject({
      code: 'wrong-signature',
    });
  });

  it('refuses a key that is not trusted, whatever the signature claims', async () => {
    const other = await signManifest(manifest, pkcs8(OTHER_SEED));
    await expect(verifySignature(manifest, other, [KEY])).rejects.toMatchObject({
      code: 'untrusted-key',
      message: expect.stringContaining(other.publicKey),
    });
    await expect(
      verifySignature(manifest, { ...other, publicKey: KEY }, [KEY]),
    ).rejects.toMatchObject({ code: 'wrong-signature' });
    await expect(verifySignature(manifest, signed, [])).rejects.toMatchObject({
      code: 'untrusted-key',
    });
  });

  it('refuses a key that is none', async () => {
    const nothing = base64(new Uint8Array(32).fill(255));
    await expect(
      verifySignature(manifest, { ...signed, publicKey: nothing }, [nothing]),
    ).rejects.toMatchObject({ code: 'wrong-signature' });
  });
});

describe('loadManifest with a trusted key', () => {
  const sourceOf = (files: Record<string, string>): ArtifactSource => ({
    read: async (path) => (files[path] === undefined ? undefined : encode(files[path])),
  });
  const demands = { trustedKeys: [KEY] };
  const manifest = '{"schemaVersion": 1}';

  it('refuses an unsigned manifest before it looks at anything in it', async () => {
    const source = sourceOf({ 'manifest.json': manifest });
    await expect(loadManifest(source, undefined, demands)).rejects.toMatchObject({
      code: 'unsigned',
      path: 'manifest.json',
    });
    await expect(loadManifest(source)).rejects.toMatchObject({ code: 'invalid' });
  });

  it.each(['{}', 'signed', '{"schemaVersion": 2}'])('refuses %s for a signature', async (text) => {
    const source = sourceOf({ 'manifest.json': manifest, [SIGNATURE_PATH]: text });
    await expect(loadManifest(source, undefined, demands)).rejects.toMatchObject({
      path: SIGNATURE_PATH,
      code: expect.stringMatching(/^(invalid|not-json)$/),
    });
  });

  it('goes on to the manifest itself where the signature holds', async () => {
    const signature = await signManifest(encode(manifest), pkcs8(RFC.seed));
    const source = sourceOf({
      'manifest.json': manifest,
      [SIGNATURE_PATH]: JSON.stringify(signature),
    });
    await expect(loadManifest(source, undefined, demands)).rejects.toMatchObject({
      code: 'invalid',
      path: 'manifest.json',
    });
  });
});
