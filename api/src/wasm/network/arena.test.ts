import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Arena } from './arena.ts';

it('never lays two regions over each other, and takes freed room again', () => {
  const actions = fc.array(fc.tuple(fc.nat(1000), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(actions, (steps) => {
      const arena = new Arena(64);
      const taken: { start: number; end: number }[] = [];
      for (const [number, give] of steps) {
        if (give && taken.length > 0) {
          const [region] = taken.splice(number % taken.length, 1);
          arena.give(region!.start);
          continue;
        }
        const start = arena.take(number + 1);
        const region = { start, end: start + number + 1 };
        for (const other of taken) {
          expect(region.end <= other.start || other.end <= region.start).toBe(true);
        }
        expect(start % 64).toBe(0);
        expect(region.end).toBeLessThanOrEqual(arena.end);
        taken.push(region);
      }
      for (const { start } of taken) arena.give(start);
      const { end } = arena;
      // All is free again, in one piece.
      if (end > 64) expect(arena.take(end - 64)).toBe(64);
      expect(arena.end).toBe(Math.max(64, end));
    }),
  );
});

it('refuses to free what was not taken', () => {
  expect(() => new Arena(0).give(64)).toThrow('64');
});
