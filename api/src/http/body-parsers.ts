import type { BodyParser } from './context/body-parser.ts';
import { JSON_UPLOAD } from './request/upload.ts';
import { INFER_REQUEST } from './v2/infer-request.ts';

/** Every parser that may run on another thread, by its name. */
export const BODY_PARSERS: Readonly<Record<string, BodyParser<never, unknown>>> =
  Object.fromEntries([JSON_UPLOAD, INFER_REQUEST].map((parser) => [parser.name, parser]));
