/** What a request's head tells of its body. */
export interface BodyInfo {
  /** The request has, or may have, a body of more than zero bytes. */
  readonly present: boolean;
  /** Its `Content-Length` in bytes; absent when the head does not say. */
  readonly length?: number;
}
