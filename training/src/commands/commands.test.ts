import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SmallRun, writeSmallRun } from '../run/fixtures/small-run.ts';
import { filesBelow } from '../versions/verify-version.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Runs a built command as npm's script does. */
async function command(name: string, ...args: string[]) {
  return promisify(execFile)(process.execPath, [at(`../../dist/${name}.js`), ...args], {
    cwd: folder,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code: code as number, stdout, stderr }),
  );
}

let folder: string;
let small: SmallRun;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commands-'));
  small = await writeSmallRun(folder);
  for (const store of ['store', 'again']) {
    const args = ['--run', small.run, '--version', '0.0.1', '--artifacts', join(folder, store)];
    const { code, stderr } = await command('export', ...args);
    if (code !== 0) throw new Error(stderr);
  }
}, 400_000);
afterAll(() => rm(folder, { recursive: true }));

describe.each(['export', 'evaluate', 'gate'])('%s', (name) => {
  it('explains itself', async () => {
    const { code, stdout } = await command(name, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`npm run ${name} -- --`);
    // Every flag of the usage is explained.
    for (const flag of stdout.match(/--[a-z-]+(?= [A-Z]|\])/g)!) {
      expect(stdout).toMatch(new RegExp(`^${flag}\\b`, 'm'));
    }
  });

  it('names a flag that it does not know, and a word that is none', async () => {
    const { code, stderr } = await command(name, '--modle', 'x');
    expect(code).toBe(1);
    expect(stderr).toContain("'--modle'");
    expect(stderr).not.toContain('    at ');
    expect((await command(name, 'stray')).stderr).toContain("'stray'");
  });

  it('says which flags it needs', async () => {
    const { code, stderr } = await command(name);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^--\w+ and --\w+ are needed/);
  });
});

describe('export', () => {
  const store = () => join(folder, 'store');

  it('writes the version and makes it the current one', async () => {
    expect((await readdir(store())).sort()).toEqual(['0.0.1', 'current.json']);
    expect(await readFile(join(store(), 'current.json'), 'utf8')).toBe('{"version":"0.0.1"}\n');
  });

  it('gives the same bytes when it is run again', async () => {
    const again = join(folder, 'again');
    const files = await filesBelow(store());
    expect(files.length).toBeGreaterThan(15);
    expect(await filesBelow(again)).toEqual(files);
    for (const path of files) {
      const [first, second] = await Promise.all(
        [store(), again].map((root) => readFile(join(root, path))),
      );
      expect(first!.equals(second!), path).toBe(true);
    }
  });

  it('refuses a version that exists, a bad one and a run that is none', async () => {
    const exporting = (version: string, run = small.run) =>
      command('export', '--run', run, '--version', version, '--artifacts', store());
    expect((await exporting('0.0.1')).stderr).toContain('never overwritten');
    expect((await exporting('1.2')).stderr).toContain('not a version like 1.2.3');
    expect((await exporting('0.0.2', folder)).stderr).toContain('is not a finished run');
    const flat = await command(
      'export',
      '--run',
      'x',
      '--version',
      '0.0.2',
      '--score-prior',
      'flat',
    );
    expect(flat.stderr).toContain('--score-prior flat is not one of training, uniform');
    expect((await readdir(store())).sort()).toEqual(['0.0.1', 'current.json']);
  });
});

describe('models', () => {
  const models = (...args: string[]) =>
    command('models', ...args, '--artifacts', join(folder, 'store'));

  it('explains itself', async () => {
    const { code, stdout } = await command('models', '--help');
    expect(code).toBe(0);
    for (const name of [
      'list',
      'show',
      'diff',
      'use',
      'verify',
      'add',
      'prune',
      'keygen',
      'sign',
    ]) {
      expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
    }
  });

  it.each([
    [[], 'a command is needed: list, show'],
    [['lost'], 'lost is no command: list'],
    [['list', '--keep', '1'], 'list takes no --keep'],
    [['diff', '0.0.1'], 'diff takes 2 words after it, not 1'],
    [['use', '0.0.9'], 'there is no version 0.0.9. There are: 0.0.1'],
    [['show', '../data'], 'there is no version ../data'],
    [['prune', '--keep', '-1'], 'keep'],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await models(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it('signs, verifies and serves what was exported, and nothing that was changed since', async () => {
    const key = join(folder, 'key');
    expect((await models('verify')).stdout).toContain('0.0.1: whole');
    expect((await command('models', 'keygen', '--out', key)).code).toBe(0);
    expect((await models('use', '0.0.1', '--key', `${key}.pub`)).stderr).toContain('is not signed');
    expect((await models('sign', '0.0.1', '--key', key)).code).toBe(0);
    expect(await models('use', '0.0.1', '--key', `${key}.pub`)).toMatchObject({
      code: 0,
      stdout: 'current.json names 0.0.1 now\n',
    });
    expect((await models('list')).stdout).toMatch(/^\* {2}0\.0\.1 /m);

    const card = join(folder, 'store', '0.0.1', 'MODEL_CARD.md');
    const whole = await readFile(card);
    try {
      await writeFile(card, `${whole}.`);
      const { code, stderr } = await models('verify', '--key', `${key}.pub`);
      expect(code).toBe(1);
      expect(stderr).toContain('MODEL_CARD.md: has ');
      expect((await models('use', '0.0.1')).stderr).toContain('must not be used');
    } finally {
      await writeFile(card, whole);
    }
    expect((await models('verify', '0.0.1', '--key', `${key}.pub`)).stdout).toContain(
      'signed by a trusted key',
    );
  });
});

describe('gate', () => {
  const gating = (...args: string[]) =>
    command('gate', '--candidate', join(folder, 'other', '0.0.2'), '--data', small.data, ...args);
  beforeAll(async () => {
    await writeFile(join(folder, 'policy.json'), '{"minImages": 14}');
    // The same network with a temperature that changes no decision.
    const other = join(folder, 'other', '0.0.2');
    await cp(join(folder, 'again', '0.0.1'), other, { recursive: true });
    const manifest = JSON.parse(await readFile(join(other, 'manifest.json'), 'utf8'));
    const calibration = { ...manifest.calibration, temperature: 1.0001 };
    const changed = { ...manifest, version: '0.0.2', calibration };
    await writeFile(join(other, 'manifest.json'), JSON.stringify(changed));
  });

  it('does not compare a version with itself or a copy, and says what to compare with', async () => {
    const same = join(folder, 'again', '0.0.1');
    const { code, stderr } = await command(
      'gate',
      ...['--candidate', same, '--data', small.data, '--current', join(folder, 'store', '0.0.1')],
    );
    expect(code).toBe(1);
    expect(stderr).toContain('0.0.1 and the current 0.0.1 are the same model');
    expect(stderr).toMatch(/--current none compares with the floors/);
  });

  it('refuses a first model of random weights, and says why', async () => {
    const { code, stdout } = await gating(
      ...['--current', 'none', '--policy', join(folder, 'policy.json'), '--out', 'first.md'],
    );
    expect(code).toBe(2);
    expect(stdout).toMatch(/refused: balanced accuracy.* must be at least 0\.6/);
    expect(await readFile(join(folder, 'first.md'), 'utf8')).toContain('first model: refused');
    const report = JSON.parse(await readFile(join(folder, 'first.json'), 'utf8'));
    expect(report).toMatchObject({ verdict: 'refused', data: { images: 14, lesions: 7 } });
  });

  it('passes a model that is as good as the current one, by the scores that evaluate wrote', async () => {
    const scores = async (model: string, name: string) => {
      const split = ['--split', join(small.run, 'split.json')];
      const args = ['--data', small.data, '--model', join(folder, model), '--out', name, ...split];
      expect((await command('evaluate', ...args)).code).toBe(0);
      return join(folder, name);
    };
    const { code, stderr, stdout } = await gating(
      ...['--current', join(folder, 'store', '0.0.1'), '--policy', join(folder, 'policy.json')],
      ...['--candidate-scores', await scores('other/0.0.2', 'candidate.json')],
      ...['--current-scores', await scores('store/0.0.1', 'current.json'), '--record'],
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('0.0.2: passed');
    const verified = ['verify', '0.0.2', '--artifacts', join(folder, 'other')];
    expect((await command('models', ...verified)).stdout).toContain('0.0.2: whole');
    const manifest = await readFile(join(folder, 'other/0.0.2/manifest.json'), 'utf8');
    expect(JSON.parse(manifest).gate).toEqual({ verdict: 'passed', comparedWith: '0.0.1' });
  });

  it('does not write over its policy: the report has a JSON beside it', async () => {
    const policy = join(folder, 'policy.json');
    const args = ['--current', 'none', '--policy', policy, '--out', join(folder, 'policy.md')];
    const { code, stderr } = await gating(...args);
    expect(code).toBe(1);
    expect(stderr).toContain('policy.json would be overwritten, and it is an input');
    expect(await readFile(policy, 'utf8')).toBe('{"minImages": 14}');
  });

  it('says when there is nothing to judge on', async () => {
    const { code, stderr } = await gating('--current', 'none', '--out', 'first.md');
    expect(code).toBe(1);
    expect(stderr).toContain('14 images decide nothing');
  });
});

describe('evaluate', () => {
  const evaluating = (...args: string[]) =>
    command(
      'evaluate',
      ...['--data', small.data, '--model', join(folder, 'store', '0.0.1')],
      ...['--out', join(folder, 'out', 'scores.json'), ...args],
    );
  const readOut = async () => ({
    json: JSON.parse(await readFile(join(folder, 'out', 'scores.json'), 'utf8')),
    rows: parse(await readFile(join(folder, 'out', 'scores.csv')), { columns: true }) as Record<
      string,
      string
    >[],
  });

  it('scores every image of a folder', async () => {
    const { code, stderr, stdout } = await evaluating(
      '--metadata',
      join(small.data, 'metadata.csv'),
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('naevus-efficientnet-b0 0.0.1');
    const { json, rows } = await readOut();
    expect(json).toMatchObject({
      model: { version: '0.0.1' },
      data: { images: 21, unreadable: [] },
      passedOver: [],
    });
    expect(json.modelSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(rows).toHaveLength(21);
    expect(Object.keys(rows[0]!)).toEqual(['image_id', ...LABELS]);
    for (const row of rows) {
      expect(LABELS.reduce((sum, label) => sum + Number(row[label]), 0)).toBeCloseTo(1, 6);
    }
  });

  it('gives the figures that the export gave, on the same images', async () => {
    const split = join(small.run, 'split.json');
    expect((await evaluating('--split', split, '--side', 'validation')).code).toBe(0);
    const { json, rows } = await readOut();
    const report = join(folder, 'store', '0.0.1', 'reports', 'metrics.json');
    const exported = JSON.parse(await readFile(report, 'utf8'));
    expect(json.metrics).toEqual(exported.metrics);
    expect(rows.map((row) => row.image_id)).toEqual(small.split.validation);
    expect(json.seen).toMatchObject({ images: 14, trainedOn: 0, fittedOn: 14 });
    expect(json.seen.cautions).toEqual([expect.stringContaining('fitted on 14 of these 14')]);
  });

  it('says which images the version was trained on', async () => {
    const { stdout, stderr } = await evaluating();
    const caution = '0.0.1 was trained on 7 of these 21 images: the figures are too good';
    expect(stdout).toContain(`Note: ${caution}`);
    expect(stderr).toContain(caution);
    expect((await readOut()).json.seen).toMatchObject({ images: 21, trainedOn: 7, fittedOn: 14 });
  });

  it('scores the images that are asked for', async () => {
    const only = join(folder, 'only.txt');
    await writeFile(only, 'mel_0\nnv_2\n');
    expect((await evaluating('--only', only)).code).toBe(0);
    expect((await readOut()).rows.map((row) => row.image_id)).toEqual(['mel_0', 'nv_2']);
    await writeFile(only, 'mel_0\nmel_9\n');
    const { code, stderr } = await evaluating('--only', only);
    expect(code).toBe(1);
    expect(stderr).toContain('names 1 images that the data lack: mel_9');
  });

  it('names and counts what it cannot read or has no row for', async () => {
    const damaged = join(small.data, 'bcc_1.png');
    const whole = await readFile(damaged);
    const stray = join(small.data, 'stray.png');
    try {
      await writeFile(damaged, whole.subarray(0, 200));
      await writeFile(stray, whole);
      const { code, stderr } = await evaluating();
      expect(code).toBe(0);
      expect(stderr).toContain(`unreadable: ${damaged}`);
      expect(stderr).toMatch(/1 images have no row in the metadata: stray/);
      const { json, rows } = await readOut();
      expect(rows).toHaveLength(20);
      expect(json.data).toMatchObject({ images: 20, unreadable: [{ imageId: 'bcc_1' }] });
      expect(json.passedOver).toHaveLength(1);
    } finally {
      await writeFile(damaged, whole);
      await rm(stray, { force: true });
    }
  });

  it('refuses a model that is not what its manifest says', async () => {
    const model = join(folder, 'store', '0.0.1', 'model.onnx');
    const whole = await readFile(model);
    try {
      await writeFile(model, whole.with(1000, whole[1000]! ^ 1));
      const { code, stderr } = await evaluating();
      expect(code).toBe(1);
      expect(stderr).toMatch(/model\.onnx: has sha256 .* where the manifest says/);
    } finally {
      await writeFile(model, whole);
    }
  });

  it('says what is wrong with its flags', async () => {
    const split = join(small.run, 'split.json');
    expect((await evaluating('--side', 'train')).stderr).toContain('--side needs --split');
    expect((await evaluating('--split', split, '--side', 'test')).stderr).toContain('--side test');
    expect((await evaluating('--split', split, '--only', split)).stderr).toContain('not both');
    expect((await evaluating('--out', 'scores.txt')).stderr).toContain('does not end in .json');
    expect((await evaluating('--split', join(small.data, 'metadata.csv'))).stderr).toContain(
      'is not JSON',
    );
    expect((await evaluating('--model', folder)).stderr).toContain('manifest.json: is missing');
  });
});
