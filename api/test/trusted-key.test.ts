import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signManifest } from '@naevus/shared/model/signature';
import { describe, expect, it } from 'vitest';
import { openModelFolder } from '../src/runtime/node/models/model-folder.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { runServer, startServer } from './helpers/server-process.ts';

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })),
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('base64'),
  };
}

const TRUSTED = newKey();

/** A store whose one version is signed. */
async function signedArtifact(key = TRUSTED): Promise<string> {
  const root = writeFixtureArtifact();
  const manifest = new Uint8Array(readFileSync(join(root, '0.0.1', 'manifest.json')));
  const signature = await signManifest(manifest, key.privateKey);
  writeFileSync(join(root, '0.0.1', 'manifest.sig.json'), JSON.stringify(signature));
  return root;
}

describe('a server that trusts a key', () => {
  it('serves what that key signed', async () => {
    const server = await startServer({
      NAEVUS_MODEL_DIR: await signedArtifact(),
      NAEVUS_TRUSTED_KEY: `${newKey().publicKey},${TRUSTED.publicKey}`,
    });
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });

  it('refuses to start on what nobody signed', async () => {
    const { code, stderr } = await runServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_TRUSTED_KEY: TRUSTED.publicKey,
    });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'naevus: manifest.json: is not signed: there is no manifest.sig.json beside it\n',
    );
  });

  it.each<[string, () => Promise<string>, string]>([
    ['another key', () => signedArtifact(newKey()), 'untrusted-key'],
    [
      'a manifest that was changed afterwards',
      async () => {
        const root = await signedArtifact();
        const path = join(root, '0.0.1', 'manifest.json');
        writeFileSync(path, readFileSync(path, 'utf8').replace('Tests.', 'Tests!'));
        return root;
      },
      'wrong-signature',
    ],
    [
      'an older version under the name of a newer one',
      async () => {
        const root = await signedArtifact();
        renameSync(join(root, '0.0.1'), join(root, '0.0.2'));
        writeFileSync(join(root, 'current.json'), '{"version": "0.0.2"}');
        return root;
      },
      'wrong-version',
    ],
    [
      'the signature of another manifest',
      async () => {
        const root = writeFixtureArtifact({ manifest: (m) => ({ ...m, name: 'other' }) });
        const signature = join('0.0.1', 'manifest.sig.json');
        cpSync(join(await signedArtifact(), signature), join(root, signature));
        return root;
      },
      'wrong-signature',
    ],
    [
      'no manifest',
      async () => {
        const root = await signedArtifact();
        rmSync(join(root, '0.0.1', 'manifest.json'));
        return root;
      },
      'missing',
    ],
  ])('refuses %s', async (_, make, code) => {
    await expect(
      openModelFolder({ directory: await make(), trustedKeys: [TRUSTED.publicKey] }),
    ).rejects.toMatchObject({
      name: 'ArtifactError',
      code,
    });
  });

  it('refuses a network that was changed under a manifest that was signed', async () => {
    const root = await signedArtifact();
    const path = join(root, '0.0.1', 'model.onnx');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.with(100, bytes[100]! ^ 1));
    const { code, stderr } = await runServer({
      NAEVUS_MODEL_DIR: root,
      NAEVUS_TRUSTED_KEY: TRUSTED.publicKey,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/model\.onnx: has sha256 .* where the manifest says/);
  });
});
