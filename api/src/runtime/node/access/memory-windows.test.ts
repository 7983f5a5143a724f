import { describe, expect, it } from 'vitest';
import { MemoryWindows } from './memory-windows.ts';

describe('windows in memory', () => {
  it('count each client, and begin anew when they end', () => {
    let now = 5000;
    const windows = new MemoryWindows(2, 60, () => now);
    expect(windows.count('a')).toEqual({ allowed: true, remaining: 1, resetSeconds: 60 });
    now += 30_500;
    expect(windows.count('a')).toEqual({ allowed: true, remaining: 0, resetSeconds: 30 });
    expect(windows.count('a')).toEqual({ allowed: false, remaining: 0, resetSeconds: 30 });
    expect(windows.count('b')).toEqual({ allowed: true, remaining: 1, resetSeconds: 60 });
    now += 30_000;
    expect(windows.count('a')).toEqual({ allowed: true, remaining: 1, resetSeconds: 60 });
  });

  it('do not look at the clock on the wall', () => {
    const wall = Date.now;
    const windows = new MemoryWindows(1, 60);
    windows.count('a');
    try {
      Date.now = () => wall() - 3_600_000;
      expect(windows.count('a').resetSeconds).toBeLessThanOrEqual(60);
    } finally {
      Date.now = wall;
    }
  });

  it('forget clients that have gone', () => {
    let now = 0;
    const windows = new MemoryWindows(1, 60, () => now);
    for (let i = 0; i < 5000; i++) windows.count(`client ${i}`);
    now += 61_000;
    windows.count('another');
    expect(windows.size).toBe(1);
  });
});
