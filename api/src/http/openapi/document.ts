import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import * as z from 'zod';
import type { Engines } from '../../analysis/engines.ts';
import { operationOutcomeSchema } from '../../schemas/fhir.ts';
import { v2ErrorSchema } from '../../schemas/inference-protocol.ts';
import { PROBLEMS, type ProblemKind, problemSchema } from '../../schemas/problem.ts';
import {
  ANY_REQUEST_SCHEMAS,
  imagesBodySchema,
  MAX_PHOTOS,
  type RequestSchemas,
  requestSchemas,
} from '../../schemas/request.ts';
import { describedBy, type Override } from '../../schemas/taxonomy-parts.ts';
import { FHIR_MEDIA_TYPE, PROBLEM_MEDIA_TYPE } from '../../schemas/wire-names.ts';
import type { DescribedResponse, Route } from '../context/route.ts';
import { JSON_LENGTH_HEADER } from '../v2/infer-request.ts';

/** The part of OpenAPI 3.1 that is used here. https://spec.openapis.org/oas/v3.1.1 */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { title: string; version: string; description: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    schemas: Record<string, object>;
    securitySchemes: typeof SECURITY_SCHEMES;
  };
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { required: true; content: Record<string, MediaType> };
  /** One of them suffices; none where the server asks for no keys. */
  readonly security?: readonly Record<string, readonly string[]>[];
  readonly responses: Record<string, ResponseObject>;
}

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'header' | 'path';
  readonly required?: true;
  readonly description?: string;
  readonly schema: object;
}

interface MediaType {
  readonly schema: object;
}

interface ResponseObject {
  readonly description: string;
  readonly headers?: Record<string, { description: string; schema: object }>;
  readonly content?: Record<string, MediaType>;
}

/** What may go wrong on every route. */
const ALWAYS: readonly ProblemKind[] = ['body-too-large', 'header-too-large', 'internal'];

/** What may go wrong wherever images are sent in one of the three ways of this API. */
const WITH_UPLOAD: readonly ProblemKind[] = ['invalid-query', 'not-acceptable'];

/** What may go wrong wherever images are sent. */
const WITH_IMAGES: readonly ProblemKind[] = [
  'empty-body',
  'malformed-body',
  'invalid-body',
  'invalid-base64',
  'empty-image',
  'request-timeout',
  'unsupported-format',
  'damaged-image',
  'image-too-small',
  'unsupported-colours',
  'too-many-pixels',
  'busy',
  'interrupted',
  'draining',
  'no-model',
  'timeout',
];

const BYTES = { type: 'string', format: 'binary' };
const IMAGE_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/heic',
  'image/avif',
  'application/dicom',
  'application/octet-stream',
];

/**
 * Describes routes by the schemas that validate and type them.
 *
 * @param engines whose current version is named; where all have the same classes, their labels are listed
 */
export function openApiDocument(routes: readonly Route[], engines: Engines): OpenApiDocument {
  const { manifest } = engines.current.model;
  const taxonomy = commonTaxonomy(engines);
  const schemas = new SchemaCollection(taxonomy);
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path]![route.method.toLowerCase()] = operation(route, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Naevus',
      version: manifest.version,
      description: `Classifies dermatoscopic images of skin lesions${taxonomy === undefined ? '' : ` into the ${taxonomy.classes.length} classes of ${taxonomy.title}`}. ${DISCLAIMER}`,
    },
    paths,
    components: { schemas: schemas.components(), securitySchemes: SECURITY_SCHEMES },
  };
}

/** The classes of all versions that may be asked; undefined where they have different ones. */
function commonTaxonomy({ current, byVersion }: Engines): Taxonomy | undefined {
  const { taxonomy } = current.model;
  const labels = labelsOf(taxonomy).join();
  const same = [...byVersion.values()].every(
    ({ model }) => labelsOf(model.taxonomy).join() === labels,
  );
  return same ? taxonomy : undefined;
}

function operation(route: Route, schemas: SchemaCollection): Operation {
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replace(/[^a-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    summary: route.summary,
    ...(route.description && { description: route.description }),
    parameters: [
      ...pathParameters(route),
      ...(route.tensors ? [JSON_LENGTH] : []),
      ...queryParameters(route, schemas),
      REQUEST_ID,
    ],
    ...(route.takes && { requestBody: imageBody(route, schemas) }),
    ...(route.tensors && { requestBody: tensorBody(route.tensors, schemas) }),
    ...(!route.open && { security: [{ bearer: [] }, { apiKey: [] }, {}] }),
    responses: responses(route, schemas),
  };
}

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key, where the server asks for keys.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The same.' },
} as const;

const REQUEST_ID: Parameter = {
  name: 'X-Request-Id',
  in: 'header',
  description:
    'Taken over where it is 1 to 64 letters, digits, dots, dashes and underscores; else one is made. The answer carries it.',
  schema: { type: 'string' },
};

const JSON_LENGTH: Parameter = {
  name: JSON_LENGTH_HEADER,
  in: 'header',
  description:
    'Bytes of the JSON, where binary tensors follow it; 0 where the body is one image file.',
  schema: { type: 'integer', minimum: 0 },
};

function pathParameters({ pathParameters }: Route): Parameter[] {
  return Object.entries(pathParameters ?? {}).map(([name, description]) => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string' },
  }));
}

function queryParameters(route: Route, schemas: SchemaCollection): Parameter[] {
  return Object.entries(schemas.queryOf(route)).map(([name, schema]) => {
    const { description, ...rest } = schemas.inline(schema as z.ZodType);
    return { name, in: 'query', ...(description && { description }), schema: rest };
  });
}

function imageBody(route: Route, schemas: SchemaCollection) {
  const { takes } = route;
  const several = { type: 'array', items: BYTES, minItems: 1 };
  const field =
    takes === 'image' ? BYTES : takes === 'images' ? several : { ...several, maxItems: MAX_PHOTOS };
  return {
    required: true as const,
    content: {
      ...Object.fromEntries(IMAGE_TYPES.map((type) => [type, { schema: BYTES }])),
      'multipart/form-data': {
        schema: {
          type: 'object',
          properties: { image: field, ...bodyProperties(route, schemas) },
          required: ['image'],
        },
      },
      'application/json': { schema: schemas.reference(imagesBodySchema, 'input') },
    },
  };
}

/** What a form may say beside its images: the same as the query. */
function bodyProperties(route: Route, schemas: SchemaCollection): Record<string, object> {
  return Object.fromEntries(
    Object.entries(schemas.queryOf(route)).map(([name, schema]) => [
      name,
      schemas.inline(schema as z.ZodType),
    ]),
  );
}

function tensorBody(schema: z.ZodType, schemas: SchemaCollection) {
  return {
    required: true as const,
    content: {
      'application/json': { schema: schemas.reference(schema, 'input') },
      'application/octet-stream': { schema: BYTES },
    },
  };
}

function responses(route: Route, schemas: SchemaCollection): Record<string, ResponseObject> {
  const all: Record<string, ResponseObject> = { 200: success(route.answer, schemas) };
  const kinds = new Set([
    ...route.problems,
    ...(route.open ? [] : (['unauthorized', 'forbidden'] as const)),
    ...(route.work ? (['too-many-requests'] as const) : []),
    ...(route.takes ? WITH_UPLOAD : []),
    ...(route.takes || route.tensors ? WITH_IMAGES : []),
    ...ALWAYS,
  ]);
  const content = route.v2
    ? { 'application/json': { schema: schemas.reference(v2ErrorSchema) } }
    : {
        [PROBLEM_MEDIA_TYPE]: { schema: schemas.reference(problemSchema) },
        ...(route.fhir && {
          [FHIR_MEDIA_TYPE]: { schema: schemas.reference(operationOutcomeSchema) },
        }),
      };
  for (const kind of kinds) {
    const { status, title } = PROBLEMS[kind];
    const before = all[status]?.description;
    all[status] = {
      description: before ? `${before}; or: ${title}` : title,
      content,
    };
  }
  return all;
}

function success(
  { description, content, headers }: DescribedResponse,
  schemas: SchemaCollection,
): ResponseObject {
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [
          name,
          { description: text, schema: { type: 'string' } },
        ]),
      ),
    }),
    content: Object.fromEntries(
      Object.entries(content).map(([type, schema]) => [
        type,
        { schema: typeof schema === 'string' ? plainSchema(schema) : schemas.reference(schema) },
      ]),
    ),
  };
}

function plainSchema(kind: 'binary' | 'text'): object {
  return kind === 'binary' ? BYTES : { type: 'string' };
}

/** What is sent to the server, or by it: a member that is unknown is ignored in the one, an error in the other. */
type Direction = 'input' | 'output';

/** Gathers the schemas that have an id, each once, and refers to them. */
class SchemaCollection {
  readonly #registries = {
    input: z.registry<{ id: string }>(),
    output: z.registry<{ id: string }>(),
  };
  readonly #seen = new Set<z.ZodType>();
  readonly #queries: RequestSchemas;
  readonly #override: Override;

  /** @param taxonomy of the versions that answer; undefined where they differ */
  constructor(taxonomy: Taxonomy | undefined) {
    this.#queries = taxonomy === undefined ? ANY_REQUEST_SCHEMAS : requestSchemas(taxonomy);
    const describe = describedBy(taxonomy);
    this.#override = (context) => {
      simplifyTuple(context);
      describe(context);
    };
  }

  /** The parameters of a route. */
  queryOf({ query }: Route): Readonly<Record<string, unknown>> {
    return (typeof query === 'function' ? query(this.#queries) : query)?.shape ?? {};
  }

  /** A schema by itself. */
  inline(schema: z.ZodType): { description?: string } {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, {
      io: 'output',
      override: this.#override,
    });
    return rest;
  }

  /** A reference where the schema has an id, the alternatives of a union, else the schema itself. */
  reference(schema: z.ZodType, direction: Direction = 'output'): object {
    this.#collect(schema, direction);
    const id = schema.meta()?.id;
    if (id !== undefined) return { $ref: componentUri(id) };
    if (schema instanceof z.ZodUnion) {
      return {
        anyOf: schema.options.map((option) => this.reference(option as z.ZodType, direction)),
      };
    }
    return this.inline(schema);
  }

  components(): Record<string, object> {
    const all = (['input', 'output'] as const).flatMap((io) => {
      const { schemas } = z.toJSONSchema(this.#registries[io], {
        uri: componentUri,
        io,
        override: this.#override,
      });
      return Object.entries(schemas);
    });
    return Object.fromEntries(
      all.map(([id, { $schema: _, $id: __, id: ___, ...schema }]) => [id, schema]),
    );
  }

  #collect(schema: z.ZodType, direction: Direction): void {
    if (this.#seen.has(schema)) return;
    this.#seen.add(schema);
    const id = schema.meta()?.id;
    if (id !== undefined) this.#registries[direction].add(schema, { id });
    if (schema instanceof z.ZodObject) {
      for (const member of Object.values(schema.shape))
        this.#collect(member as z.ZodType, direction);
    }
    if (schema instanceof z.ZodOptional) this.#collect(schema.unwrap() as z.ZodType, direction);
    if (schema instanceof z.ZodArray) this.#collect(schema.element as z.ZodType, direction);
    if (schema instanceof z.ZodUnion) {
      for (const option of schema.options) this.#collect(option as z.ZodType, direction);
    }
  }
}

function componentUri(id: string): string {
  return `#/components/schemas/${id}`;
}

/** A tuple of one type is an array of a fixed length: not every reader of OpenAPI knows `prefixItems`. */
function simplifyTuple({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const [first, ...rest] = jsonSchema.prefixItems ?? [];
  if (first === undefined) return;
  if (rest.some((item) => JSON.stringify(item) !== JSON.stringify(first))) return;
  jsonSchema.items = first;
  delete jsonSchema.prefixItems;
}
