import { operatingPointNames } from '@naevus/shared/answer/operating-point';
import { hasRisks, labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import * as z from 'zod';

/**
 * What of an answer depends on the classes of the version that gives it. The schemas know strings alone, because
 * a server may hold versions with different classes; {@link describedBy} says which strings they are.
 */
type Part =
  /** One of the labels. */
  | 'label'
  /** Has a member for each label. */
  | 'record-of-all'
  /** Has at most an item for each label. */
  | 'list-of-all'
  | 'operating-point'
  /** Is null where the classes have no risk groups. */
  | 'of-risks';

const parts = z.registry<{ readonly part: Part }>();

/** One of the labels of the version. */
export function label(description?: string): z.ZodString {
  const schema = description === undefined ? z.string() : z.string().meta({ description });
  return schema.register(parts, { part: 'label' });
}

/** A value for each label of the version. */
export function recordOfAll<T extends z.ZodType>(value: T): z.ZodRecord<z.ZodString, T> {
  return z.record(label(), value).register(parts, { part: 'record-of-all' });
}

/** At least one item, and at most one for each label of the version. */
export function listOfAll<T extends z.ZodType>(item: T, description: string): z.ZodArray<T> {
  return z.array(item).min(1).meta({ description }).register(parts, { part: 'list-of-all' });
}

/**
 * Name of one of the version's operating points.
 *
 * @param accepts what is taken for one
 */
export function operatingPoint(accepts: (name: string) => boolean = () => true): z.ZodString {
  return z.string().refine(accepts).register(parts, { part: 'operating-point' });
}

/** What only classes with risk groups have; else it is null. */
export function ofRisks<T extends z.ZodType>(schema: T): z.ZodNullable<T> {
  const nullable = schema.nullable();
  parts.add(nullable, { part: 'of-risks' });
  return nullable;
}

/** As `z.toJSONSchema` takes it. */
export type Override = (context: {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}) => void;

/**
 * For `z.toJSONSchema`: what the strings of the answers are.
 *
 * @param taxonomy of the versions that answer; undefined where they differ, so that any string is described
 */
export function describedBy(taxonomy: Taxonomy | undefined): Override {
  return ({ zodSchema, jsonSchema }) => {
    const part = parts.get(zodSchema)?.part;
    if (part === undefined || taxonomy === undefined) return;
    switch (part) {
      case 'label':
        jsonSchema.enum = labelsOf(taxonomy);
        return;
      case 'record-of-all':
        jsonSchema.required = labelsOf(taxonomy);
        return;
      case 'list-of-all':
        jsonSchema.maxItems = taxonomy.classes.length;
        return;
      case 'operating-point':
        jsonSchema.enum = operatingPointNames(taxonomy);
        return;
      case 'of-risks': {
        if (!hasRisks(taxonomy)) return;
        const { anyOf: [inner] = [], ...rest } = jsonSchema;
        for (const name of Object.keys(jsonSchema)) delete jsonSchema[name];
        Object.assign(jsonSchema, inner, rest);
      }
    }
  };
}
