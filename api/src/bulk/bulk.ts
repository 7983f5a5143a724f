import type { Engine } from '../analysis/engine.ts';
import type { BulkSettings } from './bulk-settings.ts';
import type { ImageMessage, LesionMessage, ListMessage, SettleMessage } from './messages.ts';
import type { Bucket, Queue } from './platform.ts';

/** What the work of this worker needs. */
export interface Bulk {
  /** Only read. */
  readonly images: Bucket;
  readonly predictions: Bucket;
  readonly imageQueue: Queue<ImageMessage | LesionMessage>;
  readonly jobQueue: Queue<ListMessage | SettleMessage>;
  readonly settings: BulkSettings;
  /** @throws ArtifactError when the model is not what its manifest says */
  engine(): Promise<Engine>;
}
