import { readdirSync, readFileSync } from 'node:fs';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES } from '../src/http/page/examples.ts';
import { CATALOGUES } from '../src/language/catalogues.ts';
import { classTexts } from '../src/language/class-texts.ts';
import { LANGUAGES } from '../src/schemas/languages.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const EXAMPLE_FILES = EXAMPLES.map(({ id }) => `${id}.jpg`);

let server: ServerProcess;
let page: string;
let headers: Headers;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
  const response = await fetch(`${server.url}/`);
  expect(response.status).toBe(200);
  headers = response.headers;
  page = await response.text();
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

/** Paths of what the page loads. */
function loaded(): string[] {
  return [...page.matchAll(/<(?:script|link|img)[^>]* (?:src|href)="([^"]*)"/g)].map(([, path]) =>
    path!.startsWith('assets/') ? `/${path}` : path!,
  );
}

/** Names of code systems, which come with the codes of the classes: nothing is asked of them. */
const CODE_SYSTEMS = [
  'http://hl7.org/fhir/sid/icd-10',
  'http://id.who.int/icd/release/11/mms',
  'http://snomed.info/sct',
];

describe('GET /', () => {
  it('is HTML under a policy that allows its own files and nothing inline', () => {
    expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    const policy = Object.fromEntries(
      headers
        .get('Content-Security-Policy')!
        .split('; ')
        .map((directive) => {
          const [name, ...sources] = directive.split(' ');
          return [name!, sources.join(' ')];
        }),
    );
    expect(policy).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self'",
      'connect-src': "'self'",
      'worker-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': 'naevus-workers',
    });
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('X-Frame-Options')).toBe('DENY');
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(headers.get('Permissions-Policy')).toContain('camera=()');
    expect(headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
  });

  it('has nothing inline that the policy would stop', () => {
    expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:/i);
    const scripts = page.match(/<script[^>]*>/g);
    // The texts are data: a browser runs nothing of them, whatever the policy.
    expect(scripts).toEqual([
      '<script type="application/json" id="texts">',
      '<script type="module" src="assets/page.js">',
    ]);
  });

  it('says what must be said, without a script', () => {
    expect(page).toContain(DISCLAIMER);
    expect(page).toContain('not kept or logged');
    expect(page).toContain('for photos taken without a dermatoscope');
    expect(page).toContain('A phone photo taken without a dermatoscope is outside');
    expect(page).toContain('all classes to be equally frequent');
    for (const { name } of HAM10000.classes) expect(page).toContain(name.en);
    expect(page).toContain('doi:10.7910/DVN/DBW86T');
    expect(page).toContain('ViDIR Group, Department of Dermatology, Medical University of Vienna');
    expect(page).toContain('CC BY-NC 4.0');
  });

  it('names the model and the limit that it is served with', async () => {
    expect(page).toContain('naevus-fixture 0.0.1');
    expect(page).toContain('data-bytes="10485760"');
    expect(page).toContain('together up to 10 MiB');
    const other = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact({ manifest: (m) => ({ ...m, name: '<b>&"x' }) }),
      NAEVUS_MAX_BODY_BYTES: '1500000',
    });
    const text = await (await fetch(`${other.url}/`)).text();
    expect(await other.stop()).toBe(0);
    expect(text).toContain('data-bytes="1500000"');
    expect(text).toContain('together up to 1.43 MiB');
    expect(text).toContain('&lt;b&gt;&amp;&quot;x');
    expect(text).not.toContain('<b>&');
  });

  it('answers HEAD as GET, without the body', async () => {
    const response = await fetch(`${server.url}/`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Security-Policy')).toBe(
      headers.get('Content-Security-Policy'),
    );
    expect(await response.text()).toBe('');
  });
});

describe('the language of the page', () => {
  const read = async (path: string, language?: string) => {
    const response = await fetch(server.url + path, {
      headers: language ? { 'Accept-Language': language } : {},
    });
    return { response, text: await response.text() };
  };

  it('is what Accept-Language prefers, or what the query asks for', async () => {
    const { response, text } = await read('/', 'de-AT, fr;q=0.5');
    expect(response.headers.get('Content-Language')).toBe('de');
    expect(response.headers.get('Vary')).toContain('Accept-Language');
    expect(text).toContain('<html lang="de">');
    const asked = await read('/?language=es', 'de');
    expect(asked.response.headers.get('Content-Language')).toBe('es');
    expect(asked.text).toContain('<html lang="es">');
    const other = await read('/?language=it');
    expect(other.response.status).toBe(400);
  });

  it.each(LANGUAGES)('%s has every text in it, and links to the others', async (language) => {
    const { text } = await read(`/?language=${language}`);
    const { page: texts, disclaimer, translation } = CATALOGUES[language];
    const { classes } = classTexts(HAM10000, language);
    const riskOf = Object.fromEntries(HAM10000.classes.map(({ label, risk }) => [label, risk]));
    for (const expected of [
      ...Object.values(classes),
      ...[texts.markup.notForPhones, texts.markup.photos.takeCaution, disclaimer],
      ...(translation ? [translation] : []),
    ]) {
      expect(text).toContain(escapeHtml(expected));
    }
    for (const one of LANGUAGES) expect(text).toContain(`href="?language=${one}"`);
    const inScript = JSON.parse(text.match(/id="texts">(.*?)<\/script>/s)![1]!) as unknown;
    expect(inScript).toEqual({ ...texts.script, classes, riskOf });
  });

  it('says of a translation alone that it was not reviewed', async () => {
    const said = CATALOGUES.de.translation!;
    expect((await read('/?language=de')).text).toContain(said);
    expect((await read('/')).text).not.toContain('reviewed by');
  });
});

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

describe('GET /assets/…', () => {
  const TYPES: Readonly<Record<string, string>> = {
    js: 'text/javascript; charset=utf-8',
    css: 'text/css; charset=utf-8',
    png: 'image/png',
    jpg: 'image/jpeg',
  };

  it('is what the page loads, each with its type, and asked for again only when it changed', async () => {
    expect(loaded()).toEqual(
      expect.arrayContaining([
        '/assets/page.js',
        '/assets/page.css',
        ...EXAMPLE_FILES.map((name) => `/assets/${name}`),
      ]),
    );
    for (const path of loaded()) {
      const response = await fetch(server.url + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('Content-Type')).toBe(TYPES[path.split('.').at(-1)!]);
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(response.headers.get('Cache-Control')).toBe('public, no-cache');
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
      const etag = response.headers.get('ETag')!;
      const again = await fetch(server.url + path, { headers: { 'If-None-Match': etag } });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe('');
    }
  });

  it('names no other host in any text', async () => {
    const texts = [page];
    for (const path of loaded().filter((name) => /\.(js|css)$/.test(name))) {
      texts.push(await (await fetch(server.url + path)).text());
    }
    expect(texts).toHaveLength(3);
    for (const text of texts) {
      const named = [server.url, ...CODE_SYSTEMS];
      const own = named.reduce((rest, address) => rest.replaceAll(address, ''), text);
      expect(own.match(/\b(?:https?|wss?|ftp):\/\/[^"'\s]*/gi) ?? []).toEqual([]);
      expect(
        own.match(/(?:src|href|action)="\/\/|\burl\(|@import|sourceMappingURL/g) ?? [],
      ).toEqual([]);
    }
  });

  it('lets only the workers compile WebAssembly, which do nothing but ask this server', async () => {
    for (const name of ['on-device.js', 'service-worker.js']) {
      const response = await fetch(`${server.url}/assets/${name}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('Content-Security-Policy')).toBe(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
      );
      expect(response.headers.get('Service-Worker-Allowed')).toBe('/');
    }
    const wasm = await fetch(`${server.url}/assets/decoder.wasm`);
    expect(wasm.headers.get('Content-Type')).toBe('application/wasm');
  });

  it('is a script small enough to be read', async () => {
    const script = await (await fetch(`${server.url}/assets/page.js`)).text();
    expect(script.length).toBeLessThan(40_960);
  });

  it.each(['none.js', '__proto__', 'constructor', 'ATTRIBUTION.md', '..%2Fnode.js'])(
    'has no %s',
    async (name) => {
      const response = await fetch(`${server.url}/assets/${name}`);
      expect(response.status).toBe(404);
      expect(problemSchema.parse(await response.json()).type).toBe('urn:naevus:problem:not-found');
    },
  );
});

describe('the examples', () => {
  const folder = new URL('../src/http/page/examples/', import.meta.url);

  it('are attributed beside the files, and small', () => {
    const attribution = readFileSync(new URL('ATTRIBUTION.md', folder), 'utf8');
    const images = readdirSync(folder).filter((name) => name.endsWith('.jpg'));
    expect(images.sort()).toEqual([...EXAMPLE_FILES].sort());
    for (const { id, diagnosis } of EXAMPLES) {
      expect(attribution).toMatch(new RegExp(`${id}\\.jpg.*\`${diagnosis}\``));
      expect(readFileSync(new URL(`${id}.jpg`, folder)).length).toBeLessThanOrEqual(40 * 1024);
    }
    expect(attribution).toContain('CC BY-NC 4.0');
  });

  it.each(EXAMPLE_FILES)('%s carries no metadata', async (name) => {
    const { exif, xmp, iptc } = await sharp(readFileSync(new URL(name, folder))).metadata();
    expect([exif, xmp, iptc]).toEqual([undefined, undefined, undefined]);
  });
});
