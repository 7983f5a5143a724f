// Keeps what the page needs to work on this device with the network cut: registered once the switch
// is turned on. What is asked for is fetched anew where there is a network; the model, which is held
// to its digest whenever it is loaded, is not.

import { LANGUAGES } from '../../../../schemas/languages.ts';
import { CACHE } from './cache-name.ts';

interface ExtendableEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface ServiceWorker {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  readonly location: Location;
  addEventListener<E extends Event>(type: string, listener: (event: E) => void): void;
}

const worker = self as unknown as ServiceWorker;
const IN_ANY_LANGUAGE = { ignoreSearch: true, ignoreVary: true };
const ROOT = new URL('../', worker.location.href);
const FILES = [
  '',
  ...LANGUAGES.map((language) => `?language=${language}`),
  'assets/page.js',
  'assets/page.css',
  'assets/icon.png',
  'assets/on-device.js',
  'assets/decoder.wasm',
  'assets/kernels.wasm',
  'assets/network.wasm',
  'assets/network-fused.wasm',
].map((path) => new URL(path, ROOT).href);

worker.addEventListener<ExtendableEvent>('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener<ExtendableEvent>('activate', (event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener<FetchEvent>('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || !url.href.startsWith(ROOT.href)) return;
  const path = url.href.slice(ROOT.href.length);
  if (path.startsWith('artifact/') || path.startsWith('cases/'))
    event.respondWith(keptFirst(request));
  // The page, in every language.
  else if (path === '' || path.startsWith('?') || path.startsWith('assets/')) {
    event.respondWith(networkFirst(request));
  }
});

async function keptFirst(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreVary: true })) ?? fetchAndKeep(request, cache);
}

async function networkFirst(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    return await fetchAndKeep(request, cache);
  } catch (error) {
    const kept = await cache.match(request, { ignoreVary: true });
    if (kept) return kept;
    // In another language rather than not at all.
    const page =
      request.mode === 'navigate' ? await cache.match(ROOT.href, IN_ANY_LANGUAGE) : undefined;
    if (page) return page;
    throw error;
  }
}

async function fetchAndKeep(request: Request, cache: Cache): Promise<Response> {
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}
