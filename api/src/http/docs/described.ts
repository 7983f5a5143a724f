import type { Operation } from '../openapi/document.ts';

/** An operation with its place in the document. */
export interface Described {
  readonly path: string;
  /** In small letters. */
  readonly method: string;
  readonly operation: Operation;
}

/** What examples are written for. */
export interface Served {
  /** Where this server was asked, such as `http://localhost:8080`. */
  readonly origin: string;
  /** Of the model. */
  readonly name: string;
  readonly version: string;
  /** A class of the version to show in a request. */
  readonly label: string;
  /** Whether the recorded answers are of a version with these classes. */
  readonly recordedClasses: boolean;
}
