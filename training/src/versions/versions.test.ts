import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderSource } from '@naevus/shared/model/folder-source';
import { loadManifest, readCurrentVersion } from '@naevus/shared/model/load-manifest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addVersion } from './add-version.ts';
import { listVersions, setCurrentVersion } from './artifact-store.ts';
import { describeVersion, listTable } from './describe-versions.ts';
import { diffManifests } from './diff-manifests.ts';
import { writeTinyVersion } from './fixtures/tiny-version.ts';
import { prunableVersions, removeVersion } from './prune-versions.ts';
import { signVersion } from './sign-version.ts';
import { readSigningKey, readTrustedKeys, writeNewKey } from './signing-key.ts';
import { versionOfTag } from './tag-version.ts';
import { verifyVersion } from './verify-version.ts';

let folder: string;
let store: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'versions-'));
  store = join(folder, 'store');
});
afterEach(() => rm(folder, { recursive: true }));

/** A key pair: the public key, and the private one as `signVersion` takes it. */
async function newKey(name = 'key') {
  const publicKey = await writeNewKey(join(folder, name));
  return { publicKey, privateKey: await readSigningKey(join(folder, name), () => {}) };
}

async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, bytes.with(3, bytes[3]! ^ 1));
}

describe('verifyVersion', () => {
  it('finds a whole version whole', async () => {
    const { faults, loaded } = await verifyVersion(await writeTinyVersion(store, '1.0.0'), {
      version: '1.0.0',
    });
    expect(faults).toEqual([]);
    expect(loaded!.manifest.version).toBe('1.0.0');
  });

  it.each<[string, (version: string) => Promise<unknown>, RegExp]>([
    ['a flipped byte', (v) => flipByte(join(v, 'model.onnx')), /^model\.onnx: has sha256/],
    ['a missing file', (v) => rm(join(v, 'reports/split.json')), /^reports\/split\.json: is miss/],
    ['a stray file', (v) => writeFile(join(v, 'reports/x'), ''), /^reports\/x: is not among/],
    ['no manifest', (v) => rm(join(v, 'manifest.json')), /^manifest\.json: is missing/],
    ['a manifest that is none', (v) => writeFile(join(v, 'manifest.json'), '{'), /is not JSON/],
    ['an unsigned version', async () => {}, /^manifest\.json: is not signed/],
  ])('names %s', async (_, harm, fault) => {
    const version = await writeTinyVersion(store, '1.0.0');
    const demands = fault.source.includes('signed')
      ? { trustedKeys: [(await newKey()).publicKey] }
      : {};
    await harm(version);
    const { faults } = await verifyVersion(version, demands);
    expect(faults).toEqual([expect.stringMatching(fault)]);
  });

  it('names an older version in the place of a newer one, however well signed', async () => {
    const { publicKey, privateKey } = await newKey();
    const old = await writeTinyVersion(store, '1.0.0');
    await signVersion(old, privateKey);
    await cp(old, join(store, '2.0.0'), { recursive: true });
    const { faults } = await verifyVersion(join(store, '2.0.0'), {
      version: '2.0.0',
      trustedKeys: [publicKey],
    });
    expect(faults).toEqual(['manifest.json: is of version 1.0.0 where 2.0.0 should be']);
  });
});

describe('signVersion', () => {
  it('gives a signature that holds until something changes', async () => {
    const { publicKey, privateKey } = await newKey();
    const version = await writeTinyVersion(store, '1.0.0');
    expect(await signVersion(version, privateKey)).toBe(publicKey);
    const demands = { version: '1.0.0', trustedKeys: [publicKey] };
    expect((await verifyVersion(version, demands)).faults).toEqual([]);

    const other = await newKey('other');
    expect((await verifyVersion(version, { trustedKeys: [other.publicKey] })).faults).toEqual([
      expect.stringContaining(`the key ${publicKey}, which is not one that is trusted`),
    ]);

    const manifest = join(version, 'manifest.json');
    await writeFile(manifest, `${await readFile(manifest, 'utf8')} `);
    expect((await verifyVersion(version, demands)).faults).toEqual([
      expect.stringContaining('is not the signature of this manifest'),
    ]);
  });

  it('vouches for nothing that is not whole', async () => {
    const { privateKey } = await newKey();
    const version = await writeTinyVersion(store, '1.0.0');
    await flipByte(join(version, 'model.onnx'));
    await expect(signVersion(version, privateKey)).rejects.toThrow('model.onnx: has sha256');
    expect(await readdir(version)).not.toContain('manifest.sig.json');
  });
});

describe('keys', () => {
  it('are made for the owner alone, and never overwritten', async () => {
    const file = join(folder, 'key');
    await writeNewKey(file);
    const before = await readFile(file, 'utf8');
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    await expect(writeNewKey(file)).rejects.toThrow('is there already');
    await rm(`${file}.pub`);
    await expect(writeNewKey(file)).rejects.toThrow('is there already');
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it.skipIf(process.platform === 'win32')('warn when others may read them', async () => {
    const file = join(folder, 'key');
    await writeNewKey(file);
    const text = await readFile(file);
    await rm(file);
    await writeFile(file, text, { mode: 0o644 });
    const lines: string[] = [];
    await readSigningKey(file, (line) => lines.push(line));
    expect(lines).toEqual([`${file} can be read by others: chmod 600 ${file}`]);
  });

  it('are not repeated in an error', async () => {
    const file = join(folder, 'secret');
    await writeFile(file, '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n', {
      mode: 0o600,
    });
    const reading = readSigningKey(file, () => {});
    await expect(reading).rejects.toThrow('holds no Ed25519 private key');
    await expect(reading).rejects.not.toThrow('c2VjcmV0');
  });

  it('are trusted as text or as a file, several at once', async () => {
    const key = await writeNewKey(join(folder, 'a'));
    const other = await writeNewKey(join(folder, 'b'));
    expect(await readTrustedKeys(`${key}, ${join(folder, 'b.pub')}`)).toEqual([key, other]);
    await expect(readTrustedKeys(join(folder, 'a'))).rejects.toThrow('holds no public key');
    await expect(readTrustedKeys('key')).rejects.toThrow('the key key cannot be read (ENOENT)');
  });
});

describe('addVersion', () => {
  it('takes a whole version in, once', async () => {
    const elsewhere = await writeTinyVersion(join(folder, 'elsewhere'), '1.0.0');
    expect(await addVersion(store, elsewhere)).toBe('1.0.0');
    expect((await verifyVersion(join(store, '1.0.0'), { version: '1.0.0' })).faults).toEqual([]);
    await expect(addVersion(store, elsewhere)).rejects.toThrow('is there already');
  });

  it('takes nothing that is not whole', async () => {
    const elsewhere = await writeTinyVersion(join(folder, 'elsewhere'), '1.0.0');
    await flipByte(join(elsewhere, 'model.onnx'));
    await expect(addVersion(store, elsewhere)).rejects.toThrow('must not be used');
    expect(await listVersions(store)).toEqual([]);
  });
});

describe('pruning', () => {
  it('keeps what is served and the newest of the others, by version and not by name', async () => {
    for (const version of ['1.2.0', '1.10.0', '1.9.0', '2.0.0-rc.1', '0.1.0']) {
      await writeTinyVersion(store, version);
    }
    await setCurrentVersion(store, '1.2.0');
    expect(await prunableVersions(store, 2)).toEqual(['0.1.0', '1.9.0']);
    expect(await prunableVersions(store, 9)).toEqual([]);
    await removeVersion(store, '1.9.0');
    expect(await listVersions(store)).toEqual(['0.1.0', '1.2.0', '1.10.0', '2.0.0-rc.1']);
    expect(await readCurrentVersion(folderSource(store))).toBe('1.2.0');
  });
});

describe('versionOfTag', () => {
  it('reads the version', () => {
    expect(versionOfTag('model-v1.10.0', ['1.9.0', '1.2.0'])).toBe('1.10.0');
    expect(versionOfTag('model-v0.1.0-rc.1', [])).toBe('0.1.0-rc.1');
  });

  it.each([
    ['v1.2.3', [], 'is not model-v and a version'],
    ['model-v1.2', [], 'is not model-v and a version'],
    ['model-v1.2.3', ['1.2.3', '2.0.0'], 'is there already'],
    ['model-v1.2.3', ['1.10.0', '1.3.0'], 'comes before 1.10.0'],
    ['model-v1.2.3-rc.1', ['1.2.3'], 'comes before 1.2.3'],
  ])('refuses %s beside %j', (tag, existing, reason) => {
    expect(() => versionOfTag(tag, existing)).toThrow(reason);
  });
});

describe('descriptions', () => {
  it('list every version, the served one marked and a broken one named', async () => {
    expect(await listTable(store)).toBe(`${store} holds no version yet`);
    await writeTinyVersion(store, '1.9.0');
    await writeTinyVersion(store, '1.10.0');
    await writeTinyVersion(store, '1.11.0');
    await writeFile(join(store, '1.11.0', 'manifest.json'), '{');
    await setCurrentVersion(store, '1.10.0');
    const { publicKey, privateKey } = await newKey();
    await signVersion(join(store, '1.9.0'), privateKey);
    const lines = (await listTable(store)).split('\n');
    expect(lines[1]).toMatch(/^ {3}1\.9\.0 +2026-\d\d-\d\d +0\.681 .* /);
    expect(lines[1]).toContain(publicKey);
    expect(lines[2]).toMatch(/^\* {2}1\.10\.0 .* nobody$/);
    expect(lines[3]).toMatch(/1\.11\.0 +manifest\.json: is not JSON$/);
  });

  it('tell of one', async () => {
    const text = await describeVersion(await writeTinyVersion(store, '1.0.0'));
    expect(text).toMatch(/^name +naevus-efficientnet-b0 1\.0\.0$/m);
    expect(text).toMatch(/^balancedAccuracy +0\.6809$/m);
    expect(text).toMatch(/^signed by +nobody$/m);
  });

  it('name what differs', async () => {
    const a = await writeTinyVersion(store, '1.0.0');
    const b = await writeTinyVersion(store, '1.1.0', (manifest) => ({
      ...manifest,
      metrics: { ...manifest.metrics, accuracy: 0.9 },
      files: [...manifest.files.slice(1), { path: 'new', bytes: 3, sha256: '0'.repeat(64) }],
    }));
    const [left, right] = await Promise.all(
      [a, b].map(async (path) => (await loadManifest(folderSource(path))).manifest),
    );
    expect(diffManifests(left!, right!)).toEqual([
      'version: 1.0.0 → 1.1.0',
      'metrics.accuracy: 0.8434 → 0.9 (+0.0566)',
      'model.onnx: removed',
      'new: added, 3 bytes',
    ]);
    expect(diffManifests(left!, left!)).toEqual([]);
  });
});
