import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenApiDocument } from '../src/http/openapi/document.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

let server: ServerProcess;
let document: OpenApiDocument;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
  const response = await fetch(`${server.url}/openapi.json`);
  expect(response.headers.get('Content-Type')).toBe('application/json');
  document = (await response.json()) as OpenApiDocument;
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

/** Every `$ref` in a value, wherever it is. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === '$ref' && typeof member === 'string' ? [member] : references(member),
  );
}

describe('/openapi.json', () => {
  it('describes every route that clients call', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/predict',
        '/gradcam',
        '/lesion',
        '/model',
        '/health/live',
        '/health/ready',
      ]),
    );
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers to schemas that are there, and has none that is not referred to', () => {
    const wanted = new Set(
      references(document).map((ref) => ref.replace('#/components/schemas/', '')),
    );
    expect(wanted).toEqual(new Set(Object.keys(document.components.schemas)));
  });

  it('promises no form of X-Request-Id, as another is replaced and not refused', () => {
    const { parameters } = document.paths['/predict']!.post!;
    expect(parameters).toContainEqual(
      expect.objectContaining({ name: 'X-Request-Id', schema: { type: 'string' } }),
    );
  });

  it('has the query parameters with their ranges', () => {
    const predict = document.paths['/predict']!.post!;
    expect(predict.parameters).toContainEqual(
      expect.objectContaining({
        name: 'top_k',
        in: 'query',
        schema: expect.objectContaining({ type: 'integer', minimum: 1, maximum: 7, default: 7 }),
      }),
    );
    const gradcam = document.paths['/gradcam']!.post!;
    expect(gradcam.parameters).toContainEqual(
      expect.objectContaining({ name: 'class', schema: expect.objectContaining({ enum: LABELS }) }),
    );
  });

  it('has the problems of the contract at each route that takes images', () => {
    for (const path of ['/predict', '/gradcam', '/lesion']) {
      const { responses } = document.paths[path]!.post!;
      expect(Object.keys(responses)).toEqual(
        expect.arrayContaining([
          '200',
          '400',
          '406',
          '408',
          '413',
          '415',
          '422',
          '500',
          '503',
          '504',
        ]),
      );
      expect(responses['415']!.content).toEqual({
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        ...(path !== '/gradcam' && {
          'application/fhir+json': { schema: { $ref: '#/components/schemas/OperationOutcome' } },
        }),
      });
    }
  });
});
