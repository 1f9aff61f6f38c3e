/** What a worker must know of a finished upload. */
export interface UploadJob {
  readonly id: string;
  readonly path: string;
  readonly filename?: string;
}
