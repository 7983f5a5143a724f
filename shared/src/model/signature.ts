import * as z from 'zod';
import { ArtifactError } from './verify.ts';

/** Beside the manifest. The manifest has the hash of every other file, so that this vouches for all of them. */
export const SIGNATURE_PATH = 'manifest.sig.json';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** Standard base64 of so many bytes, in its one canonical form. */
const base64Of = (bytes: number, what: string) =>
  z.string().refine((text) => {
    const decoded = fromBase64(text);
    return decoded?.length === bytes && toBase64(decoded) === text;
  }, `must be ${what}: the base64 of ${bytes} bytes`);

/** An Ed25519 public key: the base64 of its 32 bytes, as `npm run models -- keygen` prints it. */
export const publicKeySchema = base64Of(KEY_BYTES, 'an Ed25519 public key');

/** `manifest.sig.json`. */
export const signatureSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** RFC 8032, over the bytes of `manifest.json` as they lie there. */
  algorithm: z.literal('Ed25519'),
  /** Which key made it. Whether that one is to be trusted is for the reader to know. */
  publicKey: publicKeySchema,
  signature: base64Of(SIGNATURE_BYTES, 'an Ed25519 signature'),
});

export type ManifestSignature = z.infer<typeof signatureSchema>;

/**
 * Signs a manifest.
 *
 * @param privateKey PKCS #8, DER, of an Ed25519 key
 * @throws DOMException when it is no such key
 */
export async function signManifest(
  manifest: Uint8Array<ArrayBuffer>,
  privateKey: Uint8Array<ArrayBuffer>,
): Promise<ManifestSignature> {
  const key = await crypto.subtle.importKey('pkcs8', privateKey, 'Ed25519', true, ['sign']);
  const { x } = await crypto.subtle.exportKey('jwk', key);
  const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', key, manifest));
  return {
    schemaVersion: 1,
    algorithm: 'Ed25519',
    publicKey: toBase64(fromBase64(base64OfUrl(x!))!),
    signature: toBase64(signature),
  };
}

/**
 * Holds a manifest to a signature by a key that is trusted.
 *
 * @param trustedKeys each as {@link publicKeySchema}; one of them must have signed
 * @throws ArtifactError `untrusted-key` or `wrong-signature`
 */
export async function verifySignature(
  manifest: Uint8Array<ArrayBuffer>,
  { publicKey, signature }: ManifestSignature,
  trustedKeys: readonly string[],
): Promise<void> {
  if (!trustedKeys.includes(publicKey)) {
    const detail = `was signed with the key ${publicKey}, which is not one that is trusted`;
    throw new ArtifactError('untrusted-key', SIGNATURE_PATH, detail);
  }
  const raw = fromBase64(publicKey)!;
  // Bytes that are no point of the curve are refused here or below, as the runtime likes.
  const valid = await crypto.subtle
    .importKey('raw', raw, 'Ed25519', false, ['verify'])
    .then((key) => crypto.subtle.verify('Ed25519', key, fromBase64(signature)!, manifest))
    .catch(() => false);
  if (!valid) {
    const detail = 'is not the signature of this manifest: one of the two was changed';
    throw new ArtifactError('wrong-signature', SIGNATURE_PATH, detail);
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function base64OfUrl(text: string): string {
  return text.replaceAll('-', '+').replaceAll('_', '/');
}
