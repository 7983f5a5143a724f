import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HAM10000_TEXTS } from '../src/language/ham10000.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, jpeg } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const run = promisify(execFile);
const example = (name: string): string =>
  fileURLToPath(new URL(`../examples/${name}`, import.meta.url));

function has(program: string): boolean {
  const found = process.env.PATH?.split(delimiter).some((folder) =>
    existsSync(join(folder, program)),
  );
  if (!found) console.warn(`SKIPPED: no ${program} in PATH; the example that uses it is not run`);
  return found === true;
}

let server: ServerProcess;
let assessed: ServerProcess;
let folder: string;
let image: string;
/** Not like what was trained on. */
let odd: string;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
  assessed = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact({ assessed: true }) });
  folder = mkdtempSync(join(tmpdir(), 'naevus-examples-'));
  image = join(folder, 'a photo.jpg');
  writeFileSync(image, await jpeg());
  odd = join(folder, 'odd.jpg');
  writeFileSync(odd, await jpeg(BLUE));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  expect(await server.stop()).toBe(0);
  expect(await assessed.stop()).toBe(0);
});

it.skipIf(!has('python3'))('the example in Python', async () => {
  const { stdout } = await run('python3', [example('predict.py'), image, server.url]);
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(9);
  expect(lines[0]).toMatch(/^ ?\d+\.\d% {2}Melanoma \(malignant\)$/);
  expect(lines.slice(7)).toEqual([HAM10000_TEXTS.en.limits, DISCLAIMER]);

  const sure = (await run('python3', [example('predict.py'), image, assessed.url])).stdout;
  expect(sure).toMatch(/^ ?\d+\.\d% {2}Melanoma/);
  expect(sure).toContain('Cannot be excluded: mel\n');
  expect(sure).toMatch(/Malignant score: \d+\.\d%\nTriage: refer \(a person should look\)\n- The/);
  const unsure = (await run('python3', [example('predict.py'), odd, assessed.url])).stdout;
  expect(unsure).toMatch(/^No answer for this image: do not use its scores\.\nTriage: review/);
  expect(unsure).toContain('does not look like the dermatoscopic images');
  expect(unsure).not.toMatch(/%/);

  const refusal = run('python3', [example('predict.py'), example('predict.py'), server.url]);
  await expect(refusal).rejects.toMatchObject({
    stderr: expect.stringMatching(/^Unsupported image format: .*text/),
  });
});

it.skipIf(!has('curl'))('the example with curl', async () => {
  const { stdout } = await run(example('predict.sh'), [image, server.url], { cwd: folder });
  const answer = predictResponseSchema.parse(JSON.parse(stdout.split('\n', 1)[0]!));
  expect(answer.predictions[0]!.label).toBe('mel');
  expect(stdout).not.toContain('X-Abstained');
  const warned = await run(example('predict.sh'), [odd, assessed.url], { cwd: folder });
  expect(warned.stdout).toMatch(/^x-abstained: true\r?$/im);
  expect(readFileSync(join(folder, 'heatmap.png')).toString('latin1', 1, 4)).toBe('PNG');
  await expect(
    run(example('predict.sh'), [example('predict.sh'), server.url], { cwd: folder }),
  ).rejects.toMatchObject({ stdout: expect.stringContaining('unsupported-format') });
});
