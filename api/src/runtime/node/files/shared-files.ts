import type { ArtifactSource } from '@naevus/shared/model/verify';

/** As long as a client may take nothing of an answer: all that still read a file share its memory. */
const KEPT_MS = 30_000;

interface SharedFile {
  readonly bytes: ReturnType<ArtifactSource['read']>;
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * The files of a source, each in one piece of memory for all who ask for it at about the same time.
 *
 * @returns what must not be changed, nor its memory taken away
 */
export function sharedFiles(source: ArtifactSource): ArtifactSource {
  const files = new Map<string, SharedFile>();
  return {
    read(path) {
      const known = files.get(path);
      if (known !== undefined) {
        known.timer.refresh();
        return known.bytes;
      }
      const bytes = source.read(path);
      const forget = (): void => {
        files.delete(path);
      };
      const timer = setTimeout(forget, KEPT_MS);
      timer.unref();
      files.set(path, { bytes, timer });
      bytes.then((content) => content ?? forget(), forget);
      return bytes;
    },
  };
}
