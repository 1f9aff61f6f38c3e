import { OFFSET_OCTET_STREAM } from '../../protocol/index.js';
import { BYTES, count, needed, text } from './fields.js';
import type {
  DescribedHeader,
  DescribedResponse,
  Operation,
  Operations,
} from './operation.interface.js';

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'A header is missing or malformed.',
  403: 'The upload is a final one, whose bytes are its parts’.',
  404: 'There is no such upload here.',
  405: 'The method is not offered here.',
  409: '`Upload-Offset` is not where the upload stands, or the upload is complete.',
  410: 'The upload was terminated, or has expired.',
  412: 'The version of the protocol is not supported, or a condition of the request is not met.',
  413: 'More bytes than announced, or than are allowed.',
  415: 'The body, or the file, is of a type that is not taken.',
  416: 'The file has no such range.',
  423: 'The upload is busy; try again.',
  429: 'The owner has as many uploads as are allowed.',
  460: 'The bytes do not have the announced checksum; they are not kept.',
  503: 'The server is shutting down, or has as many uploads as it takes; try again.',
  507: 'There is no room left.',
};

const VERSION: DescribedHeader = {
  description: 'Version of the protocol.',
  required: true,
  schema: { type: 'string', enum: ['1.0.0'] },
};
const CHECKSUM = text('Algorithm and Base64 digest of the body, such as `sha1 …`.');
const OFFSET = count('Bytes the server has.');
const EXPIRES = text('When the upload expires, if no byte comes.');

function answer(description: string, headers: Record<string, DescribedHeader>): DescribedResponse {
  return { description, headers: { 'Tus-Resumable': VERSION, ...headers } };
}

/** @param hasBody whether they say in a line what was wrong */
function refusals(statuses: readonly number[], hasBody = true): Record<number, DescribedResponse> {
  const content = hasBody ? { content: { 'text/plain': { schema: { type: 'string' } } } } : {};
  const entries = statuses.map((status) => [
    status,
    { ...answer(REFUSALS[status] ?? '', {}), ...content },
  ]);
  return Object.fromEntries(entries) as Record<number, DescribedResponse>;
}

const DISCOVERY: Operation = {
  summary: 'Ask what is offered',
  description: 'Tells versions and extensions of tus, and limits (tus 1.0 §OPTIONS).',
  headers: {},
  responses: {
    204: answer('What is offered.', {
      'Tus-Version': text('Versions of the protocol.'),
      'Tus-Extension': text('Extensions of the protocol, with commas between.'),
      'Tus-Checksum-Algorithm': text('Algorithms of `Upload-Checksum`, with commas between.'),
      'Tus-Max-Size': count('Most bytes an upload may have.'),
    }),
  },
};

const CREATION: Operation = {
  summary: 'Create an upload',
  description:
    'Makes an upload, to be sent by PATCH requests to its `Location`; the first bytes may come ' +
    'along (tus 1.0 §Creation, §Creation With Upload, §Concatenation).',
  headers: {
    'Tus-Resumable': VERSION,
    'Upload-Length': count('Bytes the upload will have.'),
    'Upload-Defer-Length': text('`1` in place of `Upload-Length`, when it is not known yet.'),
    'Upload-Metadata': text('Keys and Base64 values, such as `filename …,filetype …`.'),
    'Upload-Concat': text('`partial`, or `final;` and the URLs of partial uploads.'),
    'Upload-Checksum': CHECKSUM,
  },
  body: { required: false, types: [OFFSET_OCTET_STREAM] },
  responses: {
    201: answer('The upload was made.', {
      Location: text('URL of the upload.'),
      'Upload-Offset': OFFSET,
      'Upload-Expires': EXPIRES,
    }),
    ...refusals([400, 403, 405, 412, 413, 415, 429, 460, 503, 507]),
  },
};

const STATUS: Operation = {
  summary: 'Ask how far an upload is',
  description: 'Tells where to go on, and what was said of the upload (tus 1.0 §HEAD).',
  headers: { 'Tus-Resumable': VERSION },
  responses: {
    200: answer('Where the upload stands.', {
      'Upload-Offset': OFFSET,
      'Upload-Length': count('Bytes the whole upload has.'),
      'Upload-Defer-Length': text('`1` while the length is not known.'),
      'Upload-Metadata': text('As it was sent.'),
      'Upload-Concat': text('As it was sent.'),
      'Upload-Expires': EXPIRES,
      'Cache-Control': text('`no-store`'),
    }),
    ...refusals([404, 410, 412, 423], false),
  },
};

const APPEND: Operation = {
  summary: 'Send bytes of an upload',
  description: 'Appends the body where the upload stands (tus 1.0 §PATCH).',
  headers: {
    'Tus-Resumable': VERSION,
    'Upload-Offset': needed(count('Where the bytes begin: what HEAD told.')),
    'Upload-Length': count('Bytes the whole upload has, where that was deferred.'),
    'Upload-Checksum': CHECKSUM,
  },
  body: { required: true, types: [OFFSET_OCTET_STREAM] },
  responses: {
    204: answer('The bytes are kept.', { 'Upload-Offset': OFFSET, 'Upload-Expires': EXPIRES }),
    ...refusals([400, 403, 404, 409, 410, 412, 413, 415, 423, 460, 503, 507]),
  },
};

const TERMINATION: Operation = {
  summary: 'Terminate an upload',
  description: 'Ends an upload, and frees its bytes (tus 1.0 §Termination).',
  headers: { 'Tus-Resumable': VERSION },
  responses: {
    204: answer('The upload has ended.', {}),
    ...refusals([404, 405, 410, 412, 423]),
  },
};

const DOWNLOAD: Operation = {
  summary: 'Download a finished upload',
  description: 'Serves the file, whole or in a range, where downloads are offered.',
  headers: { Range: text('The bytes to send, such as `bytes=0-99`.') },
  responses: {
    200: { ...answer('The file.', {}), content: { '*/*': BYTES } },
    206: { ...answer('The range of the file.', {}), content: { '*/*': BYTES } },
    304: answer('The client has the file.', {}),
    ...refusals([404, 405, 410, 412, 416]),
  },
};

/** What the routes do that are served where tus is spoken. */
export const TUS_OPERATIONS: Operations = {
  creation: { OPTIONS: DISCOVERY, POST: CREATION },
  upload: {
    OPTIONS: DISCOVERY,
    HEAD: STATUS,
    PATCH: APPEND,
    DELETE: TERMINATION,
    GET: DOWNLOAD,
  },
};
