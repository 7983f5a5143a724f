const WORKER = new URL('assets/on-device.js', document.baseURI).href;
const SERVICE_WORKER = new URL('assets/service-worker.js', document.baseURI).href;

interface ScriptPolicy {
  createScriptURL(url: string): string;
}

let made: ScriptPolicy | undefined;

/** Both scripts, and no other address, may be run as workers. */
function policy(): ScriptPolicy {
  const { trustedTypes } = window as unknown as {
    trustedTypes?: { createPolicy(name: string, rules: ScriptPolicy): ScriptPolicy };
  };
  const rules: ScriptPolicy = {
    createScriptURL(url) {
      if (url === WORKER || url === SERVICE_WORKER) return url;
      throw new TypeError('no script but the two workers');
    },
  };
  // A policy of one name may be made once.
  made ??= trustedTypes?.createPolicy('naevus-workers', rules) ?? rules;
  return made;
}

/** Starts what answers on this device. */
export function startWorker(): Worker {
  return new Worker(policy().createScriptURL(WORKER), { type: 'module' });
}

/** Has a service worker keep what is loaded from here on; without one, it works as long as there is a network. */
export async function keepOffline(): Promise<void> {
  const container = navigator.serviceWorker;
  if (!container) return;
  try {
    await container.register(policy().createScriptURL(SERVICE_WORKER), {
      scope: new URL('./', document.baseURI).pathname,
    });
    await container.ready;
    if (container.controller) return;
    await new Promise((resolve) => {
      container.addEventListener('controllerchange', resolve, { once: true });
      // A page that was loaded past its cache is never controlled.
      setTimeout(resolve, 5000);
    });
  } catch {
    // Private windows forbid it.
  }
}
