import type { Delivery, Upload } from '../interfaces/index.js';

/** What the page's lists have of an upload. */
export type UploadView = Pick<
  Upload,
  'id' | 'state' | 'partial' | 'offset' | 'length' | 'owner' | 'createdAt' | 'expiresAt' | 'endedAt'
> & { readonly name?: string };

/** What the page has of one upload. */
export interface UploadDetails extends UploadView {
  readonly protocol: Upload['protocol'];
  readonly endpoint?: string;
  readonly metadata: Upload['metadata'];
  readonly storage?: Upload['storage'];
  readonly hash?: Upload['hash'];
  /** Those that have not succeeded yet. */
  readonly deliveries: readonly Delivery[];
}

/** A delivery, with what its upload is called. */
export interface DeliveryView extends Delivery {
  readonly name?: string;
}

/** The first items of a listing. */
export interface Listed<T> {
  readonly items: readonly T[];
  /** Whether there are more. */
  readonly more: boolean;
}

export function viewOf(upload: Upload): UploadView {
  const { id, state, partial, offset, length, filename: name, owner } = upload;
  const { createdAt, expiresAt, endedAt } = upload;
  return { id, name, state, partial, offset, length, owner, createdAt, expiresAt, endedAt };
}

export function detailsOf(upload: Upload, deliveries: readonly Delivery[]): UploadDetails {
  const { protocol, endpoint, metadata, storage, hash } = upload;
  return { ...viewOf(upload), protocol, endpoint, metadata, storage, hash, deliveries };
}
