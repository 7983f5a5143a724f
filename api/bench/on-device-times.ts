import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { findChromium, launchChromium } from '../test/helpers/chromium.ts';

// Bundled and run by on-device-times.mjs: node on-device-times.mjs URL TIMES PHOTO...
// Prints one line of JSON: OnDeviceTimes, or null where there is no browser.

export interface OnDeviceTimes {
  /** With the model to fetch and to start. */
  readonly firstMs: number;
  /** From the choice of a file to its answer on the page, as the page says it. */
  readonly warmMs: readonly number[];
  /** Of these, decoding and network. */
  readonly warmComputingMs: readonly number[];
  /** Whether a page that is loaded anew with the network cut answers. */
  readonly offline: boolean;
}

const [url, times, ...photos] = process.argv.slice(2) as [string, string, ...string[]];
const executable = findChromium();
console.log(JSON.stringify(executable ? await measure(executable) : null));

async function measure(executablePath: string): Promise<OnDeviceTimes> {
  const browser = await launchChromium(executablePath);
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await page.check('#on-device');
    const { whole: firstMs } = await answer(page, 0);
    const warm: Awaited<ReturnType<typeof answer>>[] = [];
    for (let time = 1; time <= Number(times); time++) warm.push(await answer(page, time));
    await context.setOffline(true);
    await page.reload();
    await page.check('#on-device');
    const offline = await answer(page, 0).then(
      () => true,
      () => false,
    );
    return {
      firstMs,
      warmMs: warm.map(({ whole }) => whole),
      warmComputingMs: warm.map(({ computing }) => computing),
      offline,
    };
  } finally {
    await browser.close();
  }
}

async function answer(page: Page, index: number): Promise<{ whole: number; computing: number }> {
  const buffer = readFileSync(photos[index % photos.length]!);
  // What was said of the picture before goes as soon as another is chosen.
  await page.setInputFiles('#choose', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer });
  await page.locator('#map').waitFor({ timeout: 60_000 });
  const text = await page.locator('#fact-time').innerText();
  const [decoding, network, whole] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return { whole: whole!, computing: decoding! + network! };
}
