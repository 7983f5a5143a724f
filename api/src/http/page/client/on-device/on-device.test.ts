import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from '../../../../../test/helpers/chromium.ts';
import { lesion } from '../../../../../test/helpers/conformance-requests.ts';
import { type ServerProcess, startServer } from '../../../../../test/helpers/server-process.ts';
import { newKey } from '../../../../runtime/node/access/new-key.ts';
import type { GradcamResponse } from '../../../../schemas/gradcam.ts';
import { modelResponseSchema } from '../../../../schemas/model.ts';
import { percent } from '../wording.ts';

const executable = findChromium();

describe.skipIf(!executable)('scoring on this device', { timeout: 240_000 }, () => {
  let server: ServerProcess;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({ NAEVUS_WORKERS: '1' });
    browser = await launchChromium(executable!);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop()).toBe(0);
  }, 60_000);

  function choose(page: Page, index: number): Promise<void> {
    const buffer = Buffer.from(lesion(index));
    return page.setInputFiles('#choose', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer });
  }

  async function expectAnswer(page: Page): Promise<string[]> {
    await page.locator('#map').waitFor({ timeout: 120_000 });
    return page.locator('#scores li').allInnerTexts();
  }

  it('gives the answer of the server, sends no photo, and works with the network cut', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const complaints: string[] = [];
    const sent: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    // Of the context: requests of the page, of its worker and of its service worker.
    context.on('request', (request) => {
      if (request.method() !== 'GET' || request.postDataBuffer() !== null) sent.push(request.url());
    });
    await page.goto(`${server.url}/`);
    const expected = (await (
      await server.post('/gradcam', lesion(0), { Accept: 'application/json' })
    ).json()) as GradcamResponse;
    const asked = () =>
      server.log.filter(({ route }) => route === '/gradcam' || route === '/predict').length;
    // The line of the request above may still be on its way.
    await expect.poll(asked).toBe(1);
    const before = asked();

    await page.check('#on-device');
    expect(await page.locator('#privacy').innerText()).toContain('stay on this device');
    await choose(page, 0);
    const rows = await expectAnswer(page);
    for (const [i, { name, score }] of expected.predictions.entries()) {
      expect(rows[i]).toContain(name);
      const shown = Number(rows[i]!.match(/([\d.]+)%/)![1]);
      expect(Math.abs(shown - Number(percent(score).match(/[\d.]+/)![0]))).toBeLessThanOrEqual(2);
    }
    expect(await page.locator('#explain').inputValue()).toBe(expected.class);
    expect(await page.locator('#facts').innerText()).toContain(expected.model.version);
    expect(await page.locator('#fact-limits').innerText()).toBe(expected.limits);
    expect(sent).toEqual([]);
    expect(asked()).toBe(before);
    expect(complaints).toEqual([]);

    // Images of similar cases come after the model, and an answer does not wait for them.
    const images = () =>
      page.evaluate(async () => {
        const requests = await (await caches.open('naevus-on-device')).keys();
        return requests.filter(({ url }) => url.endsWith('.webp')).length;
      });
    const { similar_cases } = modelResponseSchema.parse(
      await (await fetch(`${server.url}/model`)).json(),
    );
    const ready = () => page.locator('#download-text').innerText();
    await expect.poll(ready, { timeout: 60_000 }).toBe('The model is on this device.');
    expect(await images()).toBe(similar_cases!.pictures!.count);

    await context.setOffline(true);
    await page.reload();
    // The choice is remembered.
    expect(await page.isChecked('#on-device')).toBe(true);
    await choose(page, 1);
    const offline = await expectAnswer(page);
    expect(offline.join()).not.toBe(rows.join());
    await page.selectOption('#explain', 'vasc');
    await expect.poll(() => page.locator('#map-caption').innerText()).toContain('Vascular');
    expect(await page.locator('#download-text').innerText()).toBe('The model is on this device.');
    const pictured = page.locator('#similar-list img');
    expect(await page.locator('#similar-list li').count()).toBe(10);
    for (const image of await pictured.all()) {
      const width = () => image.evaluate((img) => (img as HTMLImageElement).naturalWidth);
      await expect.poll(width).toBeGreaterThan(0);
    }
    const time = await page.locator('#fact-time').innerText();
    console.log(`on this device, offline: ${time}`);

    // In another language, which the page was not seen in before; then several photos.
    await page.getByRole('link', { name: 'Deutsch' }).click();
    await expect.poll(() => page.locator('#map-caption').innerText()).toContain('Vaskulär');
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    const photos = [0, 1].map((index) => ({
      ...{ name: `photo-${index}.jpg`, mimeType: 'image/jpeg' },
      buffer: Buffer.from(lesion(index)),
    }));
    await page.setInputFiles('#choose', photos);
    await expectAnswer(page);
    expect(await page.locator('#photo-list li').allInnerTexts()).toHaveLength(2);
    expect(await page.locator('#decision-pooled').innerText()).toMatch(/\d von 2 Fotos/);
    expect(sent).toEqual([]);
    expect(asked()).toBe(before);
    await context.close();
  });

  it('says what is wrong with a file, as the server does', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/`);
    await page.check('#on-device');
    const buffer = Buffer.from(lesion(0).slice(0, 9000));
    await page.setInputFiles('#choose', { name: 'cut.jpg', mimeType: 'image/jpeg', buffer });
    await page.locator('#problem p').first().waitFor({ timeout: 120_000 });
    expect(await page.locator('#problem').innerText()).toContain('cut off');
    await page.close();
  });

  it('asks for a key where the model is for those with one', async () => {
    const { key, line } = newKey('browser');
    const closed = await startServer({ NAEVUS_WORKERS: '1', NAEVUS_API_KEYS: line });
    const page = await browser.newPage();
    await page.goto(`${closed.url}/`);
    await page.check('#on-device');
    await page.getByLabel('Access key').fill(key);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('The model is on this device.').waitFor({ timeout: 120_000 });
    expect(await page.locator('#problem').innerText()).toBe('');
    await page.close();
    expect(await closed.stop()).toBe(0);
  });
});
