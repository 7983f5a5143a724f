import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { DataError } from './data-error.ts';
import { parseMetadata } from './metadata-csv.ts';

function problemsOf(text: string) {
  try {
    parseMetadata(text, 'labels.csv');
  } catch (error) {
    if (error instanceof DataError) return error.problems;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseMetadata', () => {
  it('reads the metadata of HAM10000', () => {
    const rows = parseMetadata(
      'lesion_id,image_id,dx,dx_type,age,sex,localization\nHAM_0000118,ISIC_0027419,bkl,histo,80.0,male,scalp\n',
      '',
    );
    expect(rows).toEqual([
      {
        row: 2,
        imageId: 'ISIC_0027419',
        label: 'bkl',
        diagnosis: 'bkl',
        lesionId: 'HAM_0000118',
        metadata: { dx_type: 'histo', age: '80.0', sex: 'male', localization: 'scalp' },
      },
    ]);
  });

  it('copes with a byte order mark, CRLF, quotes, blank lines, case and spaces', () => {
    const rows = parseMetadata(
      '\uFEFF"Image_ID", DX ,"Note"\r\nA, MEL ,"one, ""two""\nthree"\r\n\r\n"b.JPG",nv,\r\n',
      '',
    );
    expect(rows).toEqual([
      {
        row: 3,
        imageId: 'A',
        label: 'mel',
        diagnosis: 'mel',
        lesionId: null,
        metadata: { note: 'one, "two"\nthree' },
      },
      {
        row: 5,
        imageId: 'b',
        label: 'nv',
        diagnosis: 'nv',
        lesionId: null,
        metadata: { note: '' },
      },
    ]);
  });

  it.each(['', 'nan', 'NaN', 'None', 'NA', 'n/a', 'null', 'unknown'])(
    'takes %j for missing, in every column',
    (missing) => {
      const [row] = parseMetadata(
        `image_id,dx,lesion_id,age,sex,localization,dx_type\na,nv,${`${missing},`.repeat(4)}${missing}\n`,
        '',
      );
      expect(row!.lesionId).toBeNull();
      expect(row!.metadata).toEqual({ age: '', sex: '', localization: '', dx_type: '' });
      expect(problemsOf(`image_id,dx\n${missing || '""'},nv\n`)).toMatchObject([
        { kind: 'malformed-csv', row: 2 },
      ]);
    },
  );

  it.each([
    ['Melanoma', 'mel'],
    ['Melanocytic nevi', 'nv'],
    ['Basal cell carcinoma', 'bcc'],
  ])('hints at what the diagnosis %j may mean', (value, label) => {
    const [problem] = problemsOf(`image_id,dx\na,${value}\n`);
    expect(new DataError(problem!).message).toContain(`Does it mean ${label}? Then write ${label}`);
  });

  it('hints at a column by another name', () => {
    const [problem] = problemsOf('isic_id,diagnosis\na,nv\n');
    expect(new DataError(problem!).message).toContain(
      'If that is what diagnosis holds, call it dx',
    );
  });

  it('reads tabs and semicolons, as spreadsheets and the Dataverse have them', () => {
    for (const delimiter of ['\t', ';']) {
      const text = 'lesion_id|image_id|dx|age\nHAM_1|ISIC_1.jfif|bkl|80.0\n';
      expect(parseMetadata(text.replaceAll('|', delimiter), '')).toMatchObject([
        { imageId: 'ISIC_1', label: 'bkl', lesionId: 'HAM_1', metadata: { age: '80.0' } },
      ]);
    }
  });

  it('takes an empty lesion id for none', () => {
    const [a, b] = parseMetadata('image_id,dx,lesion_id\na,nv, \nb,nv,L1\n', '');
    expect([a!.lesionId, b!.lesionId]).toEqual([null, 'L1']);
  });

  it('reads the ground truth of the ISIC challenge', () => {
    const rows = parseMetadata(
      'image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\nISIC_1,0.0,1.0,0.0,0.0,0.0,0.0,0.0\nISIC_2,0,0,0,0,0,0,1\n',
      '',
    );
    expect(rows.map(({ imageId, label }) => [imageId, label])).toEqual([
      ['ISIC_1', 'nv'],
      ['ISIC_2', 'vasc'],
    ]);
    expect(rows[0]!.metadata).toEqual({});
  });

  it.each([
    '1.0,1.0,0,0,0,0,0',
    '0,0,0,0,0,0,0',
    '0.4,0,0,0,0,0,0.6',
    '1,0,0,0,0,0,',
    '1,0,0,0,0,0,x',
  ])('refuses a one-hot row of %s', (values) => {
    const [problem] = problemsOf(`image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\nISIC_1,${values}\n`);
    expect(problem).toMatchObject({ kind: 'unknown-label', row: 2, known: LABELS });
  });

  it('names an unknown label, its row, and the known ones', () => {
    const problems = problemsOf('image_id,dx\na,nv\nb,Melanoma\nc,scc\n');
    expect(problems).toEqual([
      {
        kind: 'unknown-label',
        path: 'labels.csv',
        row: 3,
        value: 'Melanoma',
        count: 2,
        known: LABELS,
      },
    ]);
    expect(new DataError(problems[0]!).message).toBe(
      'labels.csv, row 3: the label "Melanoma" is none of akiec, bcc, bkl, df, mel, nv, vasc, and the source\'s definition does not say what it means (nor are those of 1 more rows). Does it mean mel? Then write mel, or add {"melanoma":"mel"} to "diagnoses" of the JSON file of --source.',
    );
  });

  it.each([
    ['', 'image_id', []],
    ['name,dx\na,nv\n', 'image_id', ['name', 'dx']],
    ['image_id,diagnosis\na,nv\n', 'dx', ['image_id', 'diagnosis']],
    ['image,MEL\na,1\n', 'dx', ['image', 'mel']],
  ])('names a missing column and those found: %j', (text, column, found) => {
    expect(problemsOf(text)).toEqual([
      { kind: 'missing-column', path: 'labels.csv', column, found },
    ]);
  });

  it('names an image id that stands twice, and reports it beside unknown labels', () => {
    expect(problemsOf('image_id,dx\na,nv\nb,nv\na.jpg,mel\na,nv\nc,c\n')).toMatchObject([
      { kind: 'unknown-label', row: 6 },
      { kind: 'duplicate-image-id', imageId: 'a', where: ['row 2', 'row 4'], count: 1 },
    ]);
  });

  it.each([
    ['image_id,dx\na,nv,extra\n', 2],
    ['image_id,dx\na,"nv\n', 2],
    ['image_id,dx\n,nv\n', 2],
    ['image_id,dx,DX\na,nv,nv\n', 1],
  ])('refuses what is no table: %j', (text, row) => {
    const [problem] = problemsOf(text);
    expect(problem).toMatchObject({ kind: 'malformed-csv', path: 'labels.csv' });
    expect(problem).toHaveProperty('row', row);
  });
});
