import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DicomElement, dicomFile, NAMED_PATIENT } from './helpers/dicom-files.ts';

const PROGRAM = fileURLToPath(new URL('../naevus.mjs', import.meta.url));
const PICTURE = new URL('fixtures/field/melanoma.png', import.meta.url);

/** What `used` and `not_used` of a patient say, by name. */
interface Patient {
  readonly used: readonly { readonly name: string; readonly value: unknown }[];
  readonly not_used: readonly { readonly name: string; readonly value: unknown }[];
}

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'naevus-cli-dicom-'));
  const { data, info } = await sharp(readFileSync(PICTURE))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const dicom = (...elements: DicomElement[]) =>
    dicomFile({
      ...{ width: info.width, height: info.height, pixels: data },
      elements: [...NAMED_PATIENT, ...elements],
    });
  const write = (name: string, bytes: Uint8Array | string) =>
    writeFileSync(join(folder, name), bytes);
  write('woman.dcm', dicom([0x00101010, 'AS', '063Y'], [0x00100040, 'CS', 'F']));
  write('man.dcm', dicom([0x00101010, 'AS', '041Y'], [0x00100040, 'CS', 'M']));
  write('photo.png', readFileSync(PICTURE));
  write('one.csv', 'image,lesion\nwoman.dcm,a\nphoto.png,a\nphoto.png,b\nwoman.dcm,c\nman.dcm,c\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function naevus(...args: string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [PROGRAM, ...args],
      { cwd: folder, env: { PATH: process.env.PATH, NAEVUS_WORKERS: '1' }, timeout: 240_000 },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

function valuesOf({ used, not_used }: Patient): Record<string, unknown> {
  return Object.fromEntries([...used, ...not_used].map(({ name, value }) => [name, value]));
}

describe('--patient dicom', { timeout: 300_000 }, () => {
  it('takes the patient of each file from its header, and none without it', async () => {
    const { code, stdout } = await naevus(
      ...['predict', 'woman.dcm', 'man.dcm', 'photo.png', '--patient', 'dicom', '--sex', 'female'],
    );
    expect(code).toBe(1);
    const [woman, man, photo] = JSON.parse(stdout).results;
    expect(valuesOf(woman.patient)).toEqual({ age: 63, sex: 'female' });
    // A flag counts before a header.
    expect(valuesOf(man.patient)).toEqual({ age: 41, sex: 'female' });
    expect(photo.error.detail).toContain('patient=dicom needs a DICOM file');
    expect(stdout).not.toMatch(/Mustermann|SECRET-4711|19630412/);

    const said = await naevus('predict', 'woman.dcm', '--age', '63', '--sex', 'female');
    expect(JSON.parse(said.stdout).results[0].predictions).toEqual(woman.predictions);
    const without = await naevus('predict', 'woman.dcm');
    expect(JSON.parse(without.stdout).results[0].patient).toBeUndefined();
  });

  it('takes the patient of a lesion from all of its files, which must agree', async () => {
    const { code, stdout } = await naevus('predict', '--lesions', 'one.csv', '--patient', 'dicom');
    expect(code).toBe(1);
    const [mixed, none, two] = JSON.parse(stdout).results;
    expect(valuesOf(mixed.patient)).toEqual({ age: 63, sex: 'female' });
    expect(none.error.detail).toContain('needs a DICOM file');
    expect(two.error.detail).toContain('more than one age of the patient');
  });

  it('goes with heat maps and reports', async () => {
    const map = await naevus('gradcam', 'woman.dcm', '-o', 'map.png', '--patient', 'dicom');
    expect(map.code, map.stderr).toBe(0);
    const report = await naevus('report', 'woman.dcm', '-o', 'a.pdf', '--patient', 'dicom');
    expect(report.code, report.stderr).toBe(0);
    const two = await naevus(
      ...['report', 'woman.dcm', 'man.dcm', '-o', 'b.pdf', '--patient', 'dicom'],
    );
    expect([two.code, two.stderr]).toEqual([1, expect.stringContaining('more than one age')]);
    const wrong = await naevus('predict', 'woman.dcm', '--patient', 'header');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching('--patient must be dicom'),
    ]);
  });
});
