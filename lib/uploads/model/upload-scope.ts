import type { UploadProtocol } from '../../registry/index.js';

/** Which uploads a request may see; all others count as not there. */
export interface UploadScope {
  readonly owner?: string;
  /** Name of the `@TusEndpoint()` method that was asked; absent: the upload path. */
  readonly endpoint?: string;
  /** What else an upload was created under, and is asked for under, as one text; absent: nothing. */
  readonly binding?: string;
  /** The protocol that an upload was created by; absent in a record: tus, and in a request: any. */
  readonly protocol?: UploadProtocol;
}

/** Whether an upload can be seen; an upload that is bound to nothing can be seen everywhere. */
export function isWithin(scope: UploadScope, record: UploadScope): boolean {
  const { protocol = 'tus' } = record;
  if (scope.protocol !== undefined && scope.protocol !== protocol) return false;
  if (record.binding !== undefined && record.binding !== scope.binding) return false;
  return record.owner === scope.owner && record.endpoint === scope.endpoint;
}
