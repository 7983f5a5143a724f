/** What the routes are for, in the order of the page. */
export const GROUPS = [
  {
    id: 'images',
    title: 'Images and lesions',
    text: 'Send images; get scores, a decision, reasons, heat maps and similar cases.',
  },
  {
    id: 'model',
    title: 'The model',
    text: 'What is served, how good it was measured to be, and images of similar cases.',
  },
  { id: 'health', title: 'Health', text: 'For load balancers and orchestrators.' },
  {
    id: 'inference-protocol',
    title: 'Open Inference Protocol, version 2',
    text: 'The same model for clients of Triton and KServe.',
  },
] as const;

export type Group = (typeof GROUPS)[number]['id'];

/** The group of a route, by its path. */
export function groupOf(path: string): Group {
  if (path.startsWith('/v2')) return 'inference-protocol';
  if (path.startsWith('/health')) return 'health';
  if (path === '/model' || path.startsWith('/cases')) return 'model';
  return 'images';
}
