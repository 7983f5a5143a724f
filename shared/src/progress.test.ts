import { describe, expect, it } from 'vitest';
import { createProgress, formatDuration } from './progress.ts';

function fake(isTTY: boolean) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const stream = { isTTY, columns: 60, write: (text: string) => written.push(text) };
  return { written, clock, options: { stream, now: () => clock.ms } };
}

describe('createProgress', () => {
  it('writes a plain line every five seconds where there is no terminal', () => {
    const { written, clock, options } = fake(false);
    const progress = createProgress('decoding', 1000, options);
    for (let i = 0; i < 200; i++) {
      clock.ms += 100;
      progress.advance(5);
    }
    progress.done();
    expect(written).toEqual([
      'decoding 250 of 1,000 (25 %), 15 s left\n',
      'decoding 500 of 1,000 (50 %), 10 s left\n',
      'decoding 750 of 1,000 (75 %), 5.0 s left\n',
      'decoding 1,000 of 1,000 (100 %), 0.0 s left\n',
      'decoding 1,000 in 20 s\n',
    ]);
  });

  it('rewrites one line on a terminal, no more than ten times a second, no wider than it is', () => {
    const { written, clock, options } = fake(true);
    const progress = createProgress('decoding', 1000, options);
    for (let i = 0; i < 1000; i++) {
      clock.ms += 1;
      progress.advance(1, 'a very long note that does not fit on the line at all');
    }
    progress.done('all fine');
    expect(written.length).toBeLessThanOrEqual(12);
    for (const text of written) expect(text.startsWith('\r\x1b[2K')).toBe(true);
    for (const text of written.slice(0, -1)) {
      expect(text).not.toContain('\n');
      expect(text.length).toBeLessThanOrEqual(60 + '\r\x1b[2K'.length);
    }
    expect(written.at(-1)).toBe('\r\x1b[2Kdecoding 1,000 in 1.0 s, all fine\n');
  });

  it('does not take what was done before for speed', () => {
    const { written, clock, options } = fake(false);
    const progress = createProgress('training', 1000, options);
    progress.advance(900);
    for (let i = 0; i < 6; i++) {
      clock.ms += 1000;
      progress.advance(1);
    }
    expect(written).toEqual(['training 905 of 1,000 (90 %), 1 min 35 s left\n']);
  });

  it('forgets a speed that is past', () => {
    const { written, clock, options } = fake(false);
    const progress = createProgress('training', 10_000, options);
    for (let i = 0; i < 400; i++) {
      clock.ms += 1000;
      progress.advance(i < 200 ? 10 : 1);
    }
    expect(written.at(-1)).toBe('training 2,200 of 10,000 (22 %), 2 h 10 min left\n');
  });

  it('says how far broken-off work came, and copes with none at all', () => {
    const { written, clock, options } = fake(false);
    const broken = createProgress('fetching', 10, options);
    broken.advance(3);
    broken.done();
    createProgress('nothing', 0, options).done();
    const slow = createProgress('slow', 2, options);
    clock.ms += 60_000;
    slow.advance(1, 'loss 0.5');
    expect(written).toEqual([
      'fetching 3 of 10 in 0.0 s\n',
      'nothing 0 in 0.0 s\n',
      'slow 1 of 2 (50 %), loss 0.5\n',
    ]);
  });
});

it.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [59.6, '1 min 0 s'],
  [185, '3 min 5 s'],
  [7830, '2 h 10 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
