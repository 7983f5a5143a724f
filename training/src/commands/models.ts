import { join, resolve } from 'node:path';
import { folderSource } from '@naevus/shared/model/folder-source';
import { loadManifest, readCurrentVersion } from '@naevus/shared/model/load-manifest';
import { addVersion } from '../versions/add-version.ts';
import { listVersions, setCurrentVersion } from '../versions/artifact-store.ts';
import { describeVersion, listTable } from '../versions/describe-versions.ts';
import { diffManifests } from '../versions/diff-manifests.ts';
import { prunableVersions, removeVersion } from '../versions/prune-versions.ts';
import { signVersion } from '../versions/sign-version.ts';
import {
  readSigningKey,
  readTrustedKeys,
  SIGNING_KEY_VARIABLE,
  writeNewKey,
} from '../versions/signing-key.ts';
import { versionOfTag } from '../versions/tag-version.ts';
import { requireWhole, verifyVersion } from '../versions/verify-version.ts';

import { MODEL_ARTIFACTS } from './frame/places.ts';
import { runCommand, UsageError } from './frame/run-command.ts';

const HELP = `Lists, compares, checks, signs and selects versions of the model.

npm run models -- COMMAND [--artifacts DIR]

list                        all versions; the served one is marked
show [VERSION]              one version (default: the served one)
diff A B                    what differs between two
use VERSION [--key KEY]     check a version and serve it; also for a rollback to an older one
verify [VERSION] [--key KEY]  check every file against the manifest, of one version or of all
add DIR [--key KEY]         check the version in DIR and add it
prune [--keep N] [--yes]    list all versions but the served one and the N newest others; --yes removes them
keygen --out FILE           create an Ed25519 key: FILE is private, FILE.pub is for the servers
sign VERSION [--key FILE]   sign a version; without --key the key's text is in ${SIGNING_KEY_VARIABLE}
tag TAG                     the version that a release tag (model-v1.2.3) names, if it may be created

--artifacts DIR  folder of the versions (default: model-artifacts)
--key KEY        public key that must have signed, or its file; several with commas (sign: the private key's file)
--keep N         how many versions to keep besides the served one (default: 2)
--out FILE       file for the new key
--yes            remove them instead of only listing them
--help           show this text
`;

const OPTIONS = {
  artifacts: { type: 'string' },
  key: { type: 'string' },
  keep: { type: 'string' },
  out: { type: 'string' },
  yes: { type: 'boolean' },
} as const;

interface Call {
  readonly store: string;
  readonly words: readonly string[];
  readonly key?: string | undefined;
  readonly keep?: string | undefined;
  readonly out?: string | undefined;
  readonly yes?: boolean | undefined;
}

interface Command {
  /** How many words may stand after the command. */
  readonly words: readonly [least: number, most: number];
  readonly options: readonly (keyof typeof OPTIONS)[];
  /** @returns the exit status */
  readonly run: (call: Call) => Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  list: {
    words: [0, 0],
    options: [],
    run: async ({ store }) => {
      console.log(await listTable(store));
      return 0;
    },
  },
  show: {
    words: [0, 1],
    options: [],
    run: async ({ store, words: [version] }) => {
      console.log(await describeVersion(await versionFolder(store, version)));
      return 0;
    },
  },
  diff: { words: [2, 2], options: [], run: diff },
  use: { words: [1, 1], options: ['key'], run: use },
  verify: { words: [0, 1], options: ['key'], run: verify },
  add: {
    words: [1, 1],
    options: ['key'],
    run: async ({ store, words: [folder], key }) => {
      const version = await addVersion(store, resolve(folder!), await demandsOf(key));
      console.log(`added ${version}; to serve it: npm run models -- use ${version}`);
      return 0;
    },
  },
  prune: { words: [0, 0], options: ['keep', 'yes'], run: prune },
  keygen: {
    words: [0, 0],
    options: ['out'],
    run: async ({ out }) => {
      if (!out) throw new Error('keygen needs --out FILE');
      const publicKey = await writeNewKey(out);
      console.log(`wrote ${out} (private: keep it secret) and ${out}.pub`);
      console.log(`servers trust it with NAEVUS_TRUSTED_KEY=${publicKey}`);
      return 0;
    },
  },
  sign: {
    words: [1, 1],
    options: ['key'],
    run: async ({ store, words: [version], key }) => {
      const folder = await versionFolder(store, version);
      const publicKey = await signVersion(folder, await readSigningKey(key, console.warn));
      console.log(`signed ${version} with ${publicKey}`);
      return 0;
    },
  },
  tag: {
    words: [1, 1],
    options: [],
    run: async ({ store, words: [tag] }) => {
      console.log(versionOfTag(tag!, await listVersions(store)));
      return 0;
    },
  },
};

await runCommand({
  help: HELP,
  options: OPTIONS,
  words: true,
  async run({ help: _, artifacts, ...given }, [name, ...words]) {
    const command = name === undefined ? undefined : COMMANDS[name];
    if (!command) {
      const commands = Object.keys(COMMANDS).join(', ');
      const wrong = name === undefined ? 'a command is needed' : `${name} is no command`;
      throw new UsageError(`${wrong}: ${commands}`, HELP);
    }
    const [least, most] = command.words;
    if (words.length < least || words.length > most) {
      const count = least === most ? `${least}` : `${least} or ${most}`;
      throw new Error(`${name} takes ${count} words after it, not ${words.length} (see --help)`);
    }
    for (const option of Object.keys(given)) {
      if (!command.options.some((known) => known === option)) {
        throw new Error(`${name} takes no --${option} (see --help)`);
      }
    }
    const store = resolve(artifacts ?? MODEL_ARTIFACTS);
    return command.run({ store, words, ...given });
  },
});

async function diff({ store, words }: Call): Promise<number> {
  const [a, b] = await Promise.all(
    words.map(async (word) => {
      const folder = await versionFolder(store, word);
      return (await loadManifest(folderSource(folder))).manifest;
    }),
  );
  const lines = diffManifests(a!, b!);
  console.log(lines.length === 0 ? 'nothing differs' : lines.join('\n'));
  return 0;
}

async function use({ store, words, key }: Call): Promise<number> {
  const version = words[0]!;
  const folder = await versionFolder(store, version);
  await requireWhole(folder, { version, ...(await demandsOf(key)) });
  const before = await readCurrentVersion(folderSource(store)).catch(() => undefined);
  await setCurrentVersion(store, version);
  console.log(`current.json names ${version} now`);
  if (before !== undefined && before !== version) {
    console.log(`to roll back: npm run models -- use ${before}`);
  }
  return 0;
}

async function verify({ store, words, key }: Call): Promise<number> {
  const demands = await demandsOf(key);
  const versions = words.length > 0 ? words : await listVersions(store);
  if (versions.length === 0) throw new Error(`${store} holds no version`);
  let wrong = 0;
  for (const version of versions) {
    const folder = await versionFolder(store, version);
    const { faults, loaded } = await verifyVersion(folder, { version, ...demands });
    if (faults.length === 0) {
      const signed = demands.trustedKeys ? ', signed by a trusted key' : '';
      console.log(`${version}: whole, ${loaded!.manifest.files.length} files${signed}`);
      continue;
    }
    wrong++;
    console.error(`${version}: ${faults.join('\n  ')}`);
  }
  if (words.length === 0) {
    const current = await readCurrentVersion(folderSource(store));
    if (current === undefined || !versions.includes(current)) {
      wrong++;
      console.error(`current.json names ${current ?? 'no version'}, which is not there`);
    }
  }
  return wrong > 0 ? 1 : 0;
}

async function prune({ store, keep = '2', yes }: Call): Promise<number> {
  if (!/^\d{1,6}$/.test(keep)) throw new Error(`--keep ${keep} is not a whole number`);
  const versions = await prunableVersions(store, Number(keep));
  if (versions.length === 0) console.log('nothing to remove');
  for (const version of versions) {
    if (yes) await removeVersion(store, version);
    console.log(`${yes ? 'removed' : 'would remove'} ${version}`);
  }
  if (versions.length > 0 && !yes) console.log('add --yes to remove them');
  return 0;
}

/** Folder of a version that is there; of the served one where none is named. */
async function versionFolder(store: string, version?: string): Promise<string> {
  const wanted = version ?? (await readCurrentVersion(folderSource(store)));
  if (wanted === undefined) throw new Error(`${store} has no current.json: name a version`);
  const versions = await listVersions(store);
  if (!versions.includes(wanted)) {
    throw new Error(`there is no version ${wanted}. There are: ${versions.join(', ') || 'none'}`);
  }
  return join(store, wanted);
}

/** What `--key`, or else the server's own setting, demands. */
async function demandsOf(key: string | undefined): Promise<{ trustedKeys?: string[] }> {
  const keys = key ?? process.env.NAEVUS_TRUSTED_KEY;
  return keys ? { trustedKeys: await readTrustedKeys(keys) } : {};
}
