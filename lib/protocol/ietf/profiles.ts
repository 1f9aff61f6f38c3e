/** What one interop version of the draft asks for that others do not. */
export interface IetfProfile {
  /** `Upload-Draft-Interop-Version`. */
  readonly version: number;
  /** Whether `Upload-Incomplete` says that more is to come, in place of `Upload-Complete`. */
  readonly saysIncomplete?: true;
  /** Whether the body of an append is `application/partial-upload`. */
  readonly hasMediaType: boolean;
  /** Whether an append must say whether it is the last one; else one that does not is. */
  readonly mustSayComplete: boolean;
  /**
   * Whether an upload is complete only once its client has said so; else it is also when it has all
   * bytes of its length.
   */
  readonly endsExplicitly: boolean;
  /** What an upload's remaining time is called in `Upload-Limit`; absent: there are no limits. */
  readonly lifetimeKey?: 'max-age' | 'expires';
  /** The answer to an append that was taken, with more to come. */
  readonly appended: 201 | 204;
  /** Whether whatever is appended to a complete upload is refused. */
  readonly refusesCompleted: boolean;
  /** Whether bytes past the end of an upload end it. */
  readonly endsWhenPast: boolean;
}

const V3: IetfProfile = {
  version: 3,
  saysIncomplete: true,
  hasMediaType: false,
  mustSayComplete: false,
  endsExplicitly: false,
  appended: 201,
  refusesCompleted: true,
  endsWhenPast: false,
};
const V5: IetfProfile = { ...V3, version: 5, saysIncomplete: undefined };
const V6: IetfProfile = { ...V5, version: 6, hasMediaType: true, lifetimeKey: 'expires' };
const V7: IetfProfile = {
  ...V6,
  version: 7,
  mustSayComplete: true,
  endsExplicitly: true,
  lifetimeKey: 'max-age',
  appended: 204,
};
const V8: IetfProfile = { ...V7, version: 8, refusesCompleted: false, endsWhenPast: true };

/** The versions that can be spoken (draft-ietf-httpbis-resumable-upload), oldest first. */
const PROFILES: readonly IetfProfile[] = [
  V3,
  V5,
  V6,
  V7,
  V8,
  { ...V8, version: 9 },
  { ...V8, version: 10 },
];

export const IETF_VERSIONS: readonly number[] = PROFILES.map(({ version }) => version);

/** What is spoken unless told otherwise: iOS 18.1 and tus-js-client say 6, others what is newer. */
export const DEFAULT_IETF_VERSIONS: readonly number[] = [6, 8, 9, 10];

/** The profile of a version; `undefined` where there is none. */
export function profileOf(version: number | undefined): IetfProfile | undefined {
  return PROFILES.find((profile) => profile.version === version);
}
