import { isOffsetOctetStream } from '../media-type.js';
import type { HeaderFields } from '../header-fields.js';
import { booleanField, integerField } from './fields.js';
import type { AppendSizes } from './limits.js';
import { isPartialUpload } from './media-type.js';
import { profileOf, type IetfProfile } from './profiles.js';
import type { IetfRules } from './rules.js';

/**
 * What a request that is not tus asks for: an upload that can be resumed, or one that is sent in a single
 * request by a client that knows nothing of resuming; or it was sent by a client that takes this server
 * for one of tus.
 */
export type IetfIntent = 'resumable' | 'plain' | 'tus';

/** How a request speaks. */
export interface IetfDialect {
  readonly intent: IetfIntent;
  /** What holds for it: that of the version it names, else the newest that is spoken. */
  readonly profile: IetfProfile;
  /** The version that it names, if that is spoken: to be named in all answers. */
  readonly version?: number;
  /** Whether it names one that is not. */
  readonly isUnsupported: boolean;
  /** Whether 104 may be sent. */
  readonly mayInform: boolean;
  /** What bounds its body. */
  readonly sizes: AppendSizes;
}

const VERSION = 'Upload-Draft-Interop-Version';

/** What a client of tus sends along with a creation. */
const OF_TUS = ['upload-length', 'upload-defer-length', 'upload-concat', 'upload-metadata'];

/**
 * How a request without `Tus-Resumable` speaks, where the IETF's protocol is spoken.
 *
 * `Upload-Complete` decides, or the media type of an append; HEAD, GET and DELETE need neither. What else
 * a client of tus would send is left to tus, which says what is missing.
 *
 * @param method the one that is meant
 * @returns `undefined` where it is tus's to answer
 */
export function dialectOf(
  method: string | undefined,
  headers: HeaderFields,
  rules: IetfRules,
): IetfDialect | undefined {
  const named = integerField(headers, VERSION);
  const isSpoken = named !== undefined && rules.versions.includes(named);
  const version = isSpoken ? named : undefined;
  const isUnsupported = named !== undefined && !isSpoken;
  const profile = profileFor(version, headers, rules);
  const intent = intentOf(method, headers, { rules, profile, isUnsupported });
  if (!intent) return undefined;
  const mayInform = rules.informational && isSpoken && intent === 'resumable';
  const { sizes } = rules;
  return { intent, profile, version, isUnsupported, mayInform, sizes };
}

/** Whether a request says that nothing follows; `undefined` where it does not say. */
export function completenessOf(headers: HeaderFields, profile: IetfProfile): boolean | undefined {
  if (!profile.saysIncomplete) return booleanField(headers, 'Upload-Complete');
  const isIncomplete = booleanField(headers, 'Upload-Incomplete');
  return isIncomplete === undefined ? undefined : !isIncomplete;
}

function profileFor(
  version: number | undefined,
  headers: HeaderFields,
  { versions }: IetfRules,
): IetfProfile {
  const isOld = () =>
    versions.includes(3) && booleanField(headers, 'Upload-Incomplete') !== undefined;
  const meant = version ?? (isOld() ? 3 : Math.max(...versions));
  return profileOf(meant) as IetfProfile;
}

function intentOf(
  method: string | undefined,
  headers: HeaderFields,
  asked: { rules: IetfRules; profile: IetfProfile; isUnsupported: boolean },
): IetfIntent | undefined {
  const { rules, profile, isUnsupported } = asked;
  if (headers['tus-resumable'] !== undefined && method !== 'OPTIONS') return 'tus';
  switch (method) {
    case 'HEAD':
    case 'GET':
    case 'DELETE':
      return 'resumable';
    case 'PATCH':
      return isAppend(headers, profile) || !rules.besideTus ? 'resumable' : undefined;
    case 'POST':
    case 'PUT': {
      const isComplete = completenessOf(headers, profile);
      // A client whose version is not spoken cannot resume, but may be served all the same.
      if (isComplete !== undefined) return isUnsupported && isComplete ? 'plain' : 'resumable';
      return rules.besideTus && isOfTus(headers) ? undefined : 'plain';
    }
    default:
      return rules.besideTus ? undefined : 'resumable';
  }
}

/** Old versions know no media type, and need not say whether they are complete. */
function isAppend(headers: HeaderFields, profile: IetfProfile): boolean {
  const isTyped = isPartialUpload(headers['content-type']?.[0]);
  const isNamed = integerField(headers, VERSION) !== undefined;
  return isTyped || isNamed || completenessOf(headers, profile) !== undefined;
}

function isOfTus(headers: HeaderFields): boolean {
  const isTyped = isOffsetOctetStream(headers['content-type']?.[0]);
  return isTyped || OF_TUS.some((name) => headers[name] !== undefined);
}
