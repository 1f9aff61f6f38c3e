/** What other services are told of a finished upload. */
export interface ReceivedFile {
  readonly id: string;
  readonly path: string;
  readonly size: number;
}
