import { describeMachine } from '../../support/machine.js';
import type { Tally } from './tally.js';

/** What a run has counted, and how often. */
type Count = Exclude<keyof Tally, 'findings'>;

/** What each count means to a user, in the order of the table. */
const ROWS: Readonly<Record<Count, string>> = {
  kills: 'Servers killed (`SIGKILL`) while clients were at work',
  uploads: 'Uploads begun',
  interrupted: '… that were being written to when the server was killed',
  checksumsCutOff: '… of whose checksummed chunk only some bytes were there',
  concatenationsCutOff: '… that were being made of partial ones',
  deliveriesCutOff: '… whose handler was cut off',
  retriesCutOff: '… whose handler waited for its next attempt',
  answersCutOff: "… whose endpoint's method was cut off",
  passesCutOff: 'Cleanup passes cut off',
  expired: 'Uploads that had expired after a kill',
  flushesFailed: 'Kills after a flush of a file, a folder or the registry had failed',
  refusedByDisk: '… requests that were refused for that',
  offsetsLost: '… unfinished uploads that went back to what was flushed before',
  requestsDropped: '… requests that one of several machines has dropped, taken for a silent one',
  bytesLost: 'Uploads with fewer or other bytes than were acknowledged',
  offsetsGoneBack: 'Offsets that went back behind an acknowledged one',
  deliveriesMissing: 'Finished uploads whose handler never returned',
  deliveriesWrong: 'Handlers that got another file than was sent',
  attemptsOutOfOrder: 'Attempts with a wrong number',
  answersChanged: "Endpoints' answers and hooks' verdicts that changed when asked for again",
  methodsRepeated: "Endpoints' methods that ran more often than kills allow",
  expiredHalfGone: 'Expired uploads that were neither whole nor gone',
  leftBehind: 'Files left when all uploads had been removed',
  strangeAnswers: 'Answers that are not in the protocol',
  errorsLogged: 'Servers that logged an error',
  duplicates: 'Handlers that returned once more for the same upload (allowed)',
};

/** The counts of a run as Markdown, and what it was run on. */
export function describeReliability(tally: Readonly<Tally>, seed: number): string {
  const rows = Object.entries(ROWS).map(
    ([count, label]) => `| ${label} | ${tally[count as Count].toLocaleString('en')} |`,
  );
  const date = new Date().toISOString().slice(0, 10);
  return [
    '| What was counted | |',
    '| --- | ---: |',
    ...rows,
    '',
    `Counted on ${date} with seed ${seed}: ${describeMachine()}; Node ${process.versions.node}.`,
  ].join('\n');
}
