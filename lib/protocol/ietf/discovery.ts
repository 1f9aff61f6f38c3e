import { OFFSET_OCTET_STREAM } from '../media-type.js';
import { formatLimits, type UploadLimits } from './limits.js';
import { PARTIAL_UPLOAD } from './media-type.js';
import type { IetfRules } from './rules.js';

/**
 * The headers that answer OPTIONS (draft §Upload Limits; `Accept-Patch` is RFC 5789 §3.1's).
 *
 * @param methods those of the creation URL and of uploads
 */
export function ietfDiscoveryHeaders(
  limits: UploadLimits,
  { besideTus, sizes }: IetfRules,
  methods: readonly string[],
): Record<string, string> {
  const types = besideTus ? [PARTIAL_UPLOAD, OFFSET_OCTET_STREAM] : [PARTIAL_UPLOAD];
  return {
    'Upload-Limit': formatLimits(limits, { lifetimeKey: 'max-age' }, sizes) ?? '',
    'Accept-Patch': types.join(', '),
    Allow: methods.join(', '),
  };
}
