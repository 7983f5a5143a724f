import type { ProgressStream } from '@naevus/shared/progress';
import type { PublicCopy, SourceDefinition } from '../load/source-definition.ts';
import type { DownloadOptions } from './download-file.ts';

/** What every download of a public copy is told. */
export interface PublicCopyOptions<From extends PublicCopy['from']> {
  readonly source: SourceDefinition;
  readonly copy: PublicCopy & { readonly from: From };
  /** Where the images go. */
  readonly folder: string;
  /** Only images that it lets through. */
  readonly wanted: (imageId: string) => boolean;
  readonly log: (line: string) => void;
  readonly progress?: ProgressStream;
  readonly waits?: DownloadOptions['waits'];
}
