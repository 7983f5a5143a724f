/** The part of JSON Schema (2020-12) that is read here. */
interface Schema {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly prefixItems?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

/**
 * TypeScript declarations of JSON Schemas (2020-12), as far as Zod writes them for the answers of the API.
 *
 * @param schemas by the name of the type; `$ref` is such a name
 * @returns one exported type a schema
 * @throws Error on a schema of a form that it does not know
 */
export function printTypes(schemas: Readonly<Record<string, object>>): string {
  return Object.entries(schemas as Readonly<Record<string, Schema>>)
    .map(([name, schema]) => `${comment(schema)}export type ${name} = ${typeOf(schema)};\n`)
    .join('\n');
}

/** What describes a schema without saying what type it is. */
const WITHOUT_TYPE = new Set([
  ...['$schema', '$id', 'id', 'description', 'examples', 'default', 'format', 'pattern'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems'],
]);

function typeOf(schema: Schema): string {
  const { $ref, enum: values, anyOf, oneOf, type } = schema;
  if ($ref !== undefined) return $ref;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (values !== undefined) return union(values.map((value) => JSON.stringify(value)));
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) return union(choices.map(typeOf));
  if (typeof type === 'object') return union(type.map((one) => typeOf({ ...schema, type: one })));
  if (type === 'object') return objectType(schema);
  if (type === 'array') return arrayType(schema);
  if (type === 'string' || type === 'number' || type === 'boolean' || type === 'null') return type;
  if (type === 'integer') return 'number';
  if (Object.keys(schema).every((key) => WITHOUT_TYPE.has(key))) return 'unknown';
  throw new Error(`there is no type for the schema ${JSON.stringify(schema)}`);
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

function arrayType({ prefixItems, items = {} }: Schema): string {
  if (prefixItems !== undefined) return `[${prefixItems.map(typeOf).join(', ')}]`;
  const item = typeOf(items);
  return /^\w+$/.test(item) ? `${item}[]` : `Array<${item}>`;
}

function objectType({
  properties = {},
  required = [],
  propertyNames,
  additionalProperties,
}: Schema): string {
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  if (propertyNames?.enum !== undefined && others !== undefined) {
    const record = `Record<${typeOf(propertyNames)}, ${typeOf(others)}>`;
    return required.length > 0 ? record : `Partial<${record}>`;
  }
  const members = Object.entries(properties).map(
    ([name, schema]) =>
      `${comment(schema)}${/^\w+$/.test(name) ? name : JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};\n`,
  );
  if (others !== undefined) {
    // Beside members of other types, it has to allow theirs.
    const value = members.length > 0 ? 'unknown' : typeOf(others);
    members.push(`[member: string]: ${value};\n`);
  }
  return `{\n${members.join('').replace(/^(?=.)/gm, '  ')}}`;
}

function comment({ description }: Schema): string {
  return description === undefined ? '' : `/** ${description.replaceAll('*/', '* /')} */\n`;
}
