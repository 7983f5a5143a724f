import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeExamples } from '../src/http/docs/code-examples.ts';
import type { Described } from '../src/http/docs/described.ts';
import { exampleAnswer } from '../src/http/docs/example-answers.ts';
import { exampleRequest } from '../src/http/docs/example-request.ts';
import type { OpenApiDocument } from '../src/http/openapi/document.ts';
import { gradcamResponseSchema } from '../src/schemas/gradcam.ts';
import { liveSchema, readySchema } from '../src/schemas/health.ts';
import {
  inferResponseSchema,
  modelMetadataSchema,
  modelReadySchema,
  serverMetadataSchema,
  v2LiveSchema,
  v2ReadySchema,
} from '../src/schemas/inference-protocol.ts';
import { lesionResponseSchema } from '../src/schemas/lesion.ts';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { axeFindings } from './helpers/axe.ts';
import { findChromium, launchChromium } from './helpers/chromium.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const run = promisify(execFile);
const executable = findChromium();

/** What each recorded answer must be. */
const SCHEMAS = {
  postPredict: predictResponseSchema,
  postGradcam: gradcamResponseSchema,
  postLesion: lesionResponseSchema,
  getModel: modelResponseSchema,
  getHealthLive: liveSchema,
  getHealthReady: readySchema,
  getV2: serverMetadataSchema,
  getV2HealthLive: v2LiveSchema,
  getV2HealthReady: v2ReadySchema,
  getV2ModelsName: modelMetadataSchema,
  getV2ModelsNameReady: modelReadySchema,
  postV2ModelsNameInfer: inferResponseSchema,
  postV2ModelsNameExplain: inferResponseSchema,
} as const;

let server: ServerProcess;
let page: string;
let headers: Headers;
let operations: readonly Described[];
let folder: string;

beforeAll(async () => {
  server = await startServer({
    NAEVUS_MODEL_DIR: writeFixtureArtifact({ clinic: true, similar: true }),
  });
  const response = await fetch(`${server.url}/docs`);
  expect(response.status).toBe(200);
  ({ headers } = response);
  page = await response.text();
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApiDocument;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  folder = mkdtempSync(join(tmpdir(), 'naevus-docs-'));
  for (const name of ['image.jpg', 'photo-1.jpg', 'photo-2.jpg']) {
    writeFileSync(join(folder, name), await jpeg());
  }
}, 60_000);

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  expect(await server.stop()).toBe(0);
});

function served() {
  return {
    ...{ origin: server.url, name: 'naevus-fixture', version: '0.0.1' },
    ...{ label: 'mel', recordedClasses: true },
  };
}

describe('GET /docs', () => {
  it('is a page that loads nothing from another host, and nothing inline', () => {
    expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(headers.get('Content-Security-Policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'/,
    );
    expect(page).toContain('Not a medical device');
    expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|@import|url\(/i);
    expect(page.match(/(?:href|src)="(?:https?:)?\/\/[^"]*/gi) ?? []).toEqual([]);
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script type="module" src="assets/docs.js">']);
  });

  it('has every operation once, with an example in each language, an answer and a form', () => {
    for (const described of operations) {
      const { operationId } = described.operation;
      expect(page.split(`id="${operationId}"`)).toHaveLength(2);
      for (const { language, code } of codeExamples(exampleRequest(described, served()))) {
        expect(page).toContain(`id="${operationId}-${language}"`);
        expect(page).toContain(escapeHtml(code));
      }
      expect(page).toContain(`id="${operationId}-result"`);
    }
  });

  it('answers HEAD as GET, without the body', async () => {
    const response = await fetch(`${server.url}/docs`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toBe('');
  });
});

describe('the examples', () => {
  it('have an answer for each operation that answers with JSON, as the schemas have it now', () => {
    const json = operations
      .filter(({ operation }) => 'application/json' in (operation.responses[200]!.content ?? {}))
      .map(({ operation }) => operation.operationId)
      .filter((id) => !id.includes('VersionsVersion'));
    expect(Object.keys(SCHEMAS).sort()).toEqual(json.sort());
    for (const [id, schema] of Object.entries(SCHEMAS)) {
      const parsed = schema.safeParse(JSON.parse(exampleAnswer(id)!));
      expect([id, parsed.error?.issues]).toEqual([id, undefined]);
    }
  });

  it.skipIf(!has('curl'))('in curl and TypeScript run', { timeout: 120_000 }, async () => {
    const asked = operations.filter(({ path }) => !path.startsWith('/cases'));
    for (const described of asked) {
      const request = exampleRequest(described, served());
      const [curl, typeScript] = codeExamples(request);
      const script = join(folder, 'example.mjs');
      writeFileSync(script, typeScript!.code);
      const { stdout } = await run('sh', ['-c', curl!.code.replace('curl', 'curl -sS --fail')], {
        cwd: folder,
      });
      expect([described.path, typeof JSON.parse(stdout)]).toEqual([described.path, 'object']);
      if (!described.path.includes('/versions/')) {
        await run(process.execPath, [script], { cwd: folder });
      }
    }
  });
});

describe.skipIf(!executable)('the page of the API in a browser', { timeout: 90_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium(executable!);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
  });

  it.each([320, 1280])('answers a form, and gives axe nothing to find: %i wide', async (width) => {
    const context = await browser.newContext({ viewport: { width, height: 800 } });
    const tab = await context.newPage();
    const complaints: string[] = [];
    tab.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await tab.goto(`${server.url}/docs#postGradcam`);
    const operation = tab.locator('#postGradcam');
    expect(await operation.getAttribute('open')).not.toBeNull();
    await operation.locator('input[type=file]').setInputFiles(join(folder, 'image.jpg'));
    await operation.locator('[name=class]').selectOption('nv');
    await operation.getByRole('button', { name: 'Send' }).click();
    const result = tab.locator('#postGradcam-result');
    await expect
      .poll(() => result.innerText())
      .toMatch(/^200 OK, application\/json.*"class": "nv"/s);
    await operation.locator('[name=accept]').selectOption('image/png');
    await operation.getByRole('button', { name: 'Send' }).click();
    await result.locator('canvas').waitFor();

    expect(await axeFindings(tab, ['violations'])).toEqual([]);
    const overflow = await tab.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

function has(program: string): boolean {
  const found = process.env.PATH?.split(delimiter).some((place) =>
    existsSync(join(place, program)),
  );
  if (!found) console.warn(`SKIPPED: no ${program} in PATH; the examples that use it are not run`);
  return found === true;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
