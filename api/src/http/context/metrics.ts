import type { Analysis, ServedModel } from '../../analysis/engine.ts';
import type { ProblemKind } from '../../schemas/problem.ts';
import type { AccessEntry } from './log.ts';

/** What a server counts about itself; nothing of who asked, and of an image only into which bins it falls. */
export interface Metrics {
  /** Whether they may be read without a key. */
  readonly open: boolean;
  /** A request that was answered, and with it the problem that it was answered with. */
  request(entry: AccessEntry): void;
  /** An image that was analysed, and the version that did it. */
  analysed(analysis: Analysis, model: ServedModel): void;
  /** An image of a batch that was refused, where the request was not. */
  rejectedImage(kind: ProblemKind): void;
  /** All of them, in the text format of Prometheus. */
  expose(): Promise<{ readonly text: string; readonly contentType: string }>;
}
