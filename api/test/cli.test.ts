import { execFile } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedScores, writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, jpeg, RED } from './helpers/pictures.ts';

const PROGRAM = fileURLToPath(new URL('../naevus.mjs', import.meta.url));

let folder: string;
let model: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'naevus-cli-'));
  model = writeFixtureArtifact();
  mkdirSync(join(folder, 'pictures/inner, "odd"'), { recursive: true });
  const write = (name: string, bytes: Uint8Array | string) =>
    writeFileSync(join(folder, 'pictures', name), bytes);
  write('a.jpg', await jpeg(RED));
  write('b.jpg', 'no picture');
  write('c.JPEG', await jpeg(BLUE));
  write('inner, "odd"/d.jpg', await jpeg(RED));
  write('notes.txt', 'not looked at');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function naevus(...args: string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { PATH: process.env.PATH, NAEVUS_MODEL_DIR: model, NAEVUS_WORKERS: '1' };
    execFile(
      process.execPath,
      [PROGRAM, ...args],
      { cwd: folder, env, timeout: 60_000 },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

describe('naevus predict', () => {
  it('gives a folder as JSON; a bad file is an error in its place', async () => {
    const { code, stdout, stderr } = await naevus('predict', 'pictures', '--top-k', '1');
    expect(code).toBe(1);
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({
      model: { name: 'naevus-fixture', version: '0.0.1' },
      disclaimer: DISCLAIMER,
      results: [
        {
          file: join('pictures', 'a.jpg'),
          predictions: [{ label: 'mel', risk: 'malignant' }],
          image: { width: 320, height: 240, format: 'jpeg' },
        },
        {
          file: join('pictures', 'b.jpg'),
          error: { type: 'urn:naevus:problem:unsupported-format', detail: /text/ },
        },
        { file: join('pictures', 'c.JPEG'), predictions: [{ label: 'vasc' }] },
        { file: join('pictures', 'inner, "odd"', 'd.jpg'), predictions: [{ label: 'mel' }] },
      ].map((result) =>
        'error' in result
          ? { ...result, error: { ...result.error, detail: expect.stringMatching('text') } }
          : result,
      ),
    });
    expect(answer.results).toHaveLength(4);
    expect(stderr).toMatch(/looking at 4 in .* s, 1 failed\n$/);
  });

  it('gives a folder as CSV', async () => {
    const { code, stdout, stderr } = await naevus('predict', 'pictures', '--format', 'csv');
    expect(code).toBe(1);
    const rows = stdout.split('\r\n');
    expect(rows).toHaveLength(6);
    const columns = 'label,abstained,triage,flagged,malignant_score,prediction_set,reasons,error';
    expect(rows[0]).toBe(`file,${LABELS.join()},${columns}`);
    const [file, ...scores] = rows[1]!.split(',');
    expect(file).toBe(join('pictures', 'a.jpg'));
    const expected = expectedScores(...RED);
    for (const [i, label] of LABELS.entries()) {
      expect(Number(scores[i]), label).toBeCloseTo(expected[i]!, 2);
    }
    // This version does not assess its answers.
    expect(scores.slice(7)).toEqual(['mel', '', '', '', '', '', '', '']);
    expect(rows[2]).toMatch(/^pictures.b\.jpg,{15}"?the first bytes/);
    expect(rows[4]).toContain('"pictures/inner, ""odd""/d.jpg",');
    expect(stderr).toContain(DISCLAIMER);
  });

  it('averages over views, and says so', async () => {
    const { code, stdout } = await naevus('predict', 'pictures/a.jpg', '--tta', '4');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      tta: 4,
      results: [{ predictions: [{ label: 'mel' }, {}, {}, {}, {}, {}, {}] }],
    });
  });

  it('gives one file, and 0 where all went well', async () => {
    const { code, stdout, stderr } = await naevus('predict', 'pictures/a.jpg');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout).results[0].predictions).toHaveLength(7);
  });
});

describe('folders as people have them', () => {
  const put = async (...names: string[]) => {
    for (const name of names) writeFileSync(join(folder, name), await jpeg(RED));
  };
  const rows = (stdout: string) => stdout.split('\r\n').slice(1, -1);

  it('follows links to files and to folders, also where they go around', async () => {
    mkdirSync(join(folder, 'store/inner'), { recursive: true });
    mkdirSync(join(folder, 'linked'));
    await put('store/a.jpg', 'store/b.jpg', 'store/inner/d.jpg', 'linked/c.jpg');
    symlinkSync('../store/a.jpg', join(folder, 'linked/a.jpg'));
    symlinkSync('../store/b.jpg', join(folder, 'linked/b.jpg'));
    symlinkSync('../store/inner', join(folder, 'linked/inner'));
    symlinkSync('..', join(folder, 'store/inner/around'));
    symlinkSync('nowhere.jpg', join(folder, 'linked/gone.jpg'));
    const { code, stdout, stderr } = await naevus('predict', 'linked', '--format', 'csv');
    expect(code).toBe(0);
    // Through inner/around the store's own a.jpg and b.jpg, too.
    expect(rows(stdout).map((row) => row.split(',')[0])).toEqual(
      ['a.jpg', 'b.jpg', 'c.jpg', 'inner/around/a.jpg', 'inner/around/b.jpg', 'inner/d.jpg'].map(
        (name) => join('linked', name),
      ),
    );
    expect(stderr).toMatch(/naevus: left out 2: 1 a broken link \(linked.gone\.jpg\); 1 a folder/);
  });

  it('reads .jfif and .jpe, and counts and names what it leaves out', async () => {
    mkdirSync(join(folder, 'mixed'));
    await put(...['jpg', 'jfif', 'jpe', 'HIF', 'tif'].map((end) => `mixed/x_${end}.${end}`));
    await put('mixed/._x_jpg.jpg', 'mixed/.DS_Store');
    const { code, stdout, stderr } = await naevus('predict', 'mixed', '--format', 'csv');
    expect(code).toBe(0);
    expect(rows(stdout)).toHaveLength(3);
    expect(stderr).toContain('naevus: left out 4: 2 hidden (');
    expect(stderr).toMatch(/2 not an image by its name \(mixed.x_HIF\.HIF, mixed.x_tif\.tif\)/);
  });

  it('says what it left out where it finds no image', async () => {
    mkdirSync(join(folder, 'none'));
    await put('none/x.tif');
    const { code, stderr } = await naevus('predict', 'none');
    expect(code).toBe(2);
    expect(stderr).toMatch(/left out 1: 1 not an image by its name \(none.x\.tif\)/);
    expect(stderr).toContain('there is no .jpg, ');
  });
});

describe('naevus predict --similar', () => {
  it('names the training lesions that look most like the file', async () => {
    const indexed = writeFixtureArtifact({ similar: true });
    const file = join('pictures', 'a.jpg');
    const { code, stdout } = await naevus('predict', file, '--similar', '1', '--model', indexed);
    expect(code).toBe(0);
    const { results } = JSON.parse(stdout);
    expect(results[0].similar).toMatchObject([{ image_id: 'ISIC_0000001', label: 'mel' }]);
  });

  it.each([
    [['--similar', '11'], '--similar must be a whole number from 1 to 10, not 11'],
    [['--similar', '3', '--format', 'csv'], '--similar goes with --format json'],
    [['--similar', '3'], 'version 0.0.1 has no index of similar cases'],
  ])('refuses %j, and says why', async (flags, message) => {
    const { code, stdout, stderr } = await naevus('predict', join('pictures', 'a.jpg'), ...flags);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });
});

describe('naevus gradcam FOLDER', () => {
  it('writes all maps, and a page that shows them', async () => {
    const { code, stderr } = await naevus('gradcam', 'pictures', '-o', 'maps');
    expect(code).toBe(1);
    expect(stderr).toContain('3 heat maps');
    for (const name of ['a.jpg', 'c.JPEG', 'inner, "odd"/d.jpg']) {
      const png = readFileSync(join(folder, 'maps', `${name}.png`));
      expect(png.toString('latin1', 1, 4)).toBe('PNG');
    }
    const page = readFileSync(join(folder, 'maps/contact-sheet.html'), 'utf8');
    expect(page).toContain('src="inner%2C%20%22odd%22/d.jpg.png"');
    expect(page).toContain('inner, &quot;odd&quot;/d.jpg');
    expect(page).toContain(DISCLAIMER);
    expect(page).toMatch(/b\.jpg<\/b>the first bytes look like text/);
    expect(page.match(/<img/g)).toHaveLength(3);
  });
});

describe('naevus report', () => {
  it('writes a page about the photos of one lesion', async () => {
    const photos = ['pictures/a.jpg', 'pictures/b.jpg', 'pictures/c.JPEG'];
    const { code, stderr } = await naevus('report', ...photos, '-o', 'report.pdf');
    expect(code).toBe(0);
    expect(stderr).toContain('pictures/b.jpg: the first bytes look like text');
    const pdf = readFileSync(join(folder, 'report.pdf')).toString('latin1');
    expect(pdf.slice(0, 5)).toBe('%PDF-');
    expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1);
  });

  it.each<[string[], RegExp]>([
    [[], /1 to 8 photos of one lesion, not 0/],
    [Array(9).fill('pictures/a.jpg'), /1 to 8 photos of one lesion, not 9/],
    [['pictures/a.jpg'], /-o OUT\.pdf/],
    [['pictures/a.jpg', '-o', 'pictures/a.jpg'], /would be overwritten/],
  ])('refuses %j', async (args, expected) => {
    const { code, stderr } = await naevus('report', ...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(expected)]);
  });

  it('fails where no photo can be read', async () => {
    const { code, stderr } = await naevus('report', 'pictures/b.jpg', '-o', 'none.pdf');
    expect([code, stderr]).toEqual([1, expect.stringContaining('look like text')]);
  });
});

describe('naevus gradcam', () => {
  it('writes the overlay', async () => {
    const args = ['pictures/a.jpg', '-o', 'out.png', '--class', 'nv', '--alpha', '1'];
    const { code, stdout, stderr } = await naevus('gradcam', ...args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^out\.png: nv; highest score: Melanoma \(mel\) \d+\.\d %\n/);
    expect(stderr).toContain(DISCLAIMER);
    const { width, height, format } = await sharp(readFileSync(join(folder, 'out.png'))).metadata();
    expect({ width, height, format }).toEqual({ width: 320, height: 240, format: 'png' });
  });

  it('does not write over its input, whatever the path', async () => {
    const input = readFileSync(join(folder, 'pictures/a.jpg'));
    linkSync(join(folder, 'pictures/a.jpg'), join(folder, 'hard.png'));
    symlinkSync(join('pictures', 'a.jpg'), join(folder, 'soft.png'));
    for (const output of ['pictures/a.jpg', 'pictures/../pictures/a.jpg', 'hard.png', 'soft.png']) {
      const { code, stderr } = await naevus('gradcam', 'pictures/a.jpg', '-o', output);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^naevus: .* would be overwritten, and it is an input/);
    }
    expect(readFileSync(join(folder, 'pictures/a.jpg'))).toEqual(input);
  });

  it('writes a finer map with a legend below it', async () => {
    const args = ['--method', 'dense-grad-cam', '--legend', '--tta', '4'];
    const { code } = await naevus('gradcam', 'pictures/a.jpg', '-o', 'fine.png', ...args);
    expect(code).toBe(0);
    const { width, height } = await sharp(readFileSync(join(folder, 'fine.png'))).metadata();
    expect(width).toBe(320);
    expect(height).toBeGreaterThan(270);
  });

  it('says what is wrong with a picture', async () => {
    const { code, stderr } = await naevus('gradcam', 'pictures/b.jpg', '-o', 'no.png');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^naevus: pictures\/b\.jpg: the first bytes look like text/);
  });
});

describe('usage', () => {
  it.each([
    [['--help'], /serve[\s\S]*predict[\s\S]*gradcam/],
    [['predict', '--help'], /--format/],
    [['gradcam', '-h'], /--alpha/],
    [['serve', '--help'], /NAEVUS_MODEL_DIR/],
  ])('naevus %j explains', async (args, text) => {
    const { code, stdout } = await naevus(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(text);
  });

  it.each([
    [[], /a command is missing/],
    [['train'], /no command train/],
    [['constructor'], /no command constructor/],
    [['predict', '--fromat', 'csv', 'pictures'], /"--fromat"; did you mean "--format"\?/],
    [['predict', 'pictures', '--stric'], /"--stric"; did you mean "--strict"\?/],
    [['gradcam', 'pictures/a.jpg', '--ouptut=x.png'], /"--ouptut"; did you mean "--output"\?/],
    [['predict', 'pictures', '--operating_point', 'x'], /did you mean "--operating-point"\?/],
    [['predict', 'pictures', '-x'], /no flag "-x"; there are --format/],
    [['predict', 'pictures', '--coverage', '0.5'], /--coverage must be.*0\.80 to 0\.99.*not 0\.5/],
    [['predict', 'pictures', '--prior', 'clinic'], /--prior must be training, uniform/],
    [['predict', 'pictures', '--language', 'it'], /--language must be one of en, de, fr, es/],
    [['predict', 'pictures', '--coverage', '0.9'], /version 0\.0\.1 has no prediction sets/],
    [['predict', 'pictures', '--version', '9.9.9'], /--version.*0\.0\.1.*not 9\.9\.9/],
    [['predict', 'pictures', '--format', 'xml'], /--format must be json or csv, not xml/],
    [['predict', 'pictures', '--top-k', '8'], /--top-k.*1 to 7/],
    [['predict', 'pictures', '--tta', '3'], /--tta must be one of 1, 2, 4, 8/],
    [['gradcam', 'pictures/a.jpg', '-o', 'x.png', '--method', 'x'], /--method.*dense-grad-cam/],
    [['predict'], /a file or a folder/],
    [['predict', 'nowhere'], /nowhere cannot be read: ENOENT/],
    [['predict', 'pictures/a.jpg', '--model', 'pictures'], /holds no model/],
    [['gradcam', 'pictures/a.jpg'], /-o OUT\.png/],
    [['gradcam', '-o', 'x.png'], /needs a file or a folder/],
    [['gradcam', 'pictures/a.jpg', '-o', 'x.png', '--class', 'MEL'], /--class.*akiec, bcc/],
    [['gradcam', 'pictures/a.jpg', '-o', 'x.png', '--alpha', '2'], /--alpha.*0 to 1/],
  ])('naevus %j is refused in a line', async (args, text) => {
    const { code, stdout, stderr } = await naevus(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^naevus: /);
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});

describe('naevus predict --lesions', () => {
  const list = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return name;
  };

  it('answers to the photos of each lesion as one, in the order of the list', async () => {
    const csv = list(
      'lesions.csv',
      'lesion,image,age\nL2,pictures/c.JPEG,\nL1,pictures/a.jpg,70\nL1,"pictures/inner, ""odd""/d.jpg",70\nL3,pictures/b.jpg,\n',
    );
    const { code, stdout } = await naevus('predict', '--lesions', csv, '--top-k', '1');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      model: { name: 'naevus-fixture' },
      disclaimer: DISCLAIMER,
      results: [
        { lesion: 'L2', predictions: [{ label: 'vasc' }], pooled: { photos: 1 } },
        {
          lesion: 'L1',
          predictions: [{ label: 'mel' }],
          patient: { not_used: [{ name: 'age', value: 70 }] },
          pooled: { photos: 2, counted: 2, fitted: false },
          images: [
            { file: 'pictures/a.jpg', weight: 0.5 },
            { file: 'pictures/inner, "odd"/d.jpg', weight: 0.5 },
          ],
        },
        { lesion: 'L3', error: { type: 'urn:naevus:problem:unsupported-format' } },
      ],
    });
  });

  it('reads tabs, a byte order mark, and what is missing by any name', async () => {
    const csv = list(
      'lesions.tsv',
      '\uFEFFImage\tLesion\tAge\tSex\r\npictures/a.jpg\tL1\tNaN\tunknown\r\npictures/c.JPEG\tL1\tNone\tNA\r\n',
    );
    const { code, stdout } = await naevus('predict', '--lesions', csv);
    expect(code).toBe(0);
    const { results } = JSON.parse(stdout);
    expect(results).toMatchObject([{ lesion: 'L1', pooled: { photos: 2 } }]);
    expect(results[0]).not.toHaveProperty('patient');
  });

  it.each(['nan', 'None', 'NULL', 'N/A'])('does not take %j for a lesion', async (missing) => {
    const csv = list('nan.csv', `image,lesion\npictures/a.jpg,L1\npictures/c.JPEG,${missing}\n`);
    const { code, stderr } = await naevus('predict', '--lesions', csv);
    expect(code).toBe(2);
    expect(stderr).toContain('nan.csv, row 3 lacks an image or a lesion');
  });

  it('gives a table with a row a lesion', async () => {
    const csv = list('two.csv', 'image,lesion\npictures/a.jpg,L1\npictures/c.JPEG,L2\n');
    const { code, stdout } = await naevus('predict', '--lesions', csv, '--format', 'csv');
    expect(code).toBe(0);
    const [header, ...rows] = stdout.trimEnd().split('\r\n');
    expect(header).toMatch(/^lesion,akiec,bcc/);
    expect(rows.map((row) => row.split(',')[0])).toEqual(['L1', 'L2']);
  });

  it.each([
    ['image\na.jpg\n', 'no column "lesion"'],
    ['image,lesion\na.jpg,\n', 'row 2 lacks an image or a lesion'],
    ['image,lesion,age\na.jpg,L,10\nb.jpg,L,20\n', 'row 3: lesion L has another age before'],
    ['image,lesion,age\na.jpg,L,old\n', 'lesion L: age must be a number of years'],
    ['image,lesion,aeg\na.jpg,L,60\n', 'no column "aeg"; did you mean "age"?'],
    ['image,lesion_id\na.jpg,L\n', 'no column "lesion_id"; did you mean "lesion"?'],
    ['image,lesion\n', 'has no rows'],
  ])('refuses the list %j', async (text, message) => {
    const { code, stderr } = await naevus('predict', '--lesions', list('bad.csv', text));
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('takes files or a list, and a patient that there can be', async () => {
    const both = await naevus('predict', 'pictures', '--lesions', 'lesions.csv');
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('--lesions names') });
    const age = await naevus('predict', 'pictures', '--age', '130');
    expect(age).toMatchObject({ code: 2, stderr: expect.stringContaining('--age must be') });
    const sex = await naevus('gradcam', 'pictures/a.jpg', '-o', 'x.png', '--sex', 'f');
    expect(sex).toMatchObject({ code: 2, stderr: expect.stringContaining('--sex must be') });
  });
});
