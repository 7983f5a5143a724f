import { blockOtherLoaders, type SharpModule } from '@naevus/shared/image/sharp-decode';
import { loadSharp } from './native-modules.ts';

/** Of the one word that all threads share. */
const NOT_SET_UP = 0;
const BEING_SET_UP = 1;
const SET_UP = 2;

/** What {@link sharedSharp} needs of the process: made once, handed to every thread. */
export function sharpState(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/**
 * sharp, read when it is first called for: most servers only ever see JPEGs, which need none of it.
 *
 * libvips has one state for all threads: the first sets it up, the others wait. To block its
 * loaders again, for however short a time, would fail what other threads are decoding.
 *
 * @param state of {@link sharpState}
 * @returns gives sharp, set up; throws NoNativeModuleError where it has no build
 */
export function sharedSharp(state: SharedArrayBuffer): () => SharpModule {
  const word = new Int32Array(state);
  let ready: SharpModule | undefined;
  return () => {
    if (ready) return ready;
    const sharp = loadSharp();
    const decoder = sharp as unknown as SharpModule;
    while (Atomics.load(word, 0) !== SET_UP) {
      if (Atomics.compareExchange(word, 0, NOT_SET_UP, BEING_SET_UP) === NOT_SET_UP) {
        let outcome = NOT_SET_UP;
        try {
          sharp.concurrency(1);
          sharp.cache(false);
          blockOtherLoaders(decoder);
          outcome = SET_UP;
        } finally {
          Atomics.store(word, 0, outcome);
          Atomics.notify(word, 0);
        }
      } else {
        Atomics.wait(word, 0, BEING_SET_UP);
      }
    }
    ready = decoder;
    return decoder;
  };
}
