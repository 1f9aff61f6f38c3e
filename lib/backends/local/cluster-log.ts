import { Logger } from '@nestjs/common';
import type { ClusterObserver, Member } from '../../cluster/index.js';
import { LOGGER_CONTEXT } from '../../tus.constants.js';
import { count } from '../../count.js';

/** Says in the log which processes hang, once each, and what becomes of their uploads. */
export class ClusterLog implements ClusterObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  /** @param folder for uploads, which they share */
  constructor(private readonly folder: string) {}

  silent({ pid }: Member, reason?: string): void {
    this.logger.warn(processSilent(this.folder, pid, reason));
  }

  answers({ pid }: Member): void {
    this.logger.log(processAnswers(this.folder, pid));
  }

  fenced(uploads: number): void {
    this.logger.warn(processFenced(uploads));
  }
}

/** Another process lives, and can be asked nothing. */
function processSilent(folder: string, pid: number | undefined, reason?: string): string {
  const why = reason === undefined ? 'it is stopped, or hangs' : `it cannot be asked: ${reason}`;
  return (
    `${nameOf(pid)}, which uses ${folder} too, does not answer (${why}). Requests for uploads that it ` +
    `may hold wait a few seconds, then the uploads are taken from it. Let it go on ` +
    `(kill -CONT ${pid ?? '<pid>'}), or end it (kill -KILL ${pid ?? '<pid>'}); all processes on a ` +
    `folder must run as the same user.`
  );
}

/** The process answers again. */
function processAnswers(folder: string, pid: number | undefined): string {
  return `${nameOf(pid)}, which uses ${folder} too, answers again.`;
}

/** The others took this process for a hanging one. */
function processFenced(uploads: number): string {
  return (
    `This process did not answer the others on its folder for some seconds, and was fenced: they have ` +
    `gone on without it with ${count(uploads, 'upload')}. What it had begun with these counts no ` +
    `more, and their requests end without an answer. Was it stopped, or did something hold its event ` +
    `loop up?`
  );
}

function nameOf(pid: number | undefined): string {
  return pid === undefined ? 'Another process' : `The process ${pid}`;
}
