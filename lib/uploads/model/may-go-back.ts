import type { UploadRecord } from '../../registry/index.js';

/**
 * Whether an upload may go on with fewer bytes than its client was told of, where some were lost. By the
 * IETF's protocol an offset never goes back: such an upload ends
 * (draft-ietf-httpbis-resumable-upload §Upload Append).
 */
export function mayGoBack({ protocol }: UploadRecord): boolean {
  return protocol !== 'ietf';
}
