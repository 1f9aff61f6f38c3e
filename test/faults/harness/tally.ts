/** What a run of kills counted. */
export interface Tally {
  /** What each fault was, in words, and what else is to be known of it. */
  readonly findings: string[];
  /** Starts that ended by a kill. */
  kills: number;
  /** Uploads that were begun. */
  uploads: number;
  /** Uploads that were written to when the process was killed. */
  interrupted: number;
  /** Checksummed chunks of which the disk held some bytes, not all, when the process was killed. */
  checksumsCutOff: number;
  /** Final uploads that were being made of their parts when the process was killed. */
  concatenationsCutOff: number;
  /** Deliveries to the handler that were cut off by a kill. */
  deliveriesCutOff: number;
  /** Deliveries that waited for their next attempt when the process was killed. */
  retriesCutOff: number;
  /** Methods of endpoints that were cut off by a kill. */
  answersCutOff: number;
  /** Kills that fell into a cleanup pass. */
  passesCutOff: number;
  /** Uploads that were known as expired after a kill. */
  expired: number;

  /** Rounds in which a flush has failed. */
  flushesFailed: number;
  /** Answers to clients that the disk has failed. */
  refusedByDisk: number;
  /** Unfinished uploads whose offset went back for that. */
  offsetsLost: number;

  /** Requests that were dropped, of several machines, by one that was taken for a silent one. */
  requestsDropped: number;

  /** Uploads with fewer, or other, bytes than were acknowledged. */
  bytesLost: number;
  /** Uploads whose offset was less than an acknowledged one. */
  offsetsGoneBack: number;
  /** Finished uploads whose handler never returned. */
  deliveriesMissing: number;
  /** Deliveries of a file that was not the one sent. */
  deliveriesWrong: number;
  /** Attempts that came with the number of another one. */
  attemptsOutOfOrder: number;
  /** Endpoints' answers that were not given again as they were, or hooks' verdicts. */
  answersChanged: number;
  /** Methods of endpoints that ran more often than kills allow, or for a refused upload. */
  methodsRepeated: number;
  /** Expired uploads that were neither whole nor gone, or whose bytes were never freed. */
  expiredHalfGone: number;
  /** What was still stored when all uploads had been removed: files, objects, multipart uploads. */
  leftBehind: number;
  /** Answers nobody foresaw. */
  strangeAnswers: number;
  /** Servers that logged an error. */
  errorsLogged: number;

  /** Handlers that returned once more for the same upload: allowed, and to be few. */
  duplicates: number;
}

/** The counts that must be zero, whatever happens. */
export const FAULTS = [
  'bytesLost',
  'offsetsGoneBack',
  'deliveriesMissing',
  'deliveriesWrong',
  'attemptsOutOfOrder',
  'answersChanged',
  'methodsRepeated',
  'expiredHalfGone',
  'leftBehind',
  'strangeAnswers',
  'errorsLogged',
] as const satisfies readonly (keyof Tally)[];

export function newTally(): Tally {
  return {
    findings: [],
    kills: 0,
    uploads: 0,
    interrupted: 0,
    checksumsCutOff: 0,
    concatenationsCutOff: 0,
    deliveriesCutOff: 0,
    retriesCutOff: 0,
    answersCutOff: 0,
    passesCutOff: 0,
    expired: 0,
    flushesFailed: 0,
    refusedByDisk: 0,
    offsetsLost: 0,
    requestsDropped: 0,
    bytesLost: 0,
    offsetsGoneBack: 0,
    deliveriesMissing: 0,
    deliveriesWrong: 0,
    attemptsOutOfOrder: 0,
    answersChanged: 0,
    methodsRepeated: 0,
    expiredHalfGone: 0,
    leftBehind: 0,
    strangeAnswers: 0,
    errorsLogged: 0,
    duplicates: 0,
  };
}

/** One of the counts that must be zero. */
export type Fault = (typeof FAULTS)[number];

/** Counts a fault, and keeps what it was. */
export function find(tally: Tally, fault: Fault, finding: string): void {
  tally[fault]++;
  tally.findings.push(`after ${tally.kills} kills, ${fault}: ${finding}`);
}
