/** Which uploads a request may see; all others count as not there. */
export interface UploadScope {
  readonly owner?: string;
  /** Name of the `@TusEndpoint()` method that was asked; absent: the upload path. */
  readonly endpoint?: string;
  /** What else an upload was created under, and is asked for under, as one text; absent: nothing. */
  readonly binding?: string;
}

/** Whether an upload can be seen; an upload that is bound to nothing can be seen everywhere. */
export function isWithin(scope: UploadScope, record: UploadScope): boolean {
  if (record.binding !== undefined && record.binding !== scope.binding) return false;
  return record.owner === scope.owner && record.endpoint === scope.endpoint;
}
