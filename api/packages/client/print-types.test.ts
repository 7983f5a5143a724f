import { expect, it } from 'vitest';
import * as z from 'zod';
import { printTypes } from './print-types.ts';

it('prints the types that the schemas infer', () => {
  const inner = z.strictObject({ n: z.int().nullable(), pair: z.tuple([z.number(), z.string()]) });
  const registry = z.registry<{ id: string }>();
  registry.add(inner, { id: 'Inner' });
  const outer = z.looseObject({
    'a-b': z.literal('x').meta({ description: 'Says */ why.' }),
    many: z.array(inner).optional(),
    either: z.array(z.union([inner, z.boolean()])),
    all: z.record(z.enum(['p', 'q']), z.number()),
    some: z.partialRecord(z.enum(['p', 'q']), inner),
    any: z.record(z.string(), z.number()),
    choice: z.enum(['p', 'q']),
    mixed: z.array(z.number().nullable()),
    open: z.unknown(),
  });
  registry.add(outer, { id: 'Outer' });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => id });
  expect(printTypes(schemas)).toBe(`export type Inner = {
  n: number | null;
  pair: [number, string];
};

export type Outer = {
  /** Says * / why. */
  "a-b": "x";
  many?: Inner[];
  either: Array<Inner | boolean>;
  all: Record<"p" | "q", number>;
  some: Partial<Record<"p" | "q", Inner>>;
  any: {
    [member: string]: number;
  };
  choice: "p" | "q";
  mixed: Array<number | null>;
  open: unknown;
  [member: string]: unknown;
};
`);
});

it('refuses a schema that it does not know', () => {
  expect(() => printTypes({ Both: { allOf: [{ type: 'string' }] } })).toThrow(/allOf/);
});
