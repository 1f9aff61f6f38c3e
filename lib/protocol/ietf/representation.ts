import contentDisposition from 'content-disposition';
import { joined, type HeaderFields } from '../header-fields.js';
import { OFFSET_OCTET_STREAM } from '../media-type.js';
import { encodeMetadata, isBlank, parseMetadata } from '../metadata.js';
import { PARTIAL_UPLOAD } from './media-type.js';

/** What says nothing of the file: the first is what curl and URLSession call bytes of an unknown type. */
const UNTELLING = ['', 'application/x-www-form-urlencoded', PARTIAL_UPLOAD, OFFSET_OCTET_STREAM];

/**
 * What a creation says of the file, as `Upload-Metadata` has it: the name in `Content-Disposition` (RFC
 * 6266, RFC 8187) as `filename`, `Content-Type` as `filetype`, `Content-Encoding` as `contentEncoding`.
 * What stands in `Upload-Metadata` itself goes before.
 *
 * @returns `undefined` where nothing is said
 * @throws ProtocolError 400 for `Upload-Metadata` that is malformed
 */
export function representationMetadata(headers: HeaderFields): string | undefined {
  const sent = sentMetadata(headers);
  const keys = sent === undefined ? undefined : parseMetadata(sent);
  const told: Record<string, string> = {};
  const tell = (key: string, value: string | undefined) => {
    if (value !== undefined && !keys?.has(key)) told[key] = value;
  };
  tell('filename', filenameIn(headers['content-disposition']?.[0]));
  tell('filetype', typeIn(headers['content-type']?.[0]));
  tell('contentEncoding', joined(headers, 'Content-Encoding'));
  const derived = encodeMetadata(told);
  return sent !== undefined && derived !== undefined ? `${sent},${derived}` : (sent ?? derived);
}

function sentMetadata(headers: HeaderFields): string | undefined {
  const header = joined(headers, 'Upload-Metadata');
  return header === undefined || isBlank(header) ? undefined : header;
}

/** A name that cannot be read is none: the upload is worth more than it. */
function filenameIn(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  try {
    return contentDisposition.parse(header).parameters['filename'];
  } catch {
    return undefined;
  }
}

function typeIn(header: string | undefined): string | undefined {
  const [essence = ''] = (header ?? '').split(';', 1);
  return UNTELLING.includes(essence.trim().toLowerCase()) ? undefined : header;
}
