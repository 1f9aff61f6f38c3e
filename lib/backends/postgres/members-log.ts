import { Logger } from '@nestjs/common';
import type { ClusterObserver, Member } from '../../cluster/index.js';
import { count } from '../../count.js';
import { LOGGER_CONTEXT } from '../../tus.constants.js';

/** Says in the log which processes are silent, once each, and what becomes of their uploads. */
export class MembersLog implements ClusterObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  silent(member: Member): void {
    this.logger.warn(memberSilent(nameOf(member)));
  }

  answers(member: Member): void {
    this.logger.log(memberAnswers(nameOf(member)));
  }

  fenced(): void {
    this.logger.warn(thisFenced());
  }

  cutOff(uploads: number): void {
    this.logger.warn(thisCutOff(uploads));
  }

  back(): void {
    this.logger.log(thisBack());
  }
}

/** Another process has shown no sign of life for the patience. */
function memberSilent(name: string): string {
  return (
    `${name}, which shares the uploads, has not shown for some seconds that it lives: it is stopped, ` +
    `hangs, or is cut off from the database. The others go on without it, and take its uploads over ` +
    `when they are asked for. Let it go on, or end it.`
  );
}

/** It does again. */
function memberAnswers(name: string): string {
  return `${name}, which shares the uploads, shows again that it lives.`;
}

/** The others took this process for a silent one. */
function thisFenced(): string {
  return (
    `This process had not shown the others for some seconds that it lives, and was fenced: they have ` +
    `gone on without it. What it had in work may be theirs by now; such requests end without an answer, ` +
    `and are resumed. Was it stopped, or did something hold its event loop up?`
  );
}

/** The connection by which others hear of this process has ended. */
function thisCutOff(uploads: number): string {
  return (
    `The connection to the database has ended by which this process shares uploads with others. It had ` +
    `${count(uploads, 'upload')} in work, whose requests end without an answer, to be resumed; others ` +
    `are answered 503 until it has joined again, which is tried all the time.`
  );
}

function thisBack(): string {
  return 'This process shares uploads with the others again.';
}

function nameOf({ pid, identity }: Member): string {
  return pid === undefined ? `The process ${identity}` : `The process ${pid} of this machine`;
}
