import { describe, expect, it, vi } from 'vitest';
import { ProblemError } from '../../../answers/problem-error.ts';
import type { ReportContent } from '../../../answers/report-content.ts';
import { reportThread } from './report-thread.ts';

/** A thread that does what the content's id says. */
const THREAD = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id, content }) => {
      if (content.id === 'die') process.exit(3);
      if (content.id === 'fail') return parentPort.postMessage({ id, defect: 'no such font' });
      const end = Date.now() + 200;
      while (content.id === 'slow' && Date.now() < end);
      parentPort.postMessage({ id, pdf: new TextEncoder().encode(content.id) });
    });
  `)}`,
);

const content = (id: string) => ({ id }) as ReportContent;
const text = (pdf: Uint8Array) => new TextDecoder().decode(pdf);

describe('reportThread', () => {
  it('gives each report to who asked for it, and leaves the event loop to others meanwhile', async () => {
    const onLost = vi.fn();
    const render = reportThread(THREAD, onLost);
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    const made = await Promise.all(['slow', 'a', 'b'].map((id) => render(content(id))));
    clearInterval(turning);
    expect(made.map(text)).toEqual(['slow', 'a', 'b']);
    expect(turns).toBeGreaterThan(10);
    expect(onLost).not.toHaveBeenCalled();
  });

  it('fails the report that cannot be made alone', async () => {
    const render = reportThread(THREAD, () => {});
    const [failed, made] = await Promise.allSettled(['fail', 'a'].map((id) => render(content(id))));
    expect(failed).toMatchObject({ reason: { message: 'no such font' } });
    expect(made).toMatchObject({ status: 'fulfilled' });
  });

  it('answers 503 where its thread died, and makes another', async () => {
    const onLost = vi.fn();
    const render = reportThread(THREAD, onLost);
    const error = await render(content('die')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ kind: 'interrupted', status: 503 });
    expect(onLost).toHaveBeenCalledExactlyOnceWith('ended with code 3');
    expect(text(await render(content('again')))).toBe('again');
  });
});
