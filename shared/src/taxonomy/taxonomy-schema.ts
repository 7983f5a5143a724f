import * as z from 'zod';
import { CODE_SYSTEM_NAMES, RISKS, type Taxonomy } from './taxonomy.ts';

/** Columns of tables and members of answers that a label must not be mistaken for. */
const RESERVED_LABELS = [
  ...['file', 'image', 'image_id', 'lesion_id', 'label', 'dx', 'error', 'all'],
  ...['age', 'sex', 'site', 'localization', 'triage', 'flagged', 'abstained', 'malignant_score'],
  ...['prediction_set', 'constructor'],
];

/** Keeps every table and answer readable. */
const MOST_CLASSES = 100;

const slug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]*$/,
    'must consist of lower-case letters, digits, "-" and "_", the first a letter or digit',
  );

const label = slug
  .refine((text) => /[a-z]/.test(text), 'must have at least one letter')
  .refine(
    (text) => !RESERVED_LABELS.includes(text),
    'is the name of a column or member of answers: choose another, such as with "class-" before it',
  );

const text = z.string().regex(/\S/, 'must not be empty');

const codes = z.array(text).default([]);

const codeSystem = z.strictObject({ uri: text, checkedIn: text });

const classSchema = z.strictObject({
  label,
  name: z.strictObject({
    en: text,
    de: text.optional(),
    fr: text.optional(),
    es: text.optional(),
  }),
  risk: z.enum(RISKS).optional(),
  critical: z.boolean().optional(),
  operatingPoint: slug.optional(),
  colour: z.string().regex(/^#[0-9a-f]{6}$/, 'must be a colour like #0072b2, in lower-case hex'),
  codes: z
    .strictObject({ icd10: codes, icd11: codes, snomedCt: codes })
    .default({ icd10: [], icd11: [], snomedCt: [] }),
  words: z.array(text).default([]),
});

/** `taxonomy` of a manifest. The file of `train --taxonomy` may leave colours out, which `readTaxonomy` adds. */
export const taxonomySchema: z.ZodType<Taxonomy> = z
  .strictObject({
    schemaVersion: z.literal(1),
    name: slug,
    title: text,
    classes: z.array(classSchema).min(2).max(MOST_CLASSES),
    codeSystems: z
      .strictObject(
        Object.fromEntries(CODE_SYSTEM_NAMES.map((name) => [name, codeSystem.optional()])) as {
          [K in (typeof CODE_SYSTEM_NAMES)[number]]: z.ZodOptional<typeof codeSystem>;
        },
      )
      .optional(),
    unseen: z.array(z.strictObject({ name: text, nextTo: z.string() })).optional(),
  })
  .superRefine((taxonomy, context) => {
    for (const { path, message } of contradictions(taxonomy)) {
      context.addIssue({ code: 'custom', path, message });
    }
  });

type Classes = Taxonomy['classes'];
type Fault = { readonly path: (string | number)[]; readonly message: string };

function contradictions({ classes, unseen }: Pick<Taxonomy, 'classes' | 'unseen'>): Fault[] {
  const labels = classes.map((one) => one.label);
  const duplicates = labels.flatMap((label, k): Fault[] => {
    const first = labels.indexOf(label);
    if (first === k) return [];
    const message = `is the label of classes.${first} too: each class needs a label of its own`;
    return [{ path: ['classes', k, 'label'], message }];
  });
  const unknown = (unseen ?? []).flatMap(({ nextTo }, i): Fault[] => {
    if (labels.includes(nextTo)) return [];
    const message = `must be one of the labels ${labels.join(', ')}`;
    return [{ path: ['unseen', i, 'nextTo'], message }];
  });
  return [...duplicates, ...unknown, ...riskFaults(classes), ...operatingPointFaults(classes)];
}

function riskFaults(classes: Classes): Fault[] {
  const without = classes.findIndex(({ risk }) => risk === undefined);
  if (classes.every(({ risk }) => risk === undefined)) return [];
  if (without >= 0) {
    const message = 'is missing: give each class a risk, or none of them';
    return [{ path: ['classes', without, 'risk'], message }];
  }
  const benign = classes.filter(({ risk }) => risk === 'benign').length;
  if (benign === 0 || benign === classes.length) {
    const message =
      'have the same side of risk, which tells nothing: name both benign and other classes, or leave "risk" out';
    return [{ path: ['classes'], message }];
  }
  return classes.flatMap(({ risk, critical }, k): Fault[] => {
    if (!critical || risk !== 'benign') return [];
    const message = 'must be malignant or premalignant, because the class is critical';
    return [{ path: ['classes', k, 'risk'], message }];
  });
}

/** Names of operating points that stand for more than one class. */
const GROUP_WORDS = ['critical', 'malignant'];

function operatingPointFaults(classes: Classes): Fault[] {
  const words = classes.map((one) => one.operatingPoint ?? one.label);
  return classes.flatMap(({ critical, operatingPoint }, k): Fault[] => {
    const path = ['classes', k, operatingPoint === undefined ? 'label' : 'operatingPoint'];
    if (!critical) {
      if (operatingPoint === undefined) return [];
      return [{ path, message: 'is for a critical class: add "critical": true, or leave it out' }];
    }
    const word = words[k]!;
    if (GROUP_WORDS.includes(word)) {
      const message = `names the operating points of a group, not of a class: give the class an "operatingPoint" such as "${word}-lesion"`;
      return [{ path, message }];
    }
    const other = classes.findIndex((one, i) => i !== k && one.critical && words[i] === word);
    if (other < 0 || other > k) return [];
    return [{ path, message: `is that of classes.${other} too: each needs its own` }];
  });
}
