import { readFileSync } from 'node:fs';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiagnosticReport, Observation, OperationOutcome } from '../src/fhir/resources.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { dicomFile, NAMED_PATIENT } from './helpers/dicom-files.ts';
import { compileFhirSchema, type FhirSchemaCheck } from './helpers/fhir-schema.ts';
import { type FhirServer, startFhirServer } from './helpers/fhir-server.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, jpeg, RED } from './helpers/pictures.ts';
import { type RequestBody, type ServerProcess, startServer } from './helpers/server-process.ts';

const FHIR = { Accept: 'application/fhir+json' };

let server: ServerProcess;
let records: FhirServer;
let faults: FhirSchemaCheck;
let red: Uint8Array<ArrayBuffer>;
let blue: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact({ clinic: true }) });
  records = await startFhirServer();
  faults = compileFhirSchema('DiagnosticReport', 'OperationOutcome');
  red = await jpeg(RED);
  blue = await jpeg(BLUE);
}, 240_000);

afterAll(async () => {
  await records?.stop();
  expect(await server?.stop()).toBe(0);
});

function form(
  photos: readonly Uint8Array<ArrayBuffer>[],
  fields: Readonly<Record<string, string>> = {},
): FormData {
  const data = new FormData();
  for (const [i, photo] of photos.entries()) data.append('image', new Blob([photo]), `${i}.jpg`);
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

async function report(path: string, body: RequestBody): Promise<DiagnosticReport> {
  const response = await server.post(path, body, FHIR);
  const answer = (await response.json()) as DiagnosticReport;
  expect(response.status, JSON.stringify(answer)).toBe(200);
  expect(response.headers.get('Content-Type')).toBe('application/fhir+json');
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  expect(faults(answer)).toEqual([]);
  return answer;
}

const observations = ({ contained }: DiagnosticReport) =>
  contained.filter((one): one is Observation => one.resourceType === 'Observation');

const observation = (of: DiagnosticReport, id: string) =>
  observations(of).find((one) => one.id === id)!;

describe('a report', () => {
  it('is a preliminary DiagnosticReport of a machine, with all that it rests on inside', async () => {
    const answer = await report('/predict', red);
    expect(answer).toMatchObject({
      resourceType: 'DiagnosticReport',
      status: 'preliminary',
      meta: { security: [{ code: 'AIAST' }] },
    });
    expect(answer.presentedForm).toBeUndefined();
    const [device] = answer.contained;
    expect(device).toMatchObject({
      resourceType: 'Device',
      deviceName: [{ name: 'naevus-fixture', type: 'model-name' }],
      version: [{ value: '0.0.1' }],
    });
    expect(answer.result.map(({ reference }) => reference)).toEqual(
      observations(answer).map(({ id }) => `#${id}`),
    );
    for (const one of observations(answer)) expect(one.device.reference).toBe('#device');
    expect(new Set(answer.contained.map(({ id }) => id)).size).toBe(answer.contained.length);
  });

  it('says what the JSON answer says', async () => {
    const answer = await report('/predict', red);
    const plain = predictResponseSchema.parse(await (await server.post('/predict', red)).json());
    for (const { label, score } of plain.predictions) {
      expect(observation(answer, `class-${label}`).valueQuantity!.value).toBe(score);
    }
    expect(observation(answer, 'malignant-score').valueQuantity!.value).toBe(
      plain.assessment!.malignant_score,
    );
    expect(observation(answer, 'triage').valueCodeableConcept!.text).toBe(plain.assessment!.triage);
    const inSet = observation(answer, 'prediction-set').component!.map((one) => one.valueBoolean);
    expect(inSet).toEqual(LABELS.map((label) => plain.prediction_set!.labels.includes(label)));
    expect(answer.conclusion).toContain(plain.disclaimer);
    // Two codes would say that both hold: melanoma is invasive or in situ.
    expect(observation(answer, 'class-mel').code.coding).toHaveLength(1);
    expect(observation(answer, 'class-nv').code.coding).toContainEqual({
      system: 'http://snomed.info/sct',
      code: '400096001',
    });
  });

  it('gives no probability where the answer is abstained from', async () => {
    const answer = await report('/predict', blue);
    for (const id of ['class-mel', 'class-nv', 'malignant-score']) {
      expect(observation(answer, id).valueQuantity).toBeUndefined();
      expect(observation(answer, id).dataAbsentReason).toBeDefined();
    }
    expect(observation(answer, 'abstained').valueBoolean).toBe(true);
    expect(answer.conclusion).toMatch(/^No answer should be given/);
  });

  it('echoes what the caller says, from the query, a form or JSON', async () => {
    const context = {
      subject: 'Patient/p-1',
      encounter: 'Encounter/5',
      basedOn: 'ServiceRequest/7',
      site: 'back',
      age: '70',
    };
    const query = `?${new URLSearchParams(context)}`;
    const json = JSON.stringify({ images: [Buffer.from(red).toString('base64')], ...context });
    const byJson = await server.post('/lesion', json, {
      ...FHIR,
      'Content-Type': 'application/json',
    });
    const reports = [
      await report(`/predict${query}`, red),
      await report('/lesion', form([red, red], context)),
      (await byJson.json()) as DiagnosticReport,
    ];
    for (const answer of reports) {
      expect(faults(answer)).toEqual([]);
      expect(answer).toMatchObject({
        subject: { reference: 'Patient/p-1' },
        encounter: { reference: 'Encounter/5' },
        basedOn: [{ reference: 'ServiceRequest/7' }],
      });
      for (const one of observations(answer)) {
        expect(one.subject).toEqual({ reference: 'Patient/p-1' });
        expect(one.bodySite!.coding![0]!.code).toBe('66643007');
      }
      expect(answer.conclusion).toContain('With what is known of the patient: age.');
    }
    const named = await report('/predict?bodySite=left+<arm>+%26+hand', red);
    expect(observation(named, 'triage').bodySite).toEqual({ text: 'left <arm> & hand' });
    expect((await report('/predict?bodySite=368208006', red)).contained[1]).toMatchObject({
      bodySite: { coding: [{ system: 'http://snomed.info/sct', code: '368208006' }] },
    });
  });

  it('presents heat maps on request', async () => {
    const answer = await report('/lesion?heatmap=true', form([red, red]));
    expect(answer.presentedForm).toHaveLength(2);
    for (const { data, contentType } of answer.presentedForm!) {
      expect(contentType).toBe('image/png');
      expect(Buffer.from(data, 'base64').subarray(1, 4).toString()).toBe('PNG');
    }
    expect((await report('/predict?heatmap=true', red)).presentedForm).toHaveLength(1);
  });

  it.each(['HEIC', 'DICOM'])('of a photo in %s is stored, with its patient', async (kind) => {
    const photo = new URL(
      `fixtures/field/melanoma.${kind === 'HEIC' ? 'heic' : 'png'}`,
      import.meta.url,
    );
    let file = new Uint8Array(readFileSync(photo));
    if (kind === 'DICOM') {
      const { data, info } = await sharp(file)
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      file = dicomFile({
        ...{ width: info.width, height: info.height, pixels: data },
        elements: [...NAMED_PATIENT, [0x00101010, 'AS', '063Y'], [0x00180015, 'CS', 'BACK']],
      });
    }
    const from = kind === 'DICOM' ? '&patient=dicom' : '&age=63&site=back';
    const subject = `Patient/${kind}`;
    const made = await report(`/predict?subject=${subject}${from}&heatmap=true`, file);
    expect(made.conclusion).toContain('With what is known of the patient: age.');
    expect(observation(made, 'triage').bodySite!.coding![0]!.code).toBe('66643007');
    expect(JSON.stringify(made)).not.toMatch(/Mustermann|SECRET-4711|19630412/);
    const created = await fetch(`${records.url}/DiagnosticReport`, {
      method: 'POST',
      body: JSON.stringify(made),
    });
    const stored = (await created.json()) as DiagnosticReport & { readonly id: string };
    expect(created.status, JSON.stringify(stored)).toBe(201);
    const read = await fetch(`${records.url}/DiagnosticReport/${stored.id}`);
    const { meta: _, ...content } = made;
    expect(await read.json()).toMatchObject(content);
    const found = await fetch(`${records.url}/DiagnosticReport?subject=${subject}`);
    expect(await found.json()).toMatchObject({ total: 1 });
  });

  it('is stored by a FHIR server, read back and searched', async () => {
    const made = await report('/lesion?subject=Patient/p-9&age=50', form([red, red]));
    const created = await fetch(`${records.url}/DiagnosticReport`, {
      method: 'POST',
      body: JSON.stringify(made),
    });
    const stored = (await created.json()) as DiagnosticReport & { readonly id: string };
    expect(created.status, JSON.stringify(stored)).toBe(201);
    const read = await fetch(`${records.url}/DiagnosticReport/${stored.id}`);
    expect(await read.json()).toMatchObject({
      ...made,
      meta: expect.objectContaining(made.meta),
    });
    const search = async (query: string) => {
      const response = await fetch(`${records.url}/DiagnosticReport?${query}`);
      return ((await response.json()) as { readonly total: number }).total;
    };
    expect(await search('subject=Patient/p-9&status=preliminary')).toBe(1);
    expect(await search(`identifier=urn:naevus:request|${made.identifier[0]!.value}`)).toBe(1);
    expect(await search('subject=Patient/another')).toBe(0);
    const refused = await fetch(`${records.url}/DiagnosticReport`, {
      method: 'POST',
      body: JSON.stringify({ ...made, status: undefined, triage: 'refer' }),
    });
    expect(refused.status).toBe(400);
  });
});

describe('what goes wrong', () => {
  async function outcome(path: string, body: RequestBody, status: number) {
    const response = await server.post(path, body, FHIR);
    expect(response.status).toBe(status);
    expect(response.headers.get('Content-Type')).toBe('application/fhir+json');
    const answer = (await response.json()) as OperationOutcome;
    expect(faults(answer)).toEqual([]);
    return answer;
  }

  it('is an OperationOutcome', async () => {
    const broken = new Uint8Array(Buffer.from('no picture'));
    expect(await outcome('/predict', broken, 415)).toMatchObject({
      issue: [{ severity: 'error', code: 'not-supported' }],
    });
    expect(await outcome('/predict?strict=true', blue, 422)).toMatchObject({
      issue: [{ code: 'business-rule', details: { coding: [{ code: 'abstained' }] } }],
    });
    expect((await outcome('/lesion', form([broken, broken]), 422)).issue).toHaveLength(3);
    expect(await outcome('/predict', form([red, red]), 400)).toMatchObject({
      issue: [{ code: 'too-long' }],
    });
    await outcome('/predict', new Uint8Array(11 * 2 ** 20), 413);
  });

  it.each([
    ['subject=123', 'subject must be a reference to Patient'],
    ['subject=ServiceRequest/1', 'subject must be a reference to Patient'],
    ['subject=javascript:alert(1)', 'subject must be a reference to Patient'],
    ['encounter=Patient/1', 'encounter must be a reference to Encounter'],
    ['bodySite=a%0Ab', 'bodySite must be a SNOMED CT code or a text'],
    ['heatmap=yes', 'heatmap must be true or false'],
  ])('%s is refused, with what is allowed', async (query, detail) => {
    const { issue } = await outcome(`/predict?${query}`, red, 400);
    expect(issue[0]!.diagnostics).toContain(detail);
  });

  it('is a problem document for who asks for JSON, and /gradcam has no reports', async () => {
    const bad = new Uint8Array(Buffer.from('no picture'));
    const plain = await server.post('/predict', bad);
    expect(plain.headers.get('Content-Type')).toBe('application/problem+json');
    const both = await server.post('/predict', bad, {
      Accept: 'application/json, application/fhir+json;q=0.5',
    });
    expect(both.headers.get('Content-Type')).toBe('application/problem+json');
    const gradcam = await server.post('/gradcam', red, FHIR);
    expect(gradcam.status).toBe(406);
    expect(gradcam.headers.get('Content-Type')).toBe('application/problem+json');
  });
});
