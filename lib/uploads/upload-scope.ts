/** For whom something is asked of uploads: all that is outside of it counts as not there. */
export interface UploadScope {
  readonly owner?: string;
  /** Name of the `@TusEndpoint()` method that was asked; absent: the upload path. */
  readonly endpoint?: string;
}

/** Whether an upload is one of those that can be seen. */
export function isWithin(scope: UploadScope, record: UploadScope): boolean {
  return record.owner === scope.owner && record.endpoint === scope.endpoint;
}
