/** A client that was refused is heard out so far: twice the largest body that is accepted. */
const DISCARD_BYTES = 20 << 20;

const DISCARD_MS = 10_000;

/**
 * Reads what is left of a body that was refused, before its answer is returned: the platform closes the connection of
 * a client that still sends when it has its answer, and then the answer may be lost (RFC 9112, section 9.6).
 *
 * @param body of the request, whatever of it was read; null where it has none
 */
export async function discardRest(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null || body.locked) return;
  const reader = body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DISCARD_MS);
  });
  try {
    for (let length = 0; length < DISCARD_BYTES; ) {
      const piece = await Promise.race([reader.read(), late]);
      if (!piece || piece.value === undefined) break;
      length += piece.value.length;
    }
  } catch {
    // The client has gone.
  } finally {
    clearTimeout(timer);
  }
}
