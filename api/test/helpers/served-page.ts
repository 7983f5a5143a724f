import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** A phone that is held upright. */
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
};

/** A page that was opened, and what it did. */
export interface Visit {
  readonly page: Page;
  /** What the browser complained of, the policy's violations among it. */
  readonly complaints: string[];
  /** Addresses that anything was asked of. */
  readonly requests: string[];
  /** Of these, those of scores and heat maps. */
  asked(): URL[];
}

/** A server, and a browser that visits its page; both live as long as the tests of a `describe`. */
export interface ServedPage {
  readonly server: ServerProcess;
  readonly browser: Browser;
  /** Opens the page in a context of its own, which is closed after the test. */
  visit(options?: BrowserContextOptions, at?: { url?: string; path?: string }): Promise<Visit>;
}

/**
 * To be called in a `describe`.
 *
 * @param settings of the server, made before it starts
 */
export function servePage(executable: string, settings: () => Record<string, string>): ServedPage {
  let server: ServerProcess;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer(settings());
    browser = await launchChromium(executable);
  }, 120_000);

  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop()).toBe(0);
  }, 60_000);

  return {
    get server() {
      return server;
    },
    get browser() {
      return browser;
    },
    async visit(options = {}, { url = server.url, path = '/' } = {}) {
      const page = await (await browser.newContext(options)).newPage();
      const complaints: string[] = [];
      const requests: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(url + path);
      const asked = () =>
        requests
          .map((address) => new URL(address))
          .filter(({ pathname }) => /gradcam|lesion/.test(pathname));
      return { page, complaints, requests, asked };
    },
  };
}

/** Files as a page takes them, `photo-1.jpg` and so on. */
export function photoFiles(...buffers: readonly Uint8Array[]) {
  return buffers.map((buffer, i) => ({
    name: `photo-${i + 1}.jpg`,
    mimeType: 'image/jpeg',
    buffer: Buffer.from(buffer),
  }));
}

/** Waits for scores and the heat map. */
export async function expectAnswer(page: Page, timeout = 30_000): Promise<void> {
  await page.locator('#map').waitFor({ timeout });
  await page.locator('#overlay').waitFor({ timeout });
  await expect.poll(() => page.locator('#status').innerText(), { timeout }).toMatch(/\d\s?%/);
}
