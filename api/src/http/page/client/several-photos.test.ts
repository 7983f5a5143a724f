import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from '../../../../test/helpers/chromium.ts';
import { writeFixtureArtifact } from '../../../../test/helpers/fixture-artifact.ts';
import { BLUE, jpeg, RED } from '../../../../test/helpers/pictures.ts';
import { type ServerProcess, startServer } from '../../../../test/helpers/server-process.ts';

const executable = findChromium();

describe.skipIf(!executable)('a lesion on the page', { timeout: 60_000 }, () => {
  let server: ServerProcess;
  let browser: Browser;
  let red: Buffer;
  let blue: Buffer;

  beforeAll(async () => {
    red = Buffer.from(await jpeg(RED));
    blue = Buffer.from(await jpeg(BLUE));
    const model = writeFixtureArtifact({ clinic: true, similar: true });
    server = await startServer({ NAEVUS_MODEL_DIR: model });
    browser = await launchChromium(executable!);
  }, 90_000);

  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  afterAll(async () => {
    await browser.close();
    expect(await server.stop()).toBe(0);
  });

  async function visit(path = '/', options: BrowserContextOptions = {}) {
    const page = await (await browser.newContext(options)).newPage();
    const requests: URL[] = [];
    page.on('request', (request) => requests.push(new URL(request.url())));
    await page.goto(server.url + path);
    const asked = () => requests.filter(({ pathname }) => /gradcam|lesion/.test(pathname));
    return { page, asked };
  }

  function files(...buffers: Buffer[]) {
    return buffers.map((buffer, i) => ({
      name: `photo-${i + 1}.jpg`,
      mimeType: 'image/jpeg',
      buffer,
    }));
  }

  async function expectAnswer(page: Page): Promise<void> {
    await expect.poll(() => page.locator('#status').innerText()).toContain('Assessment');
    await page.locator('#map').waitFor();
  }

  it('has one answer to several photos, and a map of the one that is chosen', async () => {
    const { page, asked } = await visit();
    await page.setInputFiles('#choose', files(red, red, blue));
    await expectAnswer(page);
    expect(asked().map(({ pathname }) => pathname)).toEqual(['/lesion', '/gradcam']);
    expect(await page.locator('#decision-pooled').innerText()).toContain(
      '2 of 3 photos were counted.',
    );
    const photos = page.locator('#photo-list li');
    const texts = await photos.allInnerTexts();
    expect(texts[0]).toMatch(/Photo 1: photo-1\.jpg.*refer, weight 50%/s);
    expect(texts[2]).toMatch(/Photo 3: photo-3\.jpg.*No answer for this photo, not counted/s);

    await photos.nth(2).getByRole('button').first().click();
    await expect.poll(() => page.locator('#map-note').innerText()).toContain('was not counted');
    expect(await page.locator('#map').isVisible()).toBe(false);
    expect(asked()).toHaveLength(2);

    await photos.nth(1).getByRole('button').first().click();
    await page.locator('#map').waitFor();
    expect(asked()).toHaveLength(3);

    await photos.nth(0).getByRole('button', { name: 'Remove photo 1' }).click();
    await expect
      .poll(() => page.locator('#decision-pooled').innerText())
      .toContain('1 of 2 photos were counted.');
  });

  it('takes photos of the same lesion in addition, and no more than a lesion may have', async () => {
    const { page, asked } = await visit();
    await page.setInputFiles('#choose', files(red));
    await expectAnswer(page);
    await page.setInputFiles('#add', files(red));
    await expect.poll(() => asked().at(-2)?.pathname).toBe('/lesion');
    await page.setInputFiles('#add', files(...Array<Buffer>(7).fill(red)));
    expect(await page.locator('#problem').innerText()).toContain(
      '9 photos came; a lesion may have 8.',
    );
  });

  it('asks with what is known of the patient and the options, and says what is not in the answer yet', async () => {
    const { page, asked } = await visit();
    await page.setInputFiles('#choose', files(red));
    await expectAnswer(page);
    expect(asked().at(-1)!.search).toBe('?similar=10');
    await page.getByLabel('Age in years').fill('80');
    await page.locator('[name=sex]').selectOption('female');
    await page.locator('.options summary').click();
    await page.locator('[name=coverage]').selectOption('0.95');
    await page.locator('#prior').selectOption('custom');
    await page.locator('#shares').fill('0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.1');
    expect(await page.locator('#questions-changed').innerText()).toContain('not in the answer');
    await page.getByRole('button', { name: 'Score with these' }).click();
    await expectAnswer(page);
    expect(Object.fromEntries(asked().at(-1)!.searchParams)).toEqual({
      ...{ age: '80', sex: 'female', coverage: '0.95', similar: '10' },
      prior: '0.1,0.1,0.1,0.1,0.2,0.3,0.1',
    });
  });

  it('zooms and moves by keys, and shows photo and map side by side', async () => {
    const { page } = await visit();
    await page.setInputFiles('#choose', files(red));
    await expectAnswer(page);
    const transform = () =>
      page.locator('#overlay').evaluate((canvas) => (canvas as HTMLElement).style.transform);
    await page.locator('#viewer').focus();
    await page.keyboard.press('+');
    expect(await transform()).toBe('translate(-25%, -25%) scale(1.5)');
    await page.keyboard.press('ArrowRight');
    expect(await transform()).toBe('translate(-35%, -25%) scale(1.5)');
    await page.keyboard.press('0');
    expect(await transform()).toBe('translate(0%, 0%) scale(1)');
    await page.getByLabel('Side by side').check();
    expect(await page.locator('#photo').isVisible()).toBe(true);
    expect(await page.locator('#overlay').isVisible()).toBe(true);
    await page.getByLabel('Photo alone').check();
    expect(await page.locator('#overlay').isVisible()).toBe(false);
  });

  it('keeps answers for this session, compares two dates, and saves them', async () => {
    const { page } = await visit();
    for (const [date, buffer] of [
      ['2026-01-05', red],
      ['2026-07-05', Buffer.from(await jpeg([200, 60, 40]))],
    ] as const) {
      await page.setInputFiles('#choose', files(buffer));
      await expectAnswer(page);
      await page.locator('#lesion').fill('left arm');
      await page.locator('#taken-on').fill(date);
      await page.locator('#taken-on').blur();
    }
    const entries = page.locator('#session-list li');
    await expect.poll(() => entries.allInnerTexts()).toHaveLength(2);
    expect(await entries.first().innerText()).toMatch(/Jul 5, 2026: left arm.*refer, malignant/s);
    expect(await page.locator('#compare-days').innerText()).toBe('181 days between the two.');
    expect(await page.locator('#about-earlier').innerText()).toContain('photo-1.jpg');
    expect(await page.locator('#compare-scores tr').allInnerTexts()).toHaveLength(7);

    const saving = page.waitForEvent('download');
    await page.locator('#save-csv').click();
    const download = await saving;
    expect(download.suggestedFilename()).toMatch(/^naevus-\d{4}-\d\d-\d\d\.csv$/);

    // The answers stay as long as the tab does, and go when they are deleted.
    await page.goto(`${server.url}/?language=de`);
    expect(await entries.allInnerTexts()).toHaveLength(2);
    expect(await entries.first().innerText()).toContain('überweisen');
    // The longest words, in the table too, fit the narrowest screen.
    await page.setViewportSize({ width: 320, height: 700 });
    const overflow = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    expect(await overflow()).toBe(0);
    await page.locator('#clear').click();
    expect(await page.locator('#session').isVisible()).toBe(false);
    await page.reload();
    expect(await page.locator('#session').isVisible()).toBe(false);
  });

  it('answers in the language of the page', async () => {
    const { page } = await visit('/', { locale: 'fr-FR' });
    expect(await page.locator('html').getAttribute('lang')).toBe('fr');
    await page.setInputFiles('#choose', files(red));
    await expect.poll(() => page.locator('#status').innerText()).toContain('Mélanome');
    expect(await page.locator('#decision-word').innerText()).toMatch(/^adresser$/i);
    expect(await page.locator('#decision-reasons').innerText()).toContain('Les scores');
    expect(await page.locator('#scores li').first().innerText()).toContain('ICD-10 C43, D03');
  });
});
