import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/**
 * What axe-core finds on a page, in words.
 *
 * @param kinds `incomplete`: what it leaves to be looked at
 */
export async function axeFindings(
  page: Page,
  kinds: readonly ('violations' | 'incomplete')[],
): Promise<unknown> {
  const session = await page.context().newCDPSession(page);
  // Past the page's own policy, which lets no other script in.
  await session.send('Runtime.evaluate', { expression: AXE });
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ${JSON.stringify(kinds)} }).then(
        (results) => ${JSON.stringify(kinds)}.flatMap((kind) => results[kind]).map(
          ({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join('; ')))`,
    awaitPromise: true,
    returnByValue: true,
  });
  return result.value;
}
