import { LABELS, LESION_CLASSES } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { axeFindings } from '../../../../test/helpers/axe.ts';
import { findChromium } from '../../../../test/helpers/chromium.ts';
import { expectedScores, writeFixtureArtifact } from '../../../../test/helpers/fixture-artifact.ts';
import { BLUE, cornered, jpeg, RED } from '../../../../test/helpers/pictures.ts';
import { expectAnswer, PHONE, servePage } from '../../../../test/helpers/served-page.ts';
import { startServer } from '../../../../test/helpers/server-process.ts';
import { percent } from './wording.ts';

const executable = findChromium();

describe.skipIf(!executable)('the page in a browser', { timeout: 60_000 }, () => {
  let image: Buffer;
  const served = servePage(executable!, () => ({
    NAEVUS_MODEL_DIR: writeFixtureArtifact(),
    NAEVUS_MAX_BODY_BYTES: '200000',
  }));
  const { visit } = served;

  beforeAll(async () => {
    image = Buffer.from(await jpeg(RED));
  });

  function choose(page: Page, buffer: Buffer, name = 'photo.jpg'): Promise<void> {
    return page.setInputFiles('#choose', { name, mimeType: 'image/jpeg', buffer });
  }

  /** Red, green and blue of the photo with its heat map, at a place from 0 to 1. */
  function pixel(page: Page, x: number, y: number): Promise<number[]> {
    return page.evaluate(
      async ([x, y]) => {
        // The photo is drawn with the next frame.
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        const canvas = document.querySelector<HTMLCanvasElement>('#overlay')!;
        const context = canvas.getContext('2d')!;
        const [r, g, b] = context.getImageData(x! * canvas.width, y! * canvas.height, 1, 1).data;
        return [r!, g!, b!];
      },
      [x, y],
    );
  }

  /** What axe-core finds, and what it leaves to be looked at. */
  const axe = (page: Page) => axeFindings(page, ['violations', 'incomplete']);

  it('shows scores, highest first, with names and risks in words, and asks nobody else', async () => {
    const { page, complaints, requests } = await visit();
    await choose(page, image);
    await expectAnswer(page);
    const scores = expectedScores(...RED);
    const rows = await page.locator('#scores li').allInnerTexts();
    const order = LABELS.map((label, i) => ({ label, score: scores[i]! })).sort(
      (a, b) => b.score - a.score,
    );
    expect(rows).toHaveLength(7);
    for (const [i, { label, score }] of order.entries()) {
      const { name, risk } = LESION_CLASSES[label];
      expect(rows[i]).toContain(name);
      expect(rows[i]).toContain(risk);
      const shown = Number(rows[i]!.match(/([\d.]+)%/)![1]);
      expect(shown).toBeCloseTo(Math.max(score * 100, 0.1), 0);
    }
    const widths = await page
      .locator('.fill')
      .evaluateAll((fills) =>
        fills.map((fill) => Number.parseFloat((fill as HTMLElement).style.width)),
      );
    expect(widths.map((width) => percent(width / 100))).toEqual(
      rows.map((row) => row.match(/[<>]?[\d.]+%/)![0]),
    );
    await expect
      .poll(() => page.locator('#status').innerText())
      .toMatch(
        /^Highest score: Melanoma \(malignant\), [\d.]+%\. Malignant and premalignant classes together: [\d.]+%\.$/,
      );
    expect(await page.locator('#facts').innerText()).toMatch(
      /naevus-fixture 0\.0\.1.*320 × 240 pixels, JPEG.*decoding [\d.]+ ms, network [\d.]+ ms/s,
    );
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(`${served.server.url}/`))).toEqual([]);
    expect(requests.filter((url) => url.includes('/gradcam'))).toHaveLength(1);
  });

  it('lays the heat over where it lies, as strongly as the slider says', async () => {
    const { page } = await visit();
    await choose(page, await cornered().png().toBuffer());
    await expectAnswer(page);
    await page.selectOption('#explain', 'mel');
    const caption = page.locator('#map-caption');
    await expect
      .poll(() => caption.innerText())
      .toContain('for “Melanoma”; the strongest lies at the top left');
    const slider = page.locator('#opacity');

    await slider.fill('0');
    expect(await pixel(page, 0.07, 0.07)).toEqual([...RED]);
    expect(await pixel(page, 0.9, 0.9)).toEqual([120, 120, 120]);
    await slider.fill('100');
    // The hottest colour of viridis, and a region with next to no heat.
    const [red, green, blue] = await pixel(page, 0.07, 0.07);
    expect(red!).toBeGreaterThan(200);
    expect(green!).toBeGreaterThan(200);
    expect(blue!).toBeLessThan(90);
    expect(await page.locator('#opacity-value').innerText()).toBe('100%');
  });

  it('explains another class on demand, and asks once for each', async () => {
    const { page, requests } = await visit();
    await choose(page, image);
    await expectAnswer(page);
    await page.selectOption('#explain', 'nv');
    const caption = page.locator('#map-caption');
    await expect.poll(() => caption.innerText()).toContain('“Melanocytic naevus”');
    await page.selectOption('#explain', 'mel');
    await expect.poll(() => caption.innerText()).toContain('“Melanoma”');
    const queries = requests
      .filter((url) => url.includes('gradcam'))
      .map((url) => new URL(url).search);
    expect(queries).toEqual(['', '?class=nv']);
    expect(await page.locator('#status').innerText()).toContain('Highest score: Melanoma');
  });

  it('draws a finer map on demand, and says how much of it speaks for the class', async () => {
    const { page, requests } = await visit();
    await choose(page, await cornered().png().toBuffer());
    await expectAnswer(page);
    await page.selectOption('#explain', 'mel');
    const caption = page.locator('#map-caption');
    await expect.poll(() => caption.innerText()).toContain('“Melanoma”');
    await page.locator('#opacity').fill('100');
    const coarse = await pixel(page, 0.3, 0.07);
    await page.locator('#finer').check();
    await expect.poll(() => pixel(page, 0.3, 0.07)).not.toEqual(coarse);
    expect(await caption.innerText()).toMatch(/\d% of the map speaks for it/);
    await page.locator('#finer').uncheck();
    await expect.poll(() => pixel(page, 0.3, 0.07)).toEqual(coarse);
    const queries = requests
      .filter((url) => url.includes('gradcam'))
      .map((url) => new URL(url).search);
    expect(queries.slice(-1)).toEqual(['?class=mel&method=dense-grad-cam']);
  });

  it('takes an example, and says what it is', async () => {
    const { page, complaints } = await visit(PHONE);
    await page.getByRole('button', { name: 'Basal cell carcinoma' }).tap();
    await expectAnswer(page);
    expect(await page.locator('#diagnosis').innerText()).toBe(
      'Diagnosis of this example, by histology: Basal cell carcinoma.',
    );
    await choose(page, image);
    await expect.poll(() => page.locator('#status').innerText()).toContain('Melanoma');
    expect(await page.locator('#diagnosis').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it.each(['drop', 'paste'])('takes a photo by %s', async (how) => {
    const { page } = await visit();
    const leftToBrowser = await page.evaluate(
      ([how, bytes]) => {
        const data = new DataTransfer();
        const jpeg = Uint8Array.from(atob(bytes!), (c) => c.charCodeAt(0));
        data.items.add(new File([jpeg], 'photo.jpg', { type: 'image/jpeg' }));
        const init = { bubbles: true, cancelable: true };
        const event =
          how === 'drop'
            ? new DragEvent('drop', { ...init, dataTransfer: data })
            : new ClipboardEvent('paste', { ...init, clipboardData: data });
        return document.body.dispatchEvent(event);
      },
      [how, image.toString('base64')],
    );
    expect(leftToBrowser).toBe(how === 'paste');
    await expectAnswer(page);
  });

  it('says a problem in sentences, without scores of the photo before', async () => {
    const { page } = await visit();
    await choose(page, image);
    await expectAnswer(page);
    const gif = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(64)]);
    await choose(page, gif);
    const problem = page.locator('#problem');
    await expect
      .poll(() => problem.innerText())
      .toMatch(
        /^Unsupported image format\. The first bytes look like GIF; .*\.\s+Request [\w-]+$/s,
      );
    expect(await page.locator('#map').isVisible()).toBe(false);
    expect(await page.locator('#scores').innerText()).not.toContain('%');
    expect(await page.locator('#status').innerText()).toBe('');
  });

  it('refuses a file over the limit without sending it', async () => {
    const { page, requests } = await visit();
    await choose(page, Buffer.concat([image, Buffer.alloc(200_000)]));
    await expect
      .poll(() => page.locator('#problem').innerText())
      .toMatch(/The file is too large\. .*195 KiB/);
    expect(requests.some((url) => url.includes('gradcam'))).toBe(false);
  });

  it('tries again after the server could not be reached', async () => {
    const { page } = await visit();
    await page.route('**/gradcam', (route) => route.abort());
    await choose(page, image);
    const again = page.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    expect(await page.locator('#problem').innerText()).toContain('could not be reached');
    await page.unroute('**/gradcam');
    await again.click();
    await expectAnswer(page);
    expect(await page.locator('#problem').innerText()).toBe('');
  });

  it('asks for a key where the server wants one, and sends it', async () => {
    const { page } = await visit();
    const sent: (string | undefined)[] = [];
    await page.route('**/gradcam', (route) => {
      const { authorization } = route.request().headers();
      sent.push(authorization);
      if (authorization) return route.continue();
      return route.fulfill({
        status: 401,
        contentType: 'application/problem+json',
        body: JSON.stringify({ title: 'Key missing', detail: 'send a key', status: 401 }),
      });
    });
    await choose(page, image);
    await page.getByLabel('Access key').fill('the-key');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await expectAnswer(page);
    expect(sent).toEqual([undefined, 'Bearer the-key']);
    expect(await page.getByLabel('Access key').isVisible()).toBe(false);
  });

  it('drops the answer about a photo that is no longer there', async () => {
    const { page } = await visit();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let first = true;
    await page.route('**/gradcam', async (route) => {
      if (first) {
        first = false;
        await held;
      }
      await route.continue().catch(() => {});
    });
    await choose(page, Buffer.from(await jpeg([20, 30, 230])));
    await choose(page, image);
    await expectAnswer(page);
    release();
    await page.waitForTimeout(300);
    expect(await page.locator('#status').innerText()).toContain('Melanoma');
  });

  it('is worked by the keyboard, in the order that it is read', async () => {
    const { page } = await visit();
    await choose(page, image);
    await expectAnswer(page);
    const focused = () =>
      page.evaluate(() => {
        const active = document.activeElement as HTMLInputElement;
        if (active.type === 'radio') return active.value;
        return active.id || active.name || active.textContent?.trim() || active.tagName;
      });
    const order: string[] = [];
    await page.locator('.skip').focus();
    const expected = [
      ...['Skip to the photos', 'English', 'Deutsch', 'Français', 'Español'],
      ...['viewer', 'zoom-in', 'zoom-out', 'zoom-reset', 'overlay'],
      ...['explain', 'opacity', 'finer', 'choose', 'add'],
      ...['No photo at hand? Take an example.', 'on-device', 'age', 'sex', 'site', 'taken-on'],
    ];
    for (const _ of expected) {
      order.push(await focused());
      await page.keyboard.press('Tab');
    }
    expect(order).toEqual(expected);
    await page.locator('#opacity').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#opacity-value').innerText()).toBe('55%');
  });

  it('keeps the disclaimer in view, and nothing wider than the screen', async () => {
    for (const options of [{}, PHONE, { ...PHONE, viewport: { width: 320, height: 568 } }]) {
      const { page } = await visit(options);
      await choose(page, image);
      await expectAnswer(page);
      await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' }));
      const { top, overflow } = await page.evaluate(() => ({
        top: document.querySelector('.disclaimer')!.getBoundingClientRect().top,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      }));
      expect({ top, overflow }).toEqual({ top: 0, overflow: 0 });
    }
  });

  it.each<[string, BrowserContextOptions]>([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['light, on a phone', { ...PHONE, colorScheme: 'light' }],
    ['dark, on a phone', { ...PHONE, colorScheme: 'dark' }],
  ])('gives axe nothing to find: %s', async (_, options) => {
    // Bars that still grow would be measured half-way.
    const { page } = await visit({ ...options, reducedMotion: 'reduce' });
    expect(await axe(page)).toEqual([]);
    await choose(page, image);
    await expectAnswer(page);
    expect(await axe(page)).toEqual([]);
    await choose(page, Buffer.from('no picture'));
    await page.locator('#problem p').first().waitFor();
    expect(await axe(page)).toEqual([]);
  });

  it('says the decision first, with why and what to do, and nothing where none should be believed', async () => {
    const assessed = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact({ assessed: true, similar: true }),
    });
    const { page, complaints } = await visit({}, assessed);
    const [status, scores] = [page.locator('#status'), page.locator('#scores')];
    const decision = page.locator('#decision');
    await choose(page, image);
    await expect.poll(() => status.innerText()).toContain('Highest score: Melanoma');
    expect(await decision.getAttribute('data-triage')).toBe('refer');
    const text = await decision.innerText();
    expect(text).toMatch(/reach the threshold of 30\.0%.*The scores of melanoma.*Next step/s);
    expect(text).toContain('Cannot be excluded: Melanoma (at a coverage of 90%).');
    expect(await page.locator('#fact-limits').innerText()).toContain('Phone photographs');
    expect(await page.locator('#quality-list').innerText()).toContain('Brightness: good');
    expect(await scores.innerText()).toMatch(
      /ICD-10 C43, D03 · ICD-11 2C30, 2E63 · SNOMED CT 93655004/,
    );

    const cases = page.locator('#similar-list li');
    expect(await cases.allInnerTexts()).toHaveLength(5);
    expect(await cases.first().innerText()).toMatch(
      /^Melanoma malignant, by histology\. Similarity 1\.00\. .*ISIC_0000001/s,
    );
    expect(await page.locator('#similar-votes').innerText()).toContain('Melanoma 2');
    expect(await page.locator('#similar-class-list li').allInnerTexts()).toHaveLength(1);
    const width = () =>
      cases
        .first()
        .locator('img')
        .evaluate((img) => (img as HTMLImageElement).naturalWidth);
    await expect.poll(width).toBeGreaterThan(0);
    expect(await axe(page)).toEqual([]);

    await choose(page, Buffer.from(await jpeg(BLUE)));
    await expect.poll(() => status.innerText()).toContain('No answer for this photo.');
    expect(await decision.innerText()).toMatch(
      /^No answer for this photo.*The image does.*Next step.*through a dermatoscope/s,
    );
    expect(await decision.innerText()).not.toMatch(/\d%|Cannot be excluded/);
    expect(await scores.innerText()).not.toMatch(/\d%|ICD/);
    expect(await page.locator('#map').isVisible()).toBe(false);
    expect(await page.locator('#similar').isVisible()).toBe(false);
    // The photo as it is, with no heat over it.
    const [red, , blue] = await pixel(page, 0.5, 0.5);
    expect(red!).toBeLessThan(40);
    expect(blue!).toBeGreaterThan(200);
    expect(complaints).toEqual([]);
    await page.context().close();
    expect(await assessed.stop()).toBe(0);
  });
});
