import type { Context } from 'hono';
import type * as z from 'zod';
import type { ProblemKind } from '../../schemas/problem.ts';
import type { RequestSchemas } from '../../schemas/request.ts';
import type { AppEnv } from './app-env.ts';
import type { KeyScope } from './key-check.ts';

/** What the OpenAPI document says of one answer. */
export interface DescribedResponse {
  readonly description: string;
  /** By media type; a schema of zod, or `binary` for bytes, or `text`. */
  readonly content: Readonly<Record<string, z.ZodType | 'binary' | 'text'>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A query whose values depend on the classes of the version that is asked. */
export type QueryOfVersion = (schemas: RequestSchemas) => z.ZodObject;

/** One route: what serves it, and what describes it. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** Parameters that may come; any other is a 400. Without it, what comes is ignored. */
  readonly query?: z.ZodObject | QueryOfVersion;
  /** Images are sent: raw, as multipart or as JSON; several at once, each for itself; or all of one lesion. */
  readonly takes?: 'image' | 'images' | 'photos';
  /** JSON of this schema is sent, and perhaps binary tensors behind it. */
  readonly tensors?: z.ZodType;
  /** What the `:names` of the path stand for. */
  readonly pathParameters?: Readonly<Record<string, string>>;
  /** Errors are those of the Open Inference Protocol, not problem documents. */
  readonly v2?: boolean;
  /** Answers with FHIR as well, where it is asked for: errors are then an `OperationOutcome`. */
  readonly fhir?: boolean;
  readonly answer: DescribedResponse;
  /** What may go wrong beside what may always go wrong. */
  readonly problems: readonly ProblemKind[];
  /** Answered without a key, also where keys are asked for. */
  readonly open?: boolean;
  /** What a key must be for; `predict` by default. */
  readonly scope?: KeyScope;
  /** Costs computing: counted by the rate limit, and refused once the process is going away. */
  readonly work?: boolean;
  readonly handle: (c: Context<AppEnv>) => Response | Promise<Response>;
}
