/**
 * What the page may do: load its own script, style and images, ask this server, and no more.
 * Nothing is inline, and no string becomes markup or code, but the addresses of its two workers.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types naevus-workers',
].join('; ');

/** Security headers of the page itself. */
export const PAGE_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // The camera button opens the telephone's own camera: the page needs no access to it.
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

/**
 * What the page's workers may do. Only they compile WebAssembly, which the page itself may not; the
 * service worker keeps files for the whole page, beyond the folder that it lies in.
 */
export const WORKER_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
  'Service-Worker-Allowed': '/',
} as const;
