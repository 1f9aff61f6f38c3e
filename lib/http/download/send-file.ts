import { constants, type ReadStream, type Stats } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import send, { type SendOptions } from 'send';
import { isOver, whenOver } from '../connection/connection.js';
import type { PlatformResponse } from '../request/http-types.js';
import {
  describe,
  etagOf,
  fitSuffix,
  refuse,
  takeOver,
  type DownloadHead,
} from './download-head.js';

/** A finished upload's file as it is to be sent. */
export interface FileDownload extends DownloadHead {
  /** Absolute path. */
  readonly path: string;
  /** Whether the application has put it there, and may have put a symbolic link. */
  readonly isMoved?: boolean;
}

/** What lies at a path of ours and is a symbolic link, or a pipe, was put there by something else. */
const OWN_FILE = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Answers with a file: whole, in a range, or not at all where the client has it (RFC 9110 §13,
 * §14). Several ranges at once are answered with the whole, as RFC 9110 §14.2 allows.
 *
 * @returns when the answer is out, or its client has gone: the error that kept the file from being
 *   read, if one did
 */
export function sendFile(
  req: IncomingMessage,
  response: PlatformResponse,
  download: FileDownload,
): Promise<Error | undefined> {
  const res = takeOver(response);
  if (isOver(res)) return Promise.resolve(undefined);
  // Where `no-transform` is not heeded: a client resumes by the bytes of the file, as they are.
  req.headers['accept-encoding'] = 'identity';
  describe(res, download);
  return new Promise((resolve) => {
    let fault: Error | undefined;
    whenOver(res, () => resolve(fault));
    // Dots in folders above the file are the application's business.
    const stream = send(req, encodeURI(download.path), optionsFor(download));
    stream.on('file', (_path: string, stats: Stats) => {
      res.setHeader('ETag', etagOf(download.id, stats.size, stats.mtimeMs));
      fitSuffix(req, stats.size);
    });
    // `send` closes the file only when the response ends by itself.
    stream.on('stream', (file: ReadStream) => whenOver(res, () => file.destroy()));
    stream.on('directory', () => refuse(res, 404));
    stream.on('error', (error: SendError) => {
      const { status = 500 } = error;
      if (status >= 500) fault = error;
      refuse(res, status);
    });
    stream.pipe(res);
  });
}

/** `send` opens the file with these too. */
function optionsFor({ isMoved }: FileDownload): SendOptions {
  return { dotfiles: 'allow', flags: isMoved ? constants.O_RDONLY : OWN_FILE } as SendOptions;
}

/** What `send` refuses with, such as 416 with its `Content-Range`. */
interface SendError extends Error {
  readonly status?: number;
}
