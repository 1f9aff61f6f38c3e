import { PARTIAL_UPLOAD, PROBLEM_JSON } from '../../protocol/index.js';
import { BYTES, count, needed, oneOf, text } from './fields.js';
import type { DescribedResponse, Operation, Operations } from './operation.interface.js';

const VERSION = count('Interop version of the draft.');
const WHERE = text('URL of the upload.');
const OFFSET = count('Bytes the server has.');
const LENGTH = count('Bytes the whole upload has.');
const LIMIT = text('Limits, such as `max-size=1000000, max-age=86400`.');
const COMPLETE = oneOf(['?0', '?1'], '`?1` once the upload is complete, or nothing can follow.');
const CONTENT_DIGEST = text('Digest of the body, such as `sha-256=:…:`.');

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'A field is missing or does not go with others, or bytes do not have the announced digest.',
  404: 'There is no such upload here.',
  405: 'The method is not offered here.',
  409: '`Upload-Offset` is not where the upload stands, which the answer tells.',
  410: 'The upload was cancelled, or has expired.',
  412: 'Another protocol was asked for than is spoken.',
  413: 'More bytes than are allowed, which `Upload-Limit` tells.',
  415: 'The body, or the file, is of a type that is not taken.',
  423: 'The upload is busy; try again.',
  429: 'The owner has as many uploads as are allowed.',
  503: 'The server is shutting down, or has as many uploads as it takes; try again.',
  507: 'There is no room left.',
};

/** RFC 9457 §3. */
const PROBLEM = {
  schema: {
    type: 'object',
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
    },
  },
};

/** Headers of what else a refusal tells. */
const TOLD: Readonly<Record<number, DescribedResponse['headers']>> = {
  409: { 'Upload-Offset': OFFSET },
  413: { 'Upload-Limit': LIMIT },
  415: { 'Accept-Patch': text('The type that is taken.') },
};

function answer(
  description: string,
  headers: DescribedResponse['headers'] = {},
): DescribedResponse {
  return { description, headers: { 'Upload-Draft-Interop-Version': VERSION, ...headers } };
}

/** @param hasBody whether they say what was wrong */
function refusals(statuses: readonly number[], hasBody = true): Record<number, DescribedResponse> {
  const content = hasBody ? { content: { [PROBLEM_JSON]: PROBLEM } } : {};
  const entries = statuses.map((status) => {
    const headers = { 'Upload-Complete': COMPLETE, ...TOLD[status] };
    return [status, { ...answer(REFUSALS[status] ?? '', headers), ...content }];
  });
  return Object.fromEntries(entries) as Record<number, DescribedResponse>;
}

const AHEAD =
  'Sent ahead of the answer, to clients that name a version: where the upload is, before its bytes are read, ' +
  'and how far they have come.';

const COMPLETED = answer('The upload is complete.', {
  Location: WHERE,
  'Upload-Offset': OFFSET,
  'Upload-Complete': COMPLETE,
  'Repr-Digest': text('Digest of the whole, where `Want-Repr-Digest` asked for it.'),
});

const STANDING = answer('Where the upload stands.', {
  'Upload-Offset': OFFSET,
  'Upload-Complete': COMPLETE,
  'Upload-Length': LENGTH,
  'Upload-Limit': LIMIT,
  'Cache-Control': text('`no-store`'),
});

const TAKEN = answer('The bytes are kept; more are to come.', {
  'Upload-Offset': OFFSET,
  'Upload-Complete': COMPLETE,
  'Upload-Limit': LIMIT,
});

const DISCOVERY: Operation = {
  summary: 'Ask what is offered',
  description: 'Tells the limits on uploads (resumable uploads §Upload Limits).',
  headers: {},
  responses: {
    204: {
      description: 'What is offered.',
      headers: {
        'Upload-Limit': LIMIT,
        'Accept-Patch': text('Types of the bodies of PATCH.'),
        Allow: text('Methods.'),
      },
    },
  },
};

const CREATION: Operation = {
  summary: 'Create an upload',
  description:
    'Makes an upload of the body, or of its beginning, to be gone on with by PATCH requests to its ' +
    '`Location` (resumable uploads §Upload Creation). A request without `Upload-Complete` is an upload of ' +
    'its own, which cannot be resumed.',
  headers: {
    'Upload-Complete': oneOf(['?0', '?1'], '`?0` when more is to come, `?1` when the body is all.'),
    'Upload-Draft-Interop-Version': VERSION,
    'Upload-Length': count('Bytes the upload will have.'),
    'Content-Disposition': text('Name of the file, such as `attachment; filename="holiday.mp4"`.'),
    'Upload-Metadata': text('Further keys and Base64 values, as tus has them.'),
    'Content-Digest': CONTENT_DIGEST,
    'Repr-Digest': text('Digest of the whole.'),
    'Want-Repr-Digest': text('By what the whole is to be hashed, such as `sha-256=9`.'),
  },
  body: { required: false, types: ['*/*'] },
  responses: {
    104: answer(AHEAD, { Location: WHERE, 'Upload-Limit': LIMIT, 'Upload-Offset': OFFSET }),
    200: COMPLETED,
    201: answer('The upload was made.', {
      Location: WHERE,
      'Upload-Offset': OFFSET,
      'Upload-Complete': COMPLETE,
      'Upload-Limit': LIMIT,
    }),
    ...refusals([400, 405, 412, 413, 415, 429, 503, 507]),
  },
};

const STATUS: Operation = {
  summary: 'Ask how far an upload is',
  description: 'Tells where to go on (resumable uploads §Offset Retrieval).',
  headers: { 'Upload-Draft-Interop-Version': VERSION },
  responses: { 204: STANDING, ...refusals([400, 404, 410, 412, 423], false) },
};

const APPEND: Operation = {
  summary: 'Send bytes of an upload',
  description: 'Appends the body where the upload stands (resumable uploads §Upload Append).',
  headers: {
    'Upload-Offset': needed(count('Where the bytes begin: what HEAD told.')),
    'Upload-Complete': oneOf(['?0', '?1'], '`?0` when more is to come, `?1` when nothing is.'),
    'Upload-Draft-Interop-Version': VERSION,
    'Upload-Length': LENGTH,
    'Content-Digest': CONTENT_DIGEST,
  },
  body: { required: true, types: [PARTIAL_UPLOAD] },
  responses: {
    104: answer(AHEAD, { 'Upload-Offset': OFFSET }),
    200: COMPLETED,
    201: { ...TAKEN, description: 'The same, in version 6 and before.' },
    204: TAKEN,
    ...refusals([400, 404, 405, 409, 410, 412, 413, 415, 423, 503, 507]),
  },
};

const CANCELLATION: Operation = {
  summary: 'Cancel an upload',
  description: 'Ends an upload, and frees its bytes (resumable uploads §Upload Cancellation).',
  headers: { 'Upload-Draft-Interop-Version': VERSION },
  responses: { 204: answer('The upload has ended.'), ...refusals([400, 404, 405, 410, 412, 423]) },
};

const RETRIEVAL: Operation = {
  summary: 'Download a finished upload, or ask how far it is',
  description: 'Serves the file where downloads are offered, else tells what HEAD tells.',
  headers: { Range: text('The bytes to send, such as `bytes=0-99`.') },
  responses: {
    200: { ...answer('The file.'), content: { '*/*': BYTES } },
    206: { ...answer('The range of the file.'), content: { '*/*': BYTES } },
    204: STANDING,
    304: answer('The client has the file.'),
    ...refusals([404, 410, 412]),
    416: answer('The file has no such range.'),
  },
};

/** What the routes do that are served where the IETF's protocol is spoken. */
export const IETF_OPERATIONS: Operations = {
  creation: { OPTIONS: DISCOVERY, POST: CREATION, PUT: CREATION, PATCH: CREATION },
  upload: {
    OPTIONS: DISCOVERY,
    HEAD: STATUS,
    PATCH: APPEND,
    DELETE: CANCELLATION,
    GET: RETRIEVAL,
  },
};
