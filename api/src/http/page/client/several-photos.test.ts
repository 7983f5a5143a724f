import { beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../../../test/helpers/chromium.ts';
import { writeFixtureArtifact } from '../../../../test/helpers/fixture-artifact.ts';
import { BLUE, jpeg, RED } from '../../../../test/helpers/pictures.ts';
import {
  expectAnswer,
  PHONE,
  photoFiles,
  servePage,
} from '../../../../test/helpers/served-page.ts';

const executable = findChromium();

describe.skipIf(!executable)('a lesion on the page', { timeout: 60_000 }, () => {
  let red: Buffer;
  let blue: Buffer;
  const served = servePage(executable!, () => ({
    NAEVUS_MODEL_DIR: writeFixtureArtifact({ clinic: true, similar: true }),
  }));
  const { visit } = served;

  beforeAll(async () => {
    red = Buffer.from(await jpeg(RED));
    blue = Buffer.from(await jpeg(BLUE));
  });

  it('has one answer to several photos, and a map of the one that is chosen', async () => {
    const { page, asked } = await visit();
    await page.setInputFiles('#choose', photoFiles(red, red, blue));
    await expectAnswer(page);
    expect(asked().map(({ pathname }) => pathname)).toEqual(['/lesion', '/gradcam']);
    expect(await page.locator('#decision-pooled').innerText()).toContain('Counted: 2 of 3 photos.');
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
      .toContain('Counted: 1 of 2 photos.');
  });

  it('takes photos of the same lesion in addition, and no more than a lesion may have', async () => {
    const { page, asked } = await visit();
    await page.setInputFiles('#choose', photoFiles(red));
    await expectAnswer(page);
    await page.setInputFiles('#add', photoFiles(red));
    await expect.poll(() => asked().at(-2)?.pathname).toBe('/lesion');
    await page.setInputFiles('#add', photoFiles(...Array<Buffer>(7).fill(red)));
    expect(await page.locator('#problem').innerText()).toContain(
      '9 photos came; a lesion may have 8.',
    );
  });

  it('asks with what is known of the patient and the options, and says what is not in the answer yet', async () => {
    const { page, asked } = await visit();
    await page.setInputFiles('#choose', photoFiles(red));
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
    expect(await page.locator('#decision-score').innerText()).toMatch(
      /That is without what is known of the patient; with it, they add up to [<>\d.]+%\.$/,
    );
    expect(Object.fromEntries(asked().at(-1)!.searchParams)).toEqual({
      ...{ age: '80', sex: 'female', coverage: '0.95', similar: '10' },
      prior: '0.1,0.1,0.1,0.1,0.2,0.3,0.1',
    });
    expect(await page.locator('#fact-patient').innerText()).toMatch(/\d%/);
    // A photo without an answer has no score, whatever is known of the patient.
    await page.setInputFiles('#choose', photoFiles(blue));
    await expect.poll(() => page.locator('#status').innerText()).toContain('No answer');
    expect(await page.locator('#fact-patient').innerText()).toMatch(/age.*sex/);
    expect(await page.locator('#fact-patient').innerText()).not.toContain('%');
  });

  it('zooms and moves by keys, and shows photo and map side by side', async () => {
    const { page } = await visit();
    await page.setInputFiles('#choose', photoFiles(red));
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
      await page.setInputFiles('#choose', photoFiles(buffer));
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
    await page.goto(`${served.server.url}/?language=de`);
    expect(await entries.allInnerTexts()).toHaveLength(2);
    expect(await entries.first().innerText()).toContain('überweisen');
    // The longest words, in the table too, fit the narrowest screen.
    await page.setViewportSize({ width: 320, height: 700 });
    const overflow = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    expect(await overflow()).toBe(0);
    // No figure and no short heading of the table is broken over two lines.
    const lines = await page
      .locator('.compare td, .compare thead th:nth-child(-n + 3)')
      .evaluateAll((cells) =>
        cells.map((cell) => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          return new Set([...range.getClientRects()].map(({ top }) => top)).size;
        }),
      );
    expect(new Set(lines)).toEqual(new Set([1]));
    await page.locator('#clear').click();
    expect(await page.locator('#session').isVisible()).toBe(false);
    await page.reload();
    expect(await page.locator('#session').isVisible()).toBe(false);
  });

  it('answers in the language of the page', async () => {
    const { page } = await visit({ locale: 'fr-FR' });
    expect(await page.locator('html').getAttribute('lang')).toBe('fr');
    await page.setInputFiles('#choose', photoFiles(red));
    await expect.poll(() => page.locator('#status').innerText()).toContain('Mélanome');
    expect(await page.locator('#decision-word').innerText()).toMatch(/^adresser$/i);
    expect(await page.locator('#decision-reasons').innerText()).toContain('Les scores');
    expect(await page.locator('#scores li').first().innerText()).toContain('ICD-10 C43, D03');
  });

  it('keeps photos, fields and answers when the language is switched', async () => {
    const { page, asked, complaints, requests } = await visit();
    await page.setInputFiles('#choose', photoFiles(red, red, blue));
    await expectAnswer(page);
    await page.locator('#photo-list li').nth(1).getByRole('button').first().click();
    await page.selectOption('#explain', 'nv');
    await expect.poll(() => page.locator('#map-caption').innerText()).toContain('naevus');
    await page.getByLabel('Age in years').fill('80');
    await page.locator('#lesion').fill('left arm');
    await page.locator('#lesion').blur();
    await page.locator('.options summary').click();
    await page.getByLabel('Side by side').check();
    await page.locator('#opacity').fill('80');
    const before = asked().length;

    await page.getByRole('link', { name: 'Deutsch' }).click();
    await expect.poll(() => page.locator('#status').innerText()).toContain('Beurteilung');
    await expect.poll(() => page.locator('#map-caption').innerText()).toContain('Nävus');
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    expect(await page.title()).not.toContain('lesions');
    expect(new URL(page.url()).search).toBe('?language=de');
    expect(await page.locator('#photo-list li').allInnerTexts()).toHaveLength(3);
    expect(await page.locator('#photo-list [aria-pressed=true]').innerText()).toContain(
      'photo-2.jpg',
    );
    expect(await page.locator('#decision-word').innerText()).toMatch(/^überweisen$/i);
    expect(await page.locator('#decision-reasons').innerText()).toContain('Die Werte für Melanom');
    for (const [id, value] of [
      ['#explain', 'nv'],
      ['[name=age]', '80'],
      ['#lesion', 'left arm'],
      ['#opacity', '80'],
    ] as const) {
      expect(await page.locator(id).inputValue(), id).toBe(value);
    }
    expect(await page.locator('#opacity-value').innerText()).toBe('80%');
    expect(await page.locator('.options').evaluate((details) => details.hasAttribute('open'))).toBe(
      true,
    );
    expect(await page.locator('#photo').isVisible()).toBe(true);
    expect(await page.locator('#overlay').isVisible()).toBe(true);
    // As it was answered before; the field that was changed since is still not in it.
    expect(
      asked()
        .slice(before)
        .map(({ pathname, search }) => pathname + search),
    ).toEqual(['/lesion?similar=10', '/gradcam?class=nv']);
    expect(await page.locator('#questions-changed').innerText()).not.toBe('');
    expect(await page.locator('#session-list li').allInnerTexts()).toHaveLength(1);
    expect(await page.locator('#session-list li').first().innerText()).toContain('überweisen');
    const focused = () => page.evaluate(() => document.activeElement!.textContent);
    expect(await focused()).toBe('Deutsch');

    // Listens to a paste once, and takes what is chosen now.
    await page.setInputFiles('#choose', photoFiles(red));
    await expectAnswer(page);
    expect(await page.locator('#lesion').inputValue()).toBe('');
    await page.getByRole('link', { name: 'English' }).click();
    await expect.poll(() => page.locator('#status').innerText()).toContain('Assessment: refer');
    expect(requests.filter((url) => url.endsWith('/assets/page.js'))).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  it('says so, and keeps all, where the page does not come in another language', async () => {
    const { page } = await visit();
    await page.setInputFiles('#choose', photoFiles(red));
    await expectAnswer(page);
    await page.route('**/?language=fr', (route) => route.abort());
    await page.getByRole('link', { name: 'Français' }).click();
    await expect.poll(() => page.locator('#problem').innerText()).toContain('could not be reached');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.locator('#status').innerText()).toContain('Assessment');
    expect(await page.locator('#map').isVisible()).toBe(true);
  });

  it('zooms by two fingers around the place between them, and moves by one', async () => {
    const { page } = await visit(PHONE);
    await page.setInputFiles('#choose', photoFiles(red));
    await expectAnswer(page);
    const overlay = page.locator('#overlay');
    await overlay.scrollIntoViewIfNeeded();
    const frame = (await page.locator('.overlay-frame').boundingBox())!;
    const x = frame.x + frame.width / 2;
    const y = frame.y + frame.height / 2;
    const session = await page.context().newCDPSession(page);
    const touch = (
      type: 'touchStart' | 'touchMove' | 'touchEnd',
      ...points: (readonly [number, number])[]
    ) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })),
      });
    const shown = async () => {
      const style = await overlay.evaluate((canvas) => (canvas as HTMLElement).style.transform);
      const numbers = style.match(/-?[\d.]+/g) ?? ['0', '0', '1'];
      return numbers.map(Number) as [number, number, number];
    };

    await touch('touchStart', [x - 20, y], [x + 20, y]);
    for (const apart of [30, 40, 50, 60]) {
      await touch('touchMove', [x - apart, y], [x + apart, y]);
    }
    await touch('touchEnd');
    const [left, top, scale] = await shown();
    expect(scale).toBeGreaterThan(2.7);
    expect(scale).toBeLessThan(3.3);
    // The middle stays where it is.
    const middle = (1 - scale) * 50;
    expect(Math.abs(left - middle)).toBeLessThan(15);
    expect(Math.abs(top - middle)).toBeLessThan(15);
    // The page itself was not zoomed.
    expect(await page.evaluate(() => visualViewport!.scale)).toBe(1);

    await touch('touchStart', [x, y]);
    await touch('touchMove', [x + 30, y]);
    await touch('touchEnd');
    const [moved, same, kept] = await shown();
    expect(kept).toBe(scale);
    expect(moved - left).toBeCloseTo((100 * 30) / frame.width, 0);
    expect(same).toBe(top);

    await touch('touchStart', [x - 60, y], [x + 60, y]);
    await touch('touchMove', [x - 5, y], [x + 5, y]);
    await touch('touchEnd');
    expect(await shown()).toEqual([0, 0, 1]);

    // With nothing to move, one finger scrolls the page.
    const scrolled = () => page.evaluate(() => scrollY);
    const from = await scrolled();
    await touch('touchStart', [x, y]);
    for (const up of [20, 40, 60, 80]) await touch('touchMove', [x, y - up]);
    await touch('touchEnd');
    await expect.poll(scrolled).toBeGreaterThan(from);
  });
});
