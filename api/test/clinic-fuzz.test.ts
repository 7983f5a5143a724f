import { readFileSync } from 'node:fs';
import { BODY_SITE_CODES, BODY_SITE_NAMES } from '@naevus/shared/answer/body-site';
import { MAX_AGE, SEXES } from '@naevus/shared/answer/patient-spec';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFERENCE_TYPES } from '../src/schemas/fhir.ts';
import { LANGUAGES } from '../src/schemas/languages.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { MAX_SIMILAR } from '../src/schemas/similar.ts';
import { mutated, seeded } from './helpers/damaged-files.ts';
import { dicomFile, NAMED_PATIENT } from './helpers/dicom-files.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg, RED } from './helpers/pictures.ts';
import { type RequestBody, type ServerProcess, startServer } from './helpers/server-process.ts';

// On a loaded machine fewer cases, not a failure.
fc.configureGlobal({ interruptAfterTimeLimit: 40_000 });

const FHIR = { Accept: 'application/fhir+json' };

let server: ServerProcess;
let red: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  red = await jpeg(RED);
  const model = writeFixtureArtifact({ clinic: true, similar: true });
  server = await startServer({ NAEVUS_MODEL_DIR: model, NAEVUS_WORKERS: '1' });
}, 60_000);

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  // Nothing crashed, and no worker was lost.
  const complaints = server.log.filter(({ level }) => (level as number) > 30);
  expect(complaints.map(({ msg }) => msg)).toEqual([expect.stringMatching(/^no keys are set/)]);
}, 60_000);

/** An answer of any kind, as its tests expect it. */
// biome-ignore lint/suspicious/noExplicitAny: what is not there fails the test that reads it
type Answer = any;

async function read(response: Response): Promise<Answer> {
  return response.json();
}

type Fields = Readonly<Partial<Record<'age' | 'sex' | 'site' | 'similar' | 'language', string>>>;

const isDecimal = (text: string) => /^[0-9]+(\.[0-9]+)?$/.test(text);

/** What each may be, written once more without the schemas. */
const ALLOWED: { readonly [Name in keyof Required<Fields>]: (text: string) => boolean } = {
  age: (text) => isDecimal(text) && Number(text) <= MAX_AGE,
  sex: (text) => (SEXES as readonly string[]).includes(text),
  site: (text) => [...BODY_SITE_NAMES, ...BODY_SITE_CODES].includes(text),
  similar: (text) =>
    isDecimal(text) &&
    Number.isInteger(Number(text)) &&
    Number(text) >= 1 &&
    Number(text) <= MAX_SIMILAR,
  language: (text) => (LANGUAGES as readonly string[]).includes(text),
};

const NAMES = Object.keys(ALLOWED) as (keyof Fields)[];

const odd = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('-1', '1e1', '0x10', '٣', ' 5', '5 ', 'NaN', 'null', '1,5', 'Male', '__proto__'),
);
const number = fc.oneof(
  fc.integer({ min: -2, max: 200 }).map(String),
  fc.double({ min: 0, max: 130, noNaN: true }).map(String),
);
const some = (...values: readonly string[]) =>
  fc.option(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, odd), {
    nil: undefined,
  });
const anyNumber = fc.option(fc.oneof({ weight: 4, arbitrary: number }, odd), { nil: undefined });

const fields: fc.Arbitrary<Fields> = fc
  .record({
    age: anyNumber,
    sex: some(...SEXES),
    site: some(...BODY_SITE_NAMES, ...BODY_SITE_CODES),
    similar: some('1', '3', '10', '0', '11', '2.5'),
    language: some(...LANGUAGES),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

function asForm(sent: Fields): FormData {
  const form = new FormData();
  form.append('image', new Blob([red]), 'a.jpg');
  for (const [name, value] of Object.entries(sent)) form.append(name, value);
  return form;
}

function asJson(sent: Fields): string {
  const { age, ...others } = sent;
  // A number may be a number; its text must be the one that was sent. JSON writes NaN as null.
  const said = Number.isFinite(Number(age)) && String(Number(age)) === age ? Number(age) : age;
  return JSON.stringify({ image: Buffer.from(red).toString('base64'), age: said, ...others });
}

describe('age, sex, site, similar and language', { timeout: 180_000 }, () => {
  it.each(['query', 'form', 'JSON'] as const)(
    'of any value by %s: kept to, or refused by name',
    async (way) => {
      const property = fc.asyncProperty(
        fields,
        fc.constantFrom('/predict', '/lesion'),
        async (sent, path) => {
          const body: Record<typeof way, () => [string, RequestBody, Record<string, string>]> = {
            query: () => [
              `${path}?${new URLSearchParams(sent as Record<string, string>)}`,
              red,
              {},
            ],
            form: () => [path, asForm(sent), {}],
            JSON: () => [path, asJson(sent), { 'Content-Type': 'application/json' }],
          };
          const response = await server.post(...body[way]());
          const answer = await read(response);
          const wrong = NAMES.filter(
            (name) => sent[name] !== undefined && !ALLOWED[name](sent[name]),
          );
          if (wrong.length > 0) {
            expect(response.status, JSON.stringify(sent)).toBe(400);
            const { detail } = problemSchema.parse(answer);
            for (const name of NAMES) {
              const told = new RegExp(`(^|; )${name} must be`).test(detail);
              expect(told, detail).toBe(wrong.includes(name));
            }
            return;
          }
          expect(response.status, `${JSON.stringify(sent)}: ${JSON.stringify(answer)}`).toBe(200);
          expect(response.headers.get('Content-Language')).toBe(sent.language ?? 'en');
          expect(answer.similar?.length).toBe(
            sent.similar === undefined ? undefined : Math.min(Number(sent.similar), 5),
          );
          const { used = [], not_used = [] } = answer.patient ?? {};
          const said = new Map<string, unknown>(
            [...used, ...not_used].map(({ name, value }) => [name, value]),
          );
          expect([...said.keys()].sort()).toEqual(
            (['age', 'sex', 'site'] as const).filter((name) => sent[name] !== undefined),
          );
          if (sent.age !== undefined) expect(said.get('age')).toBe(Number(sent.age));
          if (sent.sex !== undefined) expect(said.get('sex')).toBe(sent.sex);
          // The patient may raise the word, never lower it.
          if (answer.patient && !answer.assessment.abstained) {
            const words = ['routine', 'review', 'refer'];
            const plain = await read(await server.post(path, asForm({})));
            expect(words.indexOf(answer.assessment.triage)).toBeGreaterThanOrEqual(
              words.indexOf(plain.assessment.triage),
            );
          }
        },
      );
      await fc.assert(property, { numRuns: 60 });
    },
  );
});

describe('images', { timeout: 180_000 }, () => {
  const file = fc.oneof(
    { weight: 2, arbitrary: fc.constant('sound' as const) },
    { weight: 1, arbitrary: fc.constant('cut' as const) },
    { weight: 1, arbitrary: fc.constant('empty' as const) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  );

  it('of any number and kind are one answer, or refused in their places', async () => {
    const property = fc.asyncProperty(
      fc.array(file, { minLength: 1, maxLength: 10 }),
      async (kinds) => {
        const form = new FormData();
        for (const kind of kinds) {
          const bytes =
            kind === 'sound'
              ? red
              : kind === 'cut'
                ? red.slice(0, 300)
                : kind === 'empty'
                  ? []
                  : kind;
          form.append('image', new Blob([new Uint8Array(bytes)]), 'a');
        }
        const response = await server.post('/lesion', form);
        const answer = await read(response);
        if (kinds.length > 8) {
          expect([response.status, answer.type]).toEqual([
            400,
            'urn:naevus:problem:too-many-images',
          ]);
        } else if (kinds.includes('sound')) {
          expect(response.status).toBe(200);
          expect(answer.images).toHaveLength(kinds.length);
          const weights = answer.images.map(({ weight }: { weight: number }) => weight);
          expect(weights.reduce((sum: number, weight: number) => sum + weight)).toBeCloseTo(1, 5);
          for (const [i, kind] of kinds.entries()) {
            expect('error' in answer.images[i]).toBe(kind !== 'sound');
            if (kind !== 'sound') expect(weights[i]).toBe(0);
          }
        } else {
          expect(response.status).toBeGreaterThanOrEqual(400);
          expect(response.status).toBeLessThan(500);
          problemSchema.parse(answer);
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('what a FHIR report refers to', { timeout: 180_000 }, () => {
  const id = fc.stringMatching(/^[A-Za-z0-9.-]{1,64}$/);
  const types = Object.values(REFERENCE_TYPES).flat();
  const reference = fc.oneof(
    fc.tuple(fc.constantFrom(...types), id).map((parts) => parts.join('/')),
    fc
      .tuple(fc.constantFrom(...types), id)
      .map((parts) => `https://clinic.example/fhir/${parts.join('/')}`),
    fc.uuid().map((uuid) => `urn:uuid:${uuid}`),
    fc.string({ maxLength: 40 }),
    fc.constantFrom('Patient/', 'Patient/a b', 'patient/1', '../Patient/1', 'Patient/1\n', '#p'),
  );

  /** As FHIR R4 has it: relative, absolute or a UUID, of the types that the element allows. */
  function isReference(text: string, allowed: readonly string[]): boolean {
    if (text.length > 256) return false;
    if (/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return true;
    const relative = /^(?:https?:\/\/[^\s"<>]+\/)?([A-Za-z]+)\/[A-Za-z0-9.-]{1,64}$/.exec(text);
    return relative !== null && !text.endsWith('\n') && allowed.includes(relative[1]!);
  }

  it('is echoed as it came, or refused by name, and never logged', async () => {
    const names = ['subject', 'encounter', 'basedOn'] as const;
    const property = fc.asyncProperty(fc.constantFrom(...names), reference, async (name, text) => {
      const query = new URLSearchParams({ [name]: text });
      const response = await server.post(`/predict?${query}`, red, FHIR);
      const answer = await read(response);
      if (!isReference(text, REFERENCE_TYPES[name])) {
        expect(response.status, text).toBe(400);
        expect(answer.resourceType).toBe('OperationOutcome');
        expect(answer.issue[0].diagnostics).toContain(`${name} must be a reference`);
        return;
      }
      expect(response.status, `${text}: ${JSON.stringify(answer)}`).toBe(200);
      const echoed = name === 'basedOn' ? answer.basedOn[0] : answer[name];
      expect(echoed).toEqual({ reference: text });
    });
    await fc.assert(property, { numRuns: 150 });
    await server.post('/predict?subject=Patient/NEVER-LOGGED-1', red, FHIR);
    expect(JSON.stringify(server.log)).not.toMatch(/NEVER-LOGGED|clinic\.example/);
  });
});

describe('damaged DICOM and HEIC files', { timeout: 300_000 }, () => {
  const field = (name: string) =>
    new Uint8Array(readFileSync(new URL(`fixtures/field/${name}`, import.meta.url)));

  it.each(['DICOM', 'HEIC'])('%s: no route gives anything but an answer or a 4xx', async (kind) => {
    const { data, info } = await sharp(field('melanoma.png'))
      .resize(96, 72)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const file =
      kind === 'HEIC'
        ? field('melanoma.heic')
        : dicomFile({
            ...{ width: info.width, height: info.height, pixels: data },
            elements: [...NAMED_PATIENT, [0x00101010, 'AS', '063Y'], [0x00100040, 'CS', 'F']],
          });
    const random = seeded(kind.length);
    const routes: readonly [string, Record<string, string>][] = [
      ['/predict?patient=dicom', {}],
      ['/lesion', {}],
      ['/lesion', { Accept: 'application/pdf' }],
      ['/predict', FHIR],
      ['/gradcam', { Accept: 'image/png' }],
      ['/v2/models/naevus-fixture/infer', { 'Inference-Header-Content-Length': '0' }],
    ];
    let answered = 0;
    for (let i = 0; i < 36; i++) {
      const [path, headers] = routes[i % routes.length]!;
      const damaged =
        i % 3 === 0
          ? file.slice(0, Math.floor(random() * file.length))
          : mutated(file, random, 700);
      const response = await server.post(path, damaged, headers);
      const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
      if (response.status === 200) answered++;
      else {
        expect(response.status, `${path}: ${text}`).toBeGreaterThanOrEqual(400);
        expect(response.status, `${path}: ${text}`).toBeLessThan(500);
      }
      expect(text).not.toMatch(/Mustermann|SECRET-4711|19630412|node_modules|RuntimeError/);
    }
    expect((await server.post('/predict', file)).status).toBe(200);
    console.log(`${kind}: ${answered} of 36 damaged files were answered`);
  });
});
