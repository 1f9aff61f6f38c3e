import type { Exchange } from './exchange.js';

/** Methods that create uploads unless an endpoint says otherwise. */
const CREATES: readonly (string | undefined)[] = ['POST'];

/** Whether a request is to create an upload, by its method and URL. */
export function createsUploads({ id, req, endpoint }: Exchange): boolean {
  const methods: readonly (string | undefined)[] = endpoint?.methods ?? CREATES;
  return id === undefined && methods.includes(req.method);
}
