import { join, resolve } from 'node:path';
import type { SourceDefinition } from '../load/source-definition.ts';

/** One source of a `data -- download`. */
export interface PlannedDownload {
  readonly source: SourceDefinition;
  readonly out: string;
  readonly from: string | undefined;
  readonly keepArchive: boolean;
}

export interface DownloadRequest {
  readonly sources: readonly SourceDefinition[];
  /** The folder of the one source, or of the folders of several. */
  readonly out: string | undefined;
  /** One folder for each source, by its name. */
  readonly several: boolean;
  /** A copy of the one source. */
  readonly from: string | undefined;
  /** An address or a folder that has `NAME.zip` for each source. */
  readonly mirror: string | undefined;
  readonly keepArchive: boolean;
}

/** What to download, in this order; files that several sources are parts of are kept until the last of them. */
export function planDownloads({
  sources,
  out,
  several,
  from,
  mirror,
  keepArchive,
}: DownloadRequest): PlannedDownload[] {
  return sources.map((source, i) => {
    const parent = resolve(out ?? 'data');
    const place = several || out === undefined ? join(parent, source.name) : parent;
    const url = sharedFiles(source);
    const needed = url !== undefined && sources.slice(i + 1).some((s) => sharedFiles(s) === url);
    return {
      source,
      out: place,
      from: from ?? (mirror && `${mirror.replace(/\/+$/, '')}/${source.name}.zip`),
      keepArchive: keepArchive || needed,
    };
  });
}

function sharedFiles({ download }: SourceDefinition): string | undefined {
  return download && 'url' in download ? download.url : undefined;
}
