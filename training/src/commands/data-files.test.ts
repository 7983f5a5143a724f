import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const EXAMPLES = at('../../../api/src/http/page/examples');
const NAMES = ['ISIC_0024666', 'ISIC_0025108', 'ISIC_0025751'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function command(name: string, args: readonly string[], env = {}) {
  return promisify(execFile)(process.execPath, [at(`../../dist/${name}.js`), ...args], {
    env: { PATH: process.env.PATH, HOME: folder, ...env },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code: code as number, stdout, stderr }),
  );
}

describe('evaluate', () => {
  async function evaluate(rows: readonly string[]) {
    for (const name of NAMES)
      await copyFile(join(EXAMPLES, `${name}.jpg`), join(folder, `${name}.jpg`));
    const labels = join(folder, 'labels.csv');
    const lines = ['image_id,dx,lesion_id', ...rows.map((row, i) => `${NAMES[i]},${row}`)];
    await writeFile(labels, `${lines.join('\n')}\n`);
    const out = join(folder, 'out.json');
    const args = ['--data', folder, '--metadata', labels, '--out', out];
    const { code, stdout, stderr } = await command('evaluate', args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return { stdout, stderr, report: JSON.parse(await readFile(out, 'utf8')) };
  }

  it.each([
    ['nan', 'nan', 'nan'],
    ['NaN', 'None', 'NA'],
    ['null', 'N/A', 'unknown'],
  ])('takes the lesion ids %s, %s and %s for missing: three lesions', async (a, b, c) => {
    const { stdout, stderr, report } = await evaluate([`mel,${a}`, `nv,${b}`, `mel,${c}`]);
    expect(stdout).toContain('3 images of 3 lesions');
    const { low, high } = report.intervals.headline.accuracy;
    expect(high - low).toBeGreaterThan(0);
    expect(stderr).toContain('3 of 3 images have no lesion id');
    // Nothing in its home: no library has sent anything.
    expect(await readdir(folder)).not.toContain('.cache');
  });
});

describe('data download', () => {
  it('takes a token from the variable, and says without any where to put one', async () => {
    const authorizations: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      response.writeHead(401).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const download = (env: Record<string, string>) =>
      command('data', ['download', '--out', join(folder, 'data')], {
        KAGGLE_API_ENDPOINT: `http://127.0.0.1:${port}`,
        ...env,
      });
    const asked = await download({ KAGGLE_API_TOKEN: 'KGAT_x' });
    const without = await download({});
    server.close();
    expect(asked.stderr).toContain('Kaggle does not know these credentials (401)');
    expect(authorizations).toEqual(['Bearer KGAT_x']);
    expect(without.stderr).toMatch(/no Kaggle credentials.*KAGGLE_API_TOKEN.*access_token/);
  });
});
